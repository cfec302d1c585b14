// SPDX-License-Identifier: Apache-2.0
// The post unit in the fast simulator: a tile's sums to codes or scores.
//
// Numerics  hw/numerics/post.hpp, by post_kernels.hpp.
// Test      testbench/ (against the golden model, which uses post.hpp)
#include "hw/numerics/post.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "hw/numerics/fp16.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::sim {

using arch::Instr;
using fast::TileScratch;

void FastEngine::read_norms(const Instr& layer, int iteration) {
  if (layer.norm_t) return;
  const auto value = [](std::uint16_t bits) { return static_cast<double>(numerics::fp16_to_float(bits)); };
  gamma_.clear();
  beta_.clear();
  for (int block = 0; block < layer.out_blocks; ++block) {
    const NormRow& norm =
        state_.norms[static_cast<std::size_t>(layer.norm_row + iteration * layer.norm_step + block)];
    std::transform(std::begin(norm.gamma), std::end(norm.gamma), std::back_inserter(gamma_), value);
    std::transform(std::begin(norm.beta), std::end(norm.beta), std::back_inserter(beta_), value);
  }
}

std::uint64_t FastEngine::post_cycles(const Instr& layer, const TileId& id) const {
  return static_cast<std::uint64_t>(program::tile_blocks(layer, id.oc, state_.arch()) *
                                    program::block_steps(layer, state_.arch()));
}

arch::Counters FastEngine::post(const Instr& layer, const TileId& id, TileScratch& scratch) {
  const arch::Arch& arch = state_.arch();
  const int blocks = program::tile_blocks(layer, id.oc, arch);
  const int rows = std::clamp(layer.out_h * layer.out_w - id.t * arch.groups(), 0, arch.groups());
  const auto words = static_cast<std::uint64_t>(rows * blocks);
  arch::Counters counted;
  counted.saturations = replayed_ != nullptr ? replay_results(layer, id, rows, blocks)
                                             : results(layer, id, rows, blocks, scratch);
  counted.norm_reads = static_cast<std::uint64_t>(blocks * program::block_results(layer, arch));
  counted.post_ops = words * arch::block;
  counted.act_writes = layer.score ? 0 : words;
  counted.residual_reads = layer.residual ? words : 0;
  return counted;
}

std::uint64_t FastEngine::results(const Instr& layer, const TileId& id, int rows, int blocks,
                                  TileScratch& scratch) {
  const arch::Arch& arch = state_.arch();
  const std::size_t channels = static_cast<std::size_t>(blocks) * arch::block,
                    pixels = static_cast<std::size_t>(rows);
  require_fits(layer, id, rows, blocks, scratch.sums);
  scratch.residual.resize(pixels * channels);
  scratch.results.resize(pixels * channels);
  scratch.scores.resize(pixels * channels);
  if (layer.residual) take_residuals(layer, id, rows, blocks, scratch);
  std::uint64_t saturations = 0;
  const auto add = [&](std::size_t row, std::size_t count, const double* gamma, const double* beta) {
    const std::size_t saturated = post_rows(layer, row, count, channels, gamma, beta, scratch);
    if (recorded_ != nullptr && saturated > 0)
      record_saturations(layer, id, row, count, channels, gamma, beta, scratch);
    saturations += saturated;
  };
  const std::size_t first = static_cast<std::size_t>(id.oc * program::tile_blocks(arch)) * arch::block;
  if (layer.norm_t) {  // a pixel has one gamma and beta
    const NormRow& norm =
        state_.norms[static_cast<std::size_t>(layer.norm_row + id.iteration * layer.norm_step + id.t)];
    for (std::size_t row = 0; row < pixels; ++row) {
      scratch.gamma.assign(channels, static_cast<double>(numerics::fp16_to_float(norm.gamma[row])));
      scratch.beta.assign(channels, static_cast<double>(numerics::fp16_to_float(norm.beta[row])));
      add(row, 1, scratch.gamma.data(), scratch.beta.data());
    }
  } else if (channels == static_cast<std::size_t>(arch.pes_per_group)) {
    add(0, pixels, &gamma_[first], &beta_[first]);
  } else {  // the sums of PEs without a channel lie between
    for (std::size_t row = 0; row < pixels; ++row) add(row, 1, &gamma_[first], &beta_[first]);
  }
  write_results(layer, id, rows, blocks, scratch);
  return saturations;
}

