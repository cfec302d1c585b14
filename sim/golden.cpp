// SPDX-License-Identifier: Apache-2.0
#include "sim/golden.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/target_clones.hpp"
#include "hw/numerics/post.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;

namespace {

/// sums[o] += x * weights[o]. Exact in 32 bits while |x * weight| sums stay below 2^31, which the caller
/// checks.
WD_TARGET_CLONES("avx512f", "avx2", "default")
void add_products(std::int32_t* sums, std::int32_t x, const std::int32_t* weights, int outputs) {
  for (int o = 0; o < outputs; ++o) sums[o] += x * weights[o];
}

}  // namespace

arch::Counters GoldenEngine::load() {
  execute(
      state_.program(), state_.program().load_entry,
      [&](const Instr& instr, int iteration) { state_.burst(instr, iteration); }, [](const Instr&) {});
  return {};
}

FrameResult GoldenEngine::frame(std::span<const std::uint8_t> input) {
  state_.place_input(input);
  execute(
      state_.program(), state_.program().frame_entry,
      [&](const Instr& instr, int iteration) {
        if (!arch::has_tiles(instr.operation())) return state_.burst(instr, iteration);
        if (instr.operation() == Op::Pool) {
          pool(instr);
        } else if (instr.operation() == Op::Transpose) {
          transpose(instr);
        } else {
          if (instr.operation() == Op::Elementwise)
            take_input(instr);
          else
            convolve(instr, iteration);
          finish(instr, iteration);
        }
        if (trace_ != nullptr) report(instr, iteration);
      },
      [](const Instr&) {});
  return {state_.class_scores(), {}};
}

int GoldenEngine::padded_outputs(const Instr& conv) const {
  return conv.tiles_oc * state_.arch().pes_per_group;
}

const GoldenEngine::Dense& GoldenEngine::decoded(const Instr& conv) {
  Dense& dense = decoded_[state_.weight_key(conv)];
  if (!dense.empty()) return dense;
  const int pes = state_.arch().pes_per_group, chunk = state_.arch().chunk, outputs = padded_outputs(conv);
  const int per_tile = program::stored_rows(conv, state_.arch());
  dense.assign(std::size_t{1} * (per_tile / conv.planes) * chunk * outputs, 0);
  for (int tile = 0; tile < conv.tiles_oc; ++tile)
    for (int r = 0; r < per_tile; ++r) {
      const program::WeightRow row = state_.weight_row(conv.weight_row + tile * per_tile + r);
      const int plane = r % conv.planes, k = r / conv.planes;
      for (int pe = 0; pe < pes; ++pe)
        for (int lane = 0; lane < chunk; ++lane) {
          const program::WeightWord& word = row[pe];
          if ((word.mask >> lane & 1) == 0) continue;
          const std::int32_t bit = 1 << plane;
          dense[(k * chunk + lane) * outputs + tile * pes + pe] += word.sign >> lane & 1 ? -bit : bit;
        }
    }
  return dense;
}

void GoldenEngine::convolve(const Instr& conv, int) {
  const Dense& weights = decoded(conv);
  const int outputs = padded_outputs(conv), chunk = state_.arch().chunk;
  const TensorPlace place = program::input_place(conv);
  const int words = program::block_words(conv.in_blocks, state_.arch()), channels = words * chunk;
  // Weights are at most 7 and activations at most 229376 units (240 * 1024 for a NaN code).
  const bool narrow = std::int64_t{program::kernel_positions(conv)} * channels * 7 * 245760 < std::int64_t{1}
                                                                                                  << 31;
  sums_.assign(std::size_t{1} * conv.out_h * conv.out_w * outputs, 0);
  std::vector<std::int32_t> partial(outputs);
  for (int oy = 0; oy < conv.out_h; ++oy)
    for (int ox = 0; ox < conv.out_w; ++ox) {
      const int image = ox % conv.images, column = ox / conv.images;
      std::int64_t* sums = &sums_[(oy * conv.out_w + ox) * outputs];
      int pending = 0;  // products in `partial` that are not yet in `sums`
      const auto flush = [&] {
        for (int o = 0; o < outputs; ++o) sums[o] += std::exchange(partial[o], 0);
        pending = 0;
      };
      for (int ky = 0; ky < conv.kernel_h; ++ky)
        for (int kx = 0; kx < conv.kernel_w; ++kx) {
          const int y = oy * conv.stride + ky - conv.pad_y;
          const int x = (column * conv.stride + kx - conv.pad_x) * conv.images + image;
          if (y < 0 || y >= conv.in_h || x < 0 || x >= conv.in_w) continue;
          const int position = conv.pooled ? 0 : ky * conv.kernel_w + kx;
          for (int word = 0; word < words; ++word) {
            const std::uint8_t* codes = state_.acts.word(place, y, x, word);
            const int lanes = std::min(chunk, conv.in_blocks * arch::block - word * chunk);
            for (int lane = 0; lane < lanes; ++lane) {
              const std::int32_t units = numerics::fp8_units(codes[lane]);
              if (units == 0) continue;
              const int reduction = position * channels + word * chunk + lane;
              add_products(partial.data(), units, &weights[reduction * outputs], outputs);
              if (!narrow && ++pending == 1024) flush();  // 1024 * 7 * 245760 < 2^31
            }
          }
        }
      flush();
    }
}

