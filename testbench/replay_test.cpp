// SPDX-License-Identifier: Apache-2.0
// A frame from recorded maps has the counters, cycles and scores of a whole one, whatever the architecture, the switches and the
// program's parts.
#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "compiler/tensor_lifetimes.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "testbench/programs/random_program.hpp"
#include "testbench/proof/random_case.hpp"

using namespace wd;

namespace {

using Inputs = std::vector<std::vector<std::uint8_t>>;

std::vector<sim::fast::FrameMaps> record(const program::Program& program, const Inputs& inputs,
                                         const arch::Switches& switches = {}) {
  sim::FastEngine engine(program, switches), plain(program, switches);
  engine.load();
  plain.load();
  std::vector<sim::fast::FrameMaps> maps(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const sim::FrameResult recorded = engine.record(inputs[i], maps[i]), whole = plain.frame(inputs[i]);
    CHECK(recorded.scores == whole.scores);
    CHECK(recorded.counters == whole.counters);
  }
  return maps;
}

void check_replay(const program::Program& program, const arch::Switches& switches, const Inputs& inputs,
                  const std::vector<sim::fast::FrameMaps>& maps) {
  sim::FastEngine whole(program, switches), replay(program, switches);
  CHECK(whole.load() == replay.load());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const sim::FrameResult a = whole.frame(inputs[i]), b = replay.replay(inputs[i], maps[i]);
    CHECK(a.scores == b.scores);
    arch::Counters expected = a.counters;
    arch::for_each_counter(b.counters, [&](const char* name, std::uint64_t value) {
      INFO(name);
      arch::for_each_counter(expected, [&](const char* other, std::uint64_t wanted) {
        if (std::string(name) == other) CHECK(value == wanted);
      });
    });
  }
  CHECK(whole.layer_counters() == replay.layer_counters());
  for (std::size_t l = 0; l < whole.layer_sparsity().size(); ++l) {
    CHECK(whole.layer_sparsity()[l].activations == replay.layer_sparsity()[l].activations);
    CHECK(whole.layer_sparsity()[l].zero_activations == replay.layer_sparsity()[l].zero_activations);
  }
}

/// Everything of the array that the same program runs on, drawn.
arch::Arch other_array(const arch::Arch& own, std::mt19937& random) {
  for (;;) {
    arch::Arch arch = own;
    const auto draw = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
    arch.window = draw(1, 8);
    arch.entries = draw(1, arch.window);
    arch.groups_per_walker = 1 << draw(0, 4);
    arch.planes_per_row = draw(1, 3);
    arch.sum_segment = draw(0, 1) == 0 ? 0 : draw(6, 12);
    arch.latch_operand = arch.sum_segment == 0 ? 0 : arch.latch_operand;
    arch.memory_latency = draw(1, 255);
    if (arch::fault(arch).empty()) return arch;
  }
}

arch::Switches random_switches(std::mt19937& random) {
  arch::Switches switches;
#define ARCH_SWITCH(name, sv, value, meaning) switches.name = random() % 2 == 0;
#include "hw/arch/switches.def"
  return switches;
}

Inputs inputs_of(const program::Program& program, const model::Network& network, std::size_t frames) {
  Inputs inputs;
  for (std::size_t f = 0; f < frames; ++f) {
    std::vector<std::vector<std::uint8_t>> images;
    for (int i = 0; i < program.batch; ++i)
      images.push_back(model::random_image(network, f * static_cast<std::size_t>(program.batch) + i));
    std::vector<program::InputTensor::Image> views(images.begin(), images.end());
    inputs.push_back(program::InputTensor(program).encode(views));
  }
  return inputs;
}

}  // namespace

TEST_CASE("replay: random programs have the same counters on every array and with every switch",
          "[testbench]") {
  std::size_t saturated = 0, pools = 0, loops = 0, rings = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    testbench::RandomChoice choice;
    choice.seed = seed;
    choice.arch = testbench::roomy_arch(seed, 64, 1 + static_cast<int>(seed % 8));
    testbench::RandomProgram sample = testbench::random_program(choice);
    INFO("seed " << seed);
    const auto maps = record(sample.program, sample.inputs);
    for (const auto& frame : maps)
      for (const std::uint16_t count : frame.saturations) saturated += count;
    for (const arch::Instr& instr : sample.program.instrs) {
      pools += instr.operation() == arch::Op::Pool;
      loops += instr.operation() == arch::Op::Loop;
      rings += instr.in_wrap != 0;
    }
    check_replay(sample.program, sample.switches, sample.inputs, maps);
    for (int i = 0; i < 3; ++i) {
      program::Program other = sample.program;
      other.arch = other_array(sample.program.arch, random);
      check_replay(other, random_switches(random), sample.inputs, maps);
    }
  }
  CHECK(saturated > 0);
  CHECK(pools > 0);
  CHECK(loops > 0);
  CHECK(rings > 0);
}

TEST_CASE(
    "replay: a model's graph is recorded on one chip and has the same counters on others that divide it "
    "otherwise",
    "[testbench]") {
  std::size_t replayed = 0, divided = 0, in_stripes = 0, other_chunks = 0, part_filled = 0;
  for (std::uint64_t seed = 1; seed <= 70; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    const testbench::ProofCase drawn = testbench::random_case(seed);
    program::Program first;
    try {
      first = compiler::compile(drawn.network, drawn.options);
    } catch (const Error&) {
      continue;
    }
    const Inputs inputs = inputs_of(first, drawn.network, 2);
    const auto maps = record(first, inputs, drawn.switches);
    const auto tensors = sim::fast::MapLayout(first).tensors();
    for (int i = 0; i < 6; ++i) {
      // Its memories decide about parts, stripes and loops, its array about tiles.
      compiler::Options options = drawn.options;
      options.arch = testbench::random_case(seed * 1000 + static_cast<std::uint64_t>(i)).options.arch;
      options.arch.acc_bits = drawn.options.arch.acc_bits;
      const int chunks[] = {16, 16, 32, 64};
      options.arch.chunk = chunks[random() % 4];
      if (options.arch.pes_per_group < options.arch.chunk) options.arch.pes_per_group = 64;
      options.arch.instr_rows = 4096;
      if (i >= 3) {  // too few for whole tensors
        options.share_rows = true;
        const int whole = compiler::rows_needed(drawn.network, options.arch, true, drawn.options.batch);
        options.arch.act_rows = std::max(16, whole * (i + 1) / 8);
      }
      program::Program other;
      try {
        other = compiler::compile(drawn.network, options);
      } catch (const Error&) {
        continue;
      }
      INFO("chip " << i);
      CHECK(sim::fast::MapLayout(other).tensors() == tensors);
      ++replayed;
      other_chunks += other.arch.chunk != 16;
      for (const program::Layer& layer : other.layers) {
        divided += layer.part.block > 0;
        in_stripes += layer.part.row > 0;
      }
      for (const arch::Instr& instr : other.instrs)
        part_filled +=
            arch::has_tiles(instr.operation()) && instr.in_blocks * arch::block % other.arch.chunk != 0;
      check_replay(other, random_switches(random), inputs_of(other, drawn.network, 2), maps);
    }
  }
  INFO(replayed << " replayed, " << divided << " divided, " << in_stripes << " in stripes");
  CHECK(replayed > 100);
  CHECK(divided > 0);
  CHECK(in_stripes > 0);
  CHECK(other_chunks > 0);
  CHECK(part_filled > 0);
}
