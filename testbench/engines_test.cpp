// SPDX-License-Identifier: Apache-2.0
// All four engines on a compiled random network, tile by tile; one network and switch setting per process
// (SystemC elaborates once per process).
//
// Usage     engines_test SEED; even seeds compile for 64 PEs a group, odd ones for 16. Every third seed to 16 is a folded
//           network for the smallest weight and norm buffers that can take it: layers are split, in loops too. Seeds above
//           16 are networks whose tensors share rows, with residuals that are written over, and pools; above 24 they begin as an
//           ImageNet ResNet does, above 26 in stripes, on an activation buffer that not all of their tensors fit. Half of the seeds
//           have batches.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "compiler/tensor_lifetimes.hpp"
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

/// For the smallest share of the activation rows that it needs with which it compiles; other rows of the chip stay unused.
program::Program compile_narrowly(const model::Network& network, const compiler::Options& options) {
  const int whole = compiler::rows_needed(network, options.arch, true, options.batch);
  for (int share = 2; share < 16; ++share) {
    compiler::Options narrow = options;
    narrow.arch.act_rows = std::max(whole * share / 16, 16);
    narrow.arch.instr_rows = 4096;
    try {
      program::Program program = compiler::compile(network, narrow);
      program.arch = options.arch;
      program::check(program, network.name);
      return program;
    } catch (const Error&) {  // a layer needs more, or they are too many instructions
    }
  }
  WD_ASSERT(false);
}

bool in_stripes(const program::Program& program) {
  return std::any_of(program.layers.begin(), program.layers.end(), [](const program::Layer& layer) {
    return layer.name.find(".row") != std::string::npos;
  });
}

int run(std::uint64_t seed) {
  const bool striped = seed > 26, stem = seed > 24, sharing = seed > 16, tight = !sharing && seed % 3 == 2;
  const model::Network network = tight  ? model::hidden_fold_network({16, {32, 80}, {1, 2}, {2, 3}, 3}, seed)
                                 : stem ? model::pooled_stem_network(seed)
                                 : sharing ? model::residual_network(seed)
                                           : model::small_network(seed);
  compiler::Options options;
  options.arch.pes_per_group = seed % 2 == 0 ? 64 : 16;
  options.fold = seed % 3 != 0;
  options.batch = striped ? 4 << seed % 2 : seed % 4 < 2 ? 1 : 2 << seed / 4 % 4;
  const program::Program plain = compiler::compile(network, options);
  const program::Program program = tight     ? testbench::compile_tightly(network, options)
                                   : striped ? compile_narrowly(network, options)
                                             : plain;
  WD_REQUIRE(in_stripes(program) == striped, "seed ", seed, ": ", striped ? "no" : "", " stripes");
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
    WD_REQUIRE(!(tight || striped) || same_scores(plain, program, encoded), "seed ", seed,
               ": layers in parts or stripes compute something else");
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
