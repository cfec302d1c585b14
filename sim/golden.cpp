// SPDX-License-Identifier: Apache-2.0
#include "sim/golden.hpp"

#include <utility>

#include "base/error.hpp"
#include "hw/numerics/post.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;

namespace {

/// sums[o] += x * weights[o]. Exact in 32 bits while |x * weight| sums stay below 2^31, which the caller
/// checks.
__attribute__((target_clones("avx512f", "avx2", "default"))) void add_products(std::int32_t* sums,
                                                                               std::int32_t x,
                                                                               const std::int32_t* weights,
                                                                               int outputs) {
  for (int o = 0; o < outputs; ++o) sums[o] += x * weights[o];
}

}  // namespace

arch::Counters GoldenEngine::load() {
  execute(
      state_.program(), state_.program().load_entry, [&](const Instr& instr, int) { state_.load(instr, {}); },
      [](const Instr&) {});
  return {};
}

FrameResult GoldenEngine::frame(std::span<const std::uint8_t> input) {
  execute(
      state_.program(), state_.program().frame_entry,
      [&](const Instr& instr, int iteration) {
        if (instr.operation() != Op::Conv) {
          state_.load(instr, input);
          return;
        }
        convolve(instr, iteration);
        finish(instr, iteration);
        if (trace_ != nullptr) report(instr, iteration);
      },
      [](const Instr&) {});
  return {state_.class_scores(), {}};
}

int GoldenEngine::padded_outputs(const Instr& conv) const {
  return static_cast<int>(conv.tiles_oc) * state_.arch().pes_per_group;
}

const GoldenEngine::Dense& GoldenEngine::decoded(const Instr& conv) {
  Dense& dense = decoded_[state_.weight_key(conv)];
  if (!dense.empty()) return dense;
  const int pes = state_.arch().pes_per_group, chunk = state_.arch().chunk, outputs = padded_outputs(conv);
  const int per_tile = state_.rows_per_tile(conv);
  const auto chunks = static_cast<int>(per_tile / conv.planes);
  dense.assign(
      static_cast<std::size_t>(chunks) * static_cast<std::size_t>(chunk) * static_cast<std::size_t>(outputs),
      0);
  for (int tile = 0; tile < conv.tiles_oc; ++tile)
    for (int r = 0; r < per_tile; ++r) {
      const program::WeightRow& row = state_.weight_row(conv.weight_row + tile * per_tile + r);
      const int plane = r % static_cast<int>(conv.planes), k = r / static_cast<int>(conv.planes);
      for (int pe = 0; pe < pes; ++pe)
        for (int lane = 0; lane < chunk; ++lane) {
          const program::WeightWord& word = row[static_cast<std::size_t>(pe)];
          if ((word.mask >> lane & 1) == 0) continue;
          const std::int32_t bit = 1 << plane;
          dense[static_cast<std::size_t>((k * chunk + lane) * outputs + tile * pes + pe)] +=
              word.sign >> lane & 1 ? -bit : bit;
        }
    }
  return dense;
}