/// @return saturations
std::size_t FastEngine::post_rows(const Instr& layer, std::size_t row, std::size_t rows, std::size_t channels,
                                  const double* gamma, const double* beta, TileScratch& scratch) const {
  const double* const sums = &scratch.sums[row * static_cast<std::size_t>(state_.arch().pes_per_group)];
  const double unit = std::ldexp(1.0, numerics::fp8_unit_exp - layer.acc_shift);
  const std::size_t at = row * channels;
  if (!layer.score)
    return post_kernels_.codes(rows, channels, sums, unit, gamma, beta,
                               layer.residual ? &scratch.residual[at] : nullptr,
                               std::ldexp(1.0, layer.res_shift), layer.relu != 0, &scratch.results[at]);
  post_kernels_.scores(rows, channels, sums, unit, gamma, beta, &scratch.scores[at]);
  return 0;
}

void FastEngine::take_residuals(const Instr& layer, const TileId& id, int rows, int blocks,
                                TileScratch& scratch) {
  const TensorPlace place = program::residual_place(layer);
  const int first = id.oc * program::tile_blocks(state_.arch());
  std::uint8_t* to = scratch.residual.data();
  for (int row = 0; row < rows; ++row) {
    const auto pixel = *program::group_pixel(layer, id.t, row, state_.arch());
    const BlockWalk from(state_.acts, place, pixel.y, pixel.x);
    for (int b = 0; b < blocks; ++b, to += arch::block) std::memcpy(to, from.block(first + b), arch::block);
  }
}

void FastEngine::write_results(const Instr& layer, const TileId& id, int rows, int blocks,
                               TileScratch& scratch) {
  const int first = id.oc * program::tile_blocks(state_.arch());
  const std::size_t channels = static_cast<std::size_t>(blocks) * arch::block;
  if (layer.score) {
    for (int row = 0; row < rows; ++row)
      for (std::size_t c = 0; c < channels; ++c) {
        const numerics::Fp16 score = scratch.scores[static_cast<std::size_t>(row) * channels + c];
        state_.score(layer, program::group_pixel(layer, id.t, row, state_.arch())->x,
                     first * arch::block + static_cast<int>(c)) =
            layer.relu ? numerics::post_relu(score) : score;
      }
    return;
  }
  if (layer.lookup)
    for (std::uint8_t& code : scratch.results) code = state_.table[code];
  const TensorPlace place = program::output_place(layer);
  const std::uint8_t* from = scratch.results.data();
  for (int row = 0; row < rows; ++row) {
    const auto pixel = *program::group_pixel(layer, id.t, row, state_.arch());
    const BlockWalk to(state_.acts, place, pixel.y, pixel.x);
    for (int b = 0; b < blocks; ++b, from += arch::block) std::memcpy(to.block(first + b), from, arch::block);
  }
}

void FastEngine::require_fits(const Instr& layer, const TileId& id, int rows, int blocks,
                              const std::vector<double>& sums) const {
  const double limit = std::ldexp(1.0, state_.arch().acc_bits - 1);
  // Below 2^18 are all activations, in units; so few of them always fit.
  const double operands = std::max(1, layer.kernel_h * layer.kernel_w) * (layer.in_blocks * arch::block),
               level = (1 << layer.planes) - 1;
  if (std::ldexp(operands * std::max(1.0, level), 18) < limit) return;
  // Sums of PEs that have no output are sums of zeros.
  if (kernels_.largest(sums.data(), static_cast<std::size_t>(rows * state_.arch().pes_per_group)) < limit)
    return;
  const int pes = state_.arch().pes_per_group, first = id.oc * pes;
  for (int row = 0; row < rows; ++row)
    for (int channel = 0; channel < blocks * arch::block; ++channel)
      state_.require_fits(static_cast<std::int64_t>(sums[static_cast<std::size_t>(row * pes + channel)]),
                          layer, first + channel);
}

}  // namespace wd::sim