void GoldenEngine::take_input(const Instr& instr) {
  const int outputs = padded_outputs(instr);
  const TensorPlace in = program::element_place(instr);
  sums_.assign(std::size_t{1} * instr.out_h * instr.out_w * outputs, 0);
  for (int y = 0; y < instr.out_h; ++y)
    for (int x = 0; x < instr.out_w; ++x)
      for (int channel = 0; channel < instr.out_blocks * arch::block; ++channel)
        sums_[(y * instr.out_w + x) * outputs + channel] =
            numerics::fp8_units(state_.acts.block(in, y, x, channel / arch::block)[channel % arch::block]);
}

void GoldenEngine::finish(const Instr& conv, int iteration) {
  const int outputs = padded_outputs(conv);
  const TensorPlace out = program::output_place(conv), res = program::residual_place(conv);
  const int first_norm = conv.norm_row + iteration * conv.norm_step;
  for (int y = 0; y < conv.out_h; ++y)
    for (int x = 0; x < conv.out_w; ++x)
      for (int channel = 0; channel < conv.out_blocks * arch::block; ++channel) {
        const int block = channel / arch::block, lane = channel % arch::block;
        const int norm_of = conv.norm_t ? y * conv.out_w + x : channel;
        const NormRow& norm = state_.norms[first_norm + norm_of / arch::block];
        const std::int64_t sum = sums_[(y * conv.out_w + x) * outputs + channel];
        state_.require_fits(sum, conv, channel);
        numerics::Fp16 z = numerics::post_scale(sum, conv.acc_shift);
        z = numerics::fp16_fma(z, norm.gamma[norm_of % arch::block], norm.beta[norm_of % arch::block]);
        if (conv.residual)
          z = numerics::post_residual(z, state_.acts.block(res, y, x, block)[lane], conv.res_shift);
        if (conv.relu) z = numerics::post_relu(z);
        if (conv.score)
          state_.score(conv, x, channel) = z;
        else {
          const std::uint8_t code = numerics::fp8_from_fp16(z).code;
          state_.acts.block(out, y, x, block)[lane] = conv.lookup ? state_.table[code] : code;
        }
      }
}

/// Pixels by their numbers: also those that fill up the output's last row.
void GoldenEngine::transpose(const Instr& instr) {
  const TensorPlace in = program::input_place(instr), out = program::output_place(instr);
  for (int channel = 0; channel < instr.in_blocks * arch::block; ++channel)
    for (int pixel = 0; pixel < instr.out_blocks * arch::block; ++pixel)
      state_.acts.block(out, 0, channel, pixel / arch::block)[pixel % arch::block] =
          pixel < instr.in_h * instr.in_w
              ? state_.acts.block(in, 0, pixel, channel / arch::block)[channel % arch::block]
              : 0;
}

void GoldenEngine::pool(const Instr& instr) {
  const TensorPlace in = program::input_place(instr), out = program::output_place(instr);
  for (int oy = 0; oy < instr.out_h; ++oy)
    for (int ox = 0; ox < instr.out_w; ++ox)
      for (int channel = 0; channel < instr.out_blocks * arch::block; ++channel) {
        const int block = channel / arch::block, lane = channel % arch::block;
        std::uint8_t greatest = numerics::fp8_lowest;
        for (int ky = 0; ky < instr.kernel_h; ++ky)
          for (int kx = 0; kx < instr.kernel_w; ++kx) {
            const int y = oy * instr.stride + ky - instr.pad_y;
            const int x =
                (ox / instr.images * instr.stride + kx - instr.pad_x) * instr.images + ox % instr.images;
            if (y < 0 || y >= instr.in_h || x < 0 || x >= instr.in_w) continue;
            const std::uint8_t code = state_.acts.block(in, y, x, block)[lane];
            if (numerics::fp8_order(code) > numerics::fp8_order(greatest)) greatest = code;
          }
        state_.acts.block(out, oy, ox, block)[lane] = greatest;
      }
}

std::vector<std::int64_t> GoldenEngine::tile_sums(const Instr& conv, int oc, int t) const {
  const arch::Arch& arch = state_.arch();
  const int outputs = padded_outputs(conv);
  std::vector<std::int64_t> sums(static_cast<std::size_t>(arch.pes()));
  for (int group = 0; group < arch.groups(); ++group) {
    const auto pixel = program::group_pixel(conv, t, group, arch);
    if (!pixel) continue;
    for (int pe = 0; pe < arch.pes_per_group; ++pe)
      sums[group * arch.pes_per_group + pe] =
          sums_[(pixel->y * conv.out_w + pixel->x) * outputs + oc * arch.pes_per_group + pe];
  }
  return sums;
}

void GoldenEngine::report(const Instr& conv, int iteration) {
  TileTrace tile;
  for (int oc = 0; oc < conv.tiles_oc; ++oc)
    for (int t = 0; t < conv.tiles; ++t) {
      tile.id = {conv.layer, iteration, oc, t};
      if (conv.operation() == Op::Conv) tile.sums = tile_sums(conv, oc, t);
      trace_->tile(tile);
    }
  trace_->conv({conv.layer, iteration, 0, conv.out_h, conv.out_w, conv.out_blocks * arch::block,
                state_.output_bytes(conv)});
}

}  // namespace wd::sim
