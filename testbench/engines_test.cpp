// SPDX-License-Identifier: Apache-2.0
// All four engines on a compiled random network, tile by tile; one network and switch setting per process
// (SystemC elaborates once per process).
//
// Usage     engines_test SEED; even seeds compile for 64 PEs a group, odd ones for 16. Every third seed to 16 is a folded
//           network for the smallest weight and norm buffers that can take it: layers are split, in loops too. Seeds above
//           16 are networks whose tensors share rows, with residuals that are written over, and pools; above 24 they begin as an
//           ImageNet ResNet does. Half of the seeds have batches.
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/programs/tight_program.hpp"

namespace {

using namespace wd;

/// Splitting changes when weights come, never what is computed.
bool same_scores(const program::Program& a, const program::Program& b,
                 const std::vector<std::uint8_t>& input) {
  sim::GoldenEngine one(a), other(b);
  one.load();
  other.load();
  return one.frame(input).scores == other.frame(input).scores;
}

int run(std::uint64_t seed) {
  const bool stem = seed > 24, sharing = seed > 16, tight = !sharing && seed % 3 == 2;
  const model::Network network = tight  ? model::hidden_fold_network({16, {32, 80}, {1, 2}, {2, 3}, 3}, seed)
                                 : stem ? model::pooled_stem_network(seed)
                                 : sharing ? model::residual_network(seed)
                                           : model::small_network(seed);
  compiler::Options options;
  options.arch.pes_per_group = seed % 2 == 0 ? 64 : 16;
  options.fold = seed % 3 != 0;
  options.batch = seed % 4 < 2 ? 1 : 2 << seed / 4 % 4;
  const program::Program plain = compiler::compile(network, options);
  const program::Program program = tight ? testbench::compile_tightly(network, options) : plain;
  arch::Switches switches;
  switches.skip_zero_activations = seed % 5 != 1;
  switches.skip_zero_weights = seed % 5 != 2;
  switches.skip_zero_bits = seed % 5 != 3 && seed % 5 != 2;
  switches.window = static_cast<int>(seed % 3);  // 0: all
  sim::GoldenEngine golden(program);
  sim::FastEngine fast(program, switches);
  sim::SystemCEngine systemc(program, switches);
  sim::RtlEngine rtl(program, switches);
  std::vector<sim::Engine*> engines{&golden, &fast, &systemc, &rtl};
  std::vector<arch::Counters> loaded;
  for (sim::Engine* engine : engines) loaded.push_back(engine->load());
  auto found = flow::compare_loaded(engines, [&](const sim::Engine& e) {
    for (std::size_t i = 0; i < engines.size(); ++i)
      if (engines[i] == &e) return loaded[i];
    return arch::Counters{};
  });
  const program::InputTensor input(program);
  std::uint64_t tiles = 0;
  for (std::uint64_t frame = 0; frame < 2 && !found; ++frame) {
    std::vector<std::vector<std::uint8_t>> images;
    for (int i = 0; i < options.batch; ++i)
      images.push_back(model::random_image(network, frame * 16 + static_cast<std::uint64_t>(i)));
    const std::vector<std::uint8_t> encoded =
        input.encode(std::vector<program::InputTensor::Image>(images.begin(), images.end()));
    WD_REQUIRE(!tight || same_scores(plain, program, encoded), "seed ", seed,
               ": split layers compute something else");
    const auto result = flow::compare_frame(engines, program, encoded);
    found = result.first;
    tiles += result.tiles;
    if (!found && !(result.counters_equal && result.cycles_equal))
      found = flow::Difference{false, "counters differ"};
  }
  if (found) {
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), found->where.c_str());
    return 1;
  }
  std::printf("seed %llu: %llu tiles equal\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(tiles));
  return tiles > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
