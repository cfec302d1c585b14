// SPDX-License-Identifier: Apache-2.0
// Networks with token mixing, trained and compiled: the scores of golden model and fast simulator are those that the trainer's
// hardware model predicts, bit for bit.
#include <catch2/catch.hpp>

#include "algo/quantize/export.hpp"
#include "algo/quantize/hardware.hpp"
#include "algo/quantize/quantized_executor.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

int count(const program::Program& program, bool (*which)(const arch::Instr&)) {
  return static_cast<int>(std::count_if(program.instrs.begin(), program.instrs.end(), which));
}
int transposes(const program::Program& program) {
  return count(program, [](const arch::Instr& i) { return i.operation() == arch::Op::Transpose; });
}

/// @return the folded program
program::Program check_scores(const char* network, const char* supermask) {
  INFO(network);
  const QuantizedExecutor from(network, supermask);
  const model::Network exported =
      export_network(*from.executor, from.norms, from.scales, {"tiny", "fashion-mnist", 1}, from.format);
  const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
  constexpr std::size_t images = 5;
  const auto expected = hardware.scores(from.images, 0, images);
  for (const bool fold : {false, true}) {
    compiler::Options options;
    options.fold = fold;
    const program::Program program = compiler::compile(exported, options);
    const program::InputTensor input(program);
    sim::GoldenEngine golden(program);
    sim::FastEngine fast(program, {});
    for (sim::Engine* engine : {static_cast<sim::Engine*>(&golden), static_cast<sim::Engine*>(&fast)}) {
      engine->load();
      for (std::size_t n = 0; n < images; ++n) {
        const auto pixels = pixels_of(from.images, n);
        CHECK(engine->frame(input.encode(pixels)).scores == expected[n]);
      }
    }
    if (fold) return program;
  }
  return {};
}

}  // namespace

TEST_CASE("token mixing: scores on the chip are the hardware model's", "[testbench][oracle]") {
  // 16 positions of 20 channels: two words, the second of them cut.
  const program::Program res_mlp = check_scores(
      R"({"kind": "res_mlp", "patch": 7, "dim": 20, "channel_dim": 24, "depth": 4, "folds": 2, "gelu": false})",
      "{}");
  // There before the first fold and behind each one's last layer (of the second one for its own next iteration), back in each fold.
  CHECK(transposes(res_mlp) == 5);
  CHECK(count(res_mlp, [](const arch::Instr& i) { return i.norm_t != 0; }) == 4);
  // 49 positions: their last tile is cut; nine hidden ones, that stay transposed.
  check_scores(
      R"({"kind": "mixer", "patch": 4, "dim": 40, "token_dim": 9, "depth": 2, "norm": "batch", "gelu": false})",
      R"({"signs": "learned", "coats": 7, "schedule": {"kind": "uniform", "first": 0.5}})");
  check_scores(R"({"kind": "res_mlp", "patch": 4, "dim": 16, "depth": 1, "norm": "batch", "gelu": false})",
               R"({"coats": 1, "pruned": [0.5]})");
}

TEST_CASE("token mixing: with GELU by tables, too, of which results of other scales need others",
          "[testbench][oracle]") {
  const auto tables = [](const program::Program& program) {
    return count(program, [](const arch::Instr& i) { return i.operation() == arch::Op::LoadTable; });
  };
  const program::Program one =
      check_scores(R"({"kind": "res_mlp", "patch": 7, "dim": 20, "channel_dim": 24, "depth": 1})", "{}");
  CHECK(tables(one) == 1);
  CHECK(std::find_if(one.instrs.begin(), one.instrs.end(), [](const arch::Instr& i) {
          return i.operation() == arch::Op::LoadTable;
        }) < one.instrs.begin() + one.frame_entry);
  const program::Program several = check_scores(
      R"({"kind": "mixer", "patch": 7, "dim": 12, "token_dim": 9, "depth": 4, "folds": 2, "norm": "batch"})",
      R"({"signs": "learned", "coats": 3, "schedule": {"kind": "literal"}})");
  CHECK(tables(several) >= 1);
}
