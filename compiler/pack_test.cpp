// SPDX-License-Identifier: Apache-2.0
#include "compiler/pack.hpp"

#include <catch2/catch.hpp>

#include "base/integer.hpp"
#include "compiler/pack_weights.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/numerics/fp16.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE("pack_memory: coded parts bring the same rows in fewer beats, where the chip has a decoder",
          "[compiler][oracle]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  Options options;
  options.arch.weight_rows = 300;
  const std::vector<LoweredStep> steps = lower_steps(network, true);
  const Schedule schedule = make_schedule(steps, options.arch, 200);
  std::vector<std::vector<int>> shifts;
  for (const LoweredStep& step : steps) shifts.emplace_back(step.convs.size(), 2);
  const auto packed_with = [&](bool huffman, int with) {
    Options other = options;
    other.huffman = huffman, other.arch.decoders = with;
    return pack_memory(steps, schedule, shifts, other);
  };
  const int decoders = options.arch.decoders;
  const PackedMemory coded = packed_with(true, decoders), rows = packed_with(false, decoders);
  CHECK(packed_with(true, 0).memory == rows.memory);
  CHECK(coded.memory.size() < rows.memory.size());
  int codes = 0;
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t p = 0; p < coded.parts[s].size(); ++p) {
      const Burst &burst = coded.parts[s][p], &plain = rows.parts[s][p];
      const auto beats_of = [&](const PackedMemory& packed, const Burst& b) {
        const auto first = packed.memory.begin() + b.addr * program::beat_bytes;
        return Bytes(first, first + std::int64_t{b.beats} * program::beat_bytes);
      };
      CHECK(!plain.coded);
      const Bytes expected = beats_of(rows, plain), bytes = beats_of(coded, burst);
      CHECK((burst.coded ? bytes.size() < expected.size() : bytes == expected));
      if (!burst.coded) continue;
      ++codes;
      CHECK(program::expand_rows(program::decode_rows(bytes, options.arch, "part").rows, options.arch,
                                 "part") == program::expand_rows(expected, options.arch, "part"));
    }
  CHECK(codes > 10);
}

TEST_CASE("pack_memory: parts one behind the other as their rows, then the norms of all iterations, scaled",
          "[compiler][oracle]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  arch::Arch arch;
  arch.weight_rows = 300;
  const std::vector<LoweredStep> steps = lower_steps(network, true);
  const Schedule schedule = make_schedule(steps, arch, 200);
  std::vector<std::vector<int>> shifts;
  for (const LoweredStep& step : steps) shifts.emplace_back(step.convs.size(), 2);
  const PackedMemory packed = pack_memory(steps, schedule, shifts, {.arch = arch, .huffman = false});
  std::int64_t next = 0;
  std::size_t parts = 0;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    REQUIRE(packed.parts[s].size() == schedule.parts[s].size());
    for (std::size_t p = 0; p < packed.parts[s].size(); ++p, ++parts) {
      const Part& part = schedule.parts[s][p];
      const Burst& burst = packed.parts[s][p];
      CHECK(burst.addr == next);
      next += burst.beats;
      const auto rows = pack_weights(*steps[s].convs[part.conv].weights, arch);
      const auto first = rows.begin() + part.first_tile * rows_per_tile(steps[s].convs[part.conv], arch);
      const Bytes bytes(packed.memory.begin() + burst.addr * program::beat_bytes,
                        packed.memory.begin() + next * program::beat_bytes);
      CHECK(program::expand_rows(bytes, arch, "part") ==
            std::vector<program::WeightRow>(first, first + part.rows));
    }
  }
  CHECK(parts > 10);  // some layers are in parts
  CHECK(packed.norm_addr == next);
  CHECK(packed.memory.size() == index(static_cast<int>(next) + 4 * packed.norm_count) * program::beat_bytes);
  const auto half = [&](std::size_t at) { return packed.memory[at] | packed.memory[at + 1] << 8; };
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t c = 0; c < steps[s].convs.size(); ++c) {
      const auto& norms = steps[s].convs[c].conv->norms;
      const int blocks = norm_rows(steps[s].convs[c]);
      for (std::size_t iteration = 0; iteration < norms.size(); ++iteration) {
        const int row = packed.norm_rows[s][c] + static_cast<int>(iteration) * blocks;
        const std::size_t at = index(static_cast<int>(next) + 4 * row) * program::beat_bytes;
        const float gamma = numerics::fp16_to_float(norms[iteration].gamma[0]);
        CHECK(numerics::fp16_to_float(static_cast<numerics::Fp16>(half(at))) == 4 * gamma);
        CHECK(half(at + 32) == norms[iteration].beta[0]);
      }
    }
}
