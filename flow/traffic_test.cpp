// SPDX-License-Identifier: Apache-2.0
// Traffic by layer against the counters, and against the bursts whose rows a convolution reads.
#include "flow/traffic.hpp"

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "flow/layer_energy.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/power_shipped.hpp"

using namespace wd;

namespace {

program::Program program_of(const model::Network& network, int weight_rows) {
  compiler::Options options;
  options.arch.weight_rows = weight_rows;
  return compiler::compile(network, options);
}

}  // namespace

TEST_CASE("traffic: layers add up to the frame's beats, and to the energy of the chip and its memory",
          "[flow][oracle]") {
  const model::Network network = model::hidden_fold_network({}, 1);
  for (const int rows : {1536, 256}) {  // resident, streamed
    const program::Program program = program_of(network, rows);
    sim::FastEngine engine(program, {});
    engine.load();
    const std::vector<arch::Counters> before = engine.layer_counters();
    const arch::Counters counters =
        engine.frame(program::InputTensor(program).encode(model::random_image(network, 1))).counters;
    std::uint64_t read = 0, written = 0;
    for (const flow::LayerTraffic& one : flow::traffic_of_layers(program))
      read += one.beats_read, written += one.beats_written;
    CHECK(read == counters.beats_read);
    CHECK(written == counters.beats_written);
    const sim::PowerTable table = sim::find_power_table(sim::default_power_table, "table");
    std::vector<sim::CounterAmounts> layers;
    for (std::size_t i = 0; i < before.size(); ++i) {
      layers.emplace_back(engine.layer_counters()[i]);
      layers.back() -= sim::CounterAmounts(before[i]);
    }
    const flow::LayerEnergies energies =
        flow::layer_energies(program, {}, table, sim::CounterAmounts(counters), layers);
    const sim::PowerEstimate whole = sim::estimate_power(table, sim::CounterAmounts(counters), program.arch,
                                                         {}, sim::operating_point(table));
    double chip = energies.between.energy.chip_pj(), offchip = energies.between.energy.offchip_pj,
           cycles = energies.between.cycles, bytes = 0;
    for (const flow::LayerEnergy& layer : energies.layers) {
      chip += layer.energy.chip_pj();
      offchip += layer.energy.offchip_pj;
      cycles += layer.cycles;
      bytes += layer.offchip_bytes;
    }
    CHECK(chip == Approx(whole.chip_pj()));
    CHECK(offchip == Approx(whole.offchip_pj));
    CHECK(cycles == Approx(static_cast<double>(counters.cycles)));
    CHECK(bytes == 16.0 * static_cast<double>(read + written));
  }
}

TEST_CASE("traffic: streamed weights are of the layer that reads their rows", "[flow][oracle]") {
  const program::Program program = program_of(model::hidden_fold_network({}, 1), 256);
  // Norms and tensors apart: every burst of weights whose first row is a convolution's belongs to that one.
  const std::vector<flow::LayerTraffic> traffic = flow::traffic_of_layers(program);
  std::vector<std::uint64_t> weights(traffic.size());
  std::vector<const arch::Instr*> loads;
  int streamed = 0;
  sim::execute(
      program, program.frame_entry,
      [&](const arch::Instr& instr, int) {
        if (instr.operation() == arch::Op::LoadWeights) loads.push_back(&instr);
        if (instr.operation() != arch::Op::Conv) return;
        for (auto load = loads.begin(); load != loads.end();) {
          const bool here = (*load)->weight_row >= instr.weight_row &&
                            (*load)->weight_row <
                                instr.weight_row + instr.tiles_oc * program::stored_rows(instr, program.arch);
          if (here) {
            weights[static_cast<std::size_t>(instr.layer)] += static_cast<std::uint64_t>((*load)->count);
            ++streamed;
          }
          load = here ? loads.erase(load) : load + 1;
        }
      },
      [](const arch::Instr&) {});
  CHECK(streamed > 0);
  CHECK(loads.empty());
  for (std::size_t i = 0; i < traffic.size(); ++i) {
    INFO(program.layers[i].name);
    CHECK(traffic[i].beats_read >= weights[i]);
  }
}