void GoldenEngine::convolve(const Instr& conv, int) {
  const Dense& weights = decoded(conv);
  const int outputs = padded_outputs(conv), chunk = state_.arch().chunk;
  const int channels = static_cast<int>(conv.in_blocks) * chunk;
  const TensorPlace place = state_.input_place(conv);
  const auto positions = static_cast<std::size_t>(conv.kernel_h * conv.kernel_w);
  // Weights are at most 7 and activations at most 229376 units (240 * 1024 for a NaN code).
  const bool narrow = positions * static_cast<std::size_t>(channels) * 7 * 245760 < (std::size_t{1} << 31);
  sums_.assign(static_cast<std::size_t>(conv.out_h * conv.out_w) * static_cast<std::size_t>(outputs), 0);
  std::vector<std::int32_t> partial(static_cast<std::size_t>(outputs));
  for (int oy = 0; oy < conv.out_h; ++oy)
    for (int ox = 0; ox < conv.out_w; ++ox) {
      std::int64_t* sums =
          &sums_[static_cast<std::size_t>(oy * conv.out_w + ox) * static_cast<std::size_t>(outputs)];
      int pending = 0;  // products in `partial` that are not yet in `sums`
      const auto flush = [&] {
        for (int o = 0; o < outputs; ++o) sums[o] += std::exchange(partial[static_cast<std::size_t>(o)], 0);
        pending = 0;
      };
      for (int ky = 0; ky < conv.kernel_h; ++ky)
        for (int kx = 0; kx < conv.kernel_w; ++kx) {
          const int y = oy * static_cast<int>(conv.stride) + ky - static_cast<int>(conv.pad);
          const int x = ox * static_cast<int>(conv.stride) + kx - static_cast<int>(conv.pad);
          if (y < 0 || y >= conv.in_h || x < 0 || x >= conv.in_w) continue;
          const int position = conv.pooled ? 0 : ky * static_cast<int>(conv.kernel_w) + kx;
          for (int word = 0; word < conv.in_blocks; ++word) {
            const std::uint8_t* codes = state_.acts.word(place, y, x, word);
            for (int lane = 0; lane < chunk; ++lane) {
              const std::int32_t units = numerics::fp8_units(codes[lane]);
              if (units == 0) continue;
              const int reduction = position * channels + word * chunk + lane;
              add_products(partial.data(), units, &weights[static_cast<std::size_t>(reduction * outputs)],
                           outputs);
              if (!narrow && ++pending == 1024) flush();  // 1024 * 7 * 245760 < 2^31
            }
          }
        }
      flush();
    }
}

void GoldenEngine::finish(const Instr& conv, int iteration) {
  const int outputs = padded_outputs(conv);
  const TensorPlace out = state_.output_place(conv, conv.out_base),
                    res = state_.output_place(conv, conv.res_base);
  const auto first_norm = static_cast<std::size_t>(conv.norm_row + iteration * conv.norm_step);
  for (int y = 0; y < conv.out_h; ++y)
    for (int x = 0; x < conv.out_w; ++x)
      for (int channel = 0; channel < conv.out_blocks * arch::block; ++channel) {
        const int block = channel / arch::block, lane = channel % arch::block;
        const NormRow& norm = state_.norms[first_norm + static_cast<std::size_t>(block)];
        const std::int64_t sum = sums_[static_cast<std::size_t>((y * conv.out_w + x) * outputs + channel)];
        state_.require_fits(sum, conv, channel);
        numerics::Fp16 z = numerics::post_scale(sum, static_cast<int>(conv.acc_shift));
        z = numerics::fp16_fma(z, norm.gamma[lane], norm.beta[lane]);
        if (conv.residual)
          z = numerics::post_residual(z, state_.acts.block(res, y, x, block)[lane],
                                      static_cast<int>(conv.res_shift));
        if (conv.relu) z = numerics::post_relu(z);
        if (conv.score)
          state_.scores[static_cast<std::size_t>(conv.out_base * arch::block + channel)] = z;
        else
          state_.acts.block(out, y, x, block)[lane] = numerics::fp8_from_fp16(z).code;
      }
}

void GoldenEngine::report(const Instr& conv, int iteration) {
  const arch::Arch& arch = state_.arch();
  const int outputs = padded_outputs(conv);
  TileTrace tile;
  for (int oc = 0; oc < conv.tiles_oc; ++oc)
    for (int ty = 0; ty < conv.tiles_y; ++ty)
      for (int tx = 0; tx < conv.tiles_x; ++tx) {
        tile.id = {static_cast<int>(conv.layer), iteration, oc, ty, tx};
        tile.sums.assign(static_cast<std::size_t>(arch.pes()), 0);
        for (int group = 0; group < arch.groups(); ++group) {
          const int y = ty * arch.groups_y + group / arch.groups_x,
                    x = tx * arch.groups_x + group % arch.groups_x;
          if (y >= conv.out_h || x >= conv.out_w) continue;
          for (int pe = 0; pe < arch.pes_per_group; ++pe)
            tile.sums[static_cast<std::size_t>(group * arch.pes_per_group + pe)] =
                sums_[static_cast<std::size_t>((y * conv.out_w + x) * outputs + oc * arch.pes_per_group +
                                               pe)];
        }
        trace_->tile(tile);
      }
  trace_->conv({static_cast<int>(conv.layer), iteration, 0, static_cast<int>(conv.out_h),
                static_cast<int>(conv.out_w), static_cast<int>(conv.out_blocks) * arch::block,
                state_.output_bytes(conv)});
}

}  // namespace wd::sim
