// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/fast_engine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "sim/fast/post_rows.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;
using fast::TileActs;
using fast::TileRows;
using fast::TileShape;
using fast::TileTiming;

namespace {}  // namespace

FastEngine::FastEngine(const program::Program& program, const arch::Switches& switches)
    : state_(program),
      organisation_(fast::make_organisation(program.arch, switches)),
      bursts_(program.arch.memory_latency),
      wide_(static_cast<std::size_t>(program.arch.pes())),
      layer_counters_(program.layers.size()),
      layer_sparsity_(program.layers.size()) {
  arch::check(switches, program.arch, "fast simulator");
}

arch::Counters FastEngine::load() {
  run(state_.program().load_entry);
  return counters_;
}

FrameResult FastEngine::frame(std::span<const std::uint8_t> input) {
  state_.place_input(input);
  run(state_.program().frame_entry);
  return {state_.class_scores(), counters_};
}

void FastEngine::run(std::uint32_t entry) {
  counters_ = {};
  cycle_ = 0;
  bursts_ = fast::BurstTimes(state_.arch().memory_latency);
  execute(
      state_.program(), entry,
      [&](const Instr& instr, int iteration) {
        switch (instr.operation()) {
          case Op::Conv:
            convolve(instr, iteration);
            break;
          case Op::Elementwise:
            elementwise(instr, iteration);
            break;
          case Op::Pool:
            pool(instr, iteration);
            break;
          case Op::Transpose:
            transpose(instr, iteration);
            break;
          case Op::Wait:
            cycle_ = bursts_.wait(cycle_ - 1, instr.tag) + 1;  // the first EXEC cycle is counted already
            break;
          default:
            if (arch::is_burst(instr.operation())) burst(instr, iteration);
        }
      },
      [&](const Instr&) { cycle_ += 2; });  // FETCH and one EXEC cycle
  counters_.cycles = cycle_;
}

void FastEngine::burst(const Instr& instr, int iteration) {
  state_.burst(instr, iteration);
  cycle_ = bursts_.queue(cycle_ - 1, instr) + 1;
  (arch::stores(instr.operation()) ? counters_.beats_written : counters_.beats_read) += instr.count;
}

const std::vector<TileRows>& FastEngine::decoded(const Instr& conv) {
  auto& tiles = decoded_[state_.weight_key(conv)];
  if (tiles.empty())
    for (int tile = 0; tile < conv.tiles_oc; ++tile) tiles.push_back(decode_tile(conv, tile));
  return tiles;
}

TileRows FastEngine::decode_tile(const Instr& conv, int tile) const {
  const int pes = state_.arch().pes_per_group, chunk = state_.arch().chunk, planes = conv.planes;
  const int stored = program::stored_rows(conv, state_.arch());
  const int repeats = conv.pooled ? program::tile_positions(conv) : 1;
  TileRows rows;
  rows.channels = std::min(pes, conv.out_blocks * arch::block - tile * pes);
  rows.weights.assign(static_cast<std::size_t>(repeats * stored / planes * chunk * pes), 0);
  std::vector<const program::WeightRow*> of_chunk(static_cast<std::size_t>(planes));
  for (int k = 0; k < repeats * stored / planes; ++k) {
    for (int plane = 0; plane < planes; ++plane) {
      const program::WeightRow& words =
          state_.weight_row(conv.weight_row + tile * stored + (k * planes + plane) % stored);
      of_chunk[static_cast<std::size_t>(plane)] = &words;
      for (int pe = 0; pe < pes; ++pe) {
        const auto [mask, sign] = words[static_cast<std::size_t>(pe)];
        for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
          const int lane = std::countr_zero(rest), bit = 1 << plane;
          rows.weights[static_cast<std::size_t>((k * chunk + lane) * pes + pe)] +=
              static_cast<std::int8_t>(sign >> lane & 1 ? -bit : bit);
        }
      }
    }
    organisation_->add_chunk(of_chunk, rows);
  }
  rows.pairs = fast::paired_weights(rows.weights, pes);
  return rows;
}

TileActs FastEngine::gather(const Instr& conv, int tile) {
  const arch::Arch& arch = state_.arch();
  const TensorPlace place = program::input_place(conv);
  const int words = program::block_words(conv.in_blocks, arch);
  const int positions = program::tile_positions(conv), reduction = positions * words * arch.chunk;
  TileActs acts;
  acts.halves = fast::Halves(static_cast<std::size_t>(arch.groups() * reduction));
  for (int group = 0; group < arch.groups(); ++group)
    acts.inside |=
        std::uint32_t{conv.pooled != 0 || program::group_pixel(conv, tile, group, arch).has_value()} << group;
  std::vector<std::optional<program::Pixel>> pixels(static_cast<std::size_t>(arch.groups()));
  for (int position = 0; position < positions; ++position) {
    for (int group = 0; group < arch.groups(); ++group)
      pixels[static_cast<std::size_t>(group)] = program::operand_pixel(conv, tile, group, position, arch);
    acts.sub_reads.insert(acts.sub_reads.end(), static_cast<std::size_t>(words),
                          static_cast<std::uint8_t>(program::sub_reads(conv, tile, position, arch)));
    for (int word = 0; word < words; ++word)
      for (int group = 0; group < arch.groups(); ++group) {
        const std::uint8_t* codes = nullptr;
        std::uint64_t nonzero = 0;
        if (const auto& pixel = pixels[static_cast<std::size_t>(group)]) {
          codes = state_.acts.word(place, pixel->y, pixel->x, word);
          const auto at =
              static_cast<std::size_t>(group * reduction + (position * words + word) * arch.chunk);
          nonzero = acts.halves.set(at, {codes, static_cast<std::size_t>(arch.chunk)});
          ++acts.reads;
        }
        acts.words.push_back(codes);
        acts.nonzero.push_back(nonzero);
      }
  }
  organisation_->add_maps(acts);
  return acts;
}

/// Each image's pixels are spread over every `images`-th group; the first of these gets their total.
void FastEngine::add_groups(int images) {
  const auto first = static_cast<std::size_t>(images * state_.arch().pes_per_group);
  for (std::size_t i = first; i < wide_.size(); ++i) wide_[i % first] += std::exchange(wide_[i], 0);
}

void FastEngine::convolve(const Instr& conv, int iteration) {
  const arch::Arch& arch = state_.arch();
  const std::vector<TileRows>& tiles = decoded(conv);
  std::vector<TileActs> acts;  // inputs stay as they are until the layer's end, unless it runs in place
  for (int t = 0; t < conv.tiles; ++t) acts.push_back(gather(conv, t));
  const arch::Counters before = counters_;
  const std::uint64_t begin = cycle_;
  const TileShape shape{program::walked_rows(conv, arch) / conv.planes, conv.planes};
  for (int oc = 0; oc < conv.tiles_oc; ++oc)
    for (int t = 0; t < conv.tiles; ++t) {
      const TileId id{conv.layer, iteration, oc, t};
      const TileRows& rows = tiles[static_cast<std::size_t>(oc)];
      const TileActs& tile_acts = acts[static_cast<std::size_t>(t)];
      fast::multiply(fast::best_product_kernel(), tile_acts.halves, rows.pairs, arch.pes_per_group, wide_);
      if (conv.pooled) add_groups(conv.images);
      const std::uint64_t setup = cycle_;
      const TileTiming timing = organisation_->time(shape, rows, tile_acts, trace_ != nullptr || recorder_);
      if (recorder_) recorder_({id, shape, rows, tile_acts, timing, wide_, conv.pooled != 0});
      counters_ += timing.counters;
      counters_.run_cycles += timing.run_cycles;
      counters_.act_reads += static_cast<std::uint64_t>(tile_acts.reads);
      cycle_ += 1 + timing.run_cycles;  // SETUP and RUN
      if (trace_ != nullptr) report(id, timing, setup);
      post(conv, iteration, id);
    }
  cycle_ += static_cast<std::uint64_t>(
      arch::post_stages +
      conv.lookup);  // the last step passes them; those of other tiles do beside the next one
  const int layer = conv.layer;
  for (const TileActs& tile : acts)
    for (std::size_t i = 0; i < tile.words.size(); ++i)
      if (tile.words[i] != nullptr) {
        layer_sparsity_[layer].activations += static_cast<std::uint64_t>(arch.chunk);
        layer_sparsity_[layer].zero_activations +=
            static_cast<std::uint64_t>(arch.chunk - std::popcount(tile.nonzero[i]));
      }
  finish(conv, iteration, before, begin);
}

void FastEngine::finish(const Instr& layer, int iteration, const arch::Counters& before,
                        std::uint64_t begin) {
  arch::Counters delta;
#define ARCH_COUNTER(name, sv, unit, meaning) delta.name = counters_.name - before.name;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  delta.cycles = cycle_ - begin;
  layer_counters_[layer.layer] += delta;
  if (trace_ != nullptr)
    trace_->conv({layer.layer, iteration, cycle_ - 1, layer.out_h, layer.out_w,
                  layer.out_blocks * arch::block, state_.output_bytes(layer)});
}

void FastEngine::post(const Instr& conv, int iteration, const TileId& id) {
  const arch::Arch& arch = state_.arch();
  const int blocks = program::tile_blocks(conv, id.oc, arch);
  for (int b = 0; b < blocks; ++b) {
    const int block = id.oc * program::tile_blocks(arch) + b;
    const NormRow& norm =
        state_.norms[conv.norm_row + iteration * conv.norm_step + (conv.norm_t ? id.t : block)];
    if (!conv.norm_t) {
      post_block(conv, norm, id.t, b, block, 0, arch.groups());
      continue;
    }
    for (int group = 0; group < arch.groups(); ++group) {  // a pixel has one gamma and beta
      NormRow own;
      std::fill(std::begin(own.gamma), std::end(own.gamma), norm.gamma[group]);
      std::fill(std::begin(own.beta), std::end(own.beta), norm.beta[group]);
      post_block(conv, own, id.t, b, block, group, group + 1);
    }
  }
  counters_.norm_reads += static_cast<std::uint64_t>(blocks * program::block_results(conv, arch));
  cycle_ += static_cast<std::uint64_t>(blocks * program::block_steps(conv, arch));
}

/// @param b channel block of the tile, `block` the same of the layer
void FastEngine::post_block(const Instr& conv, const NormRow& norm, int tile, int b, int block,
                            int first_group, int end_group) {
  const arch::Arch& arch = state_.arch();
  const TensorPlace out = program::output_place(conv), res = program::residual_place(conv);
  fast::PostRows rows(norm);
  std::array<program::Pixel, fast::PostRows::most> pixels;
  for (int group = first_group; group < end_group; ++group) {
    const auto pixel = program::group_pixel(conv, tile, group, arch);
    if (!pixel) continue;
    pixels[rows.count()] = *pixel;
    const std::int64_t* sums = &wide_[static_cast<std::size_t>(group * arch.pes_per_group + b * arch::block)];
    for (int lane = 0; lane < arch::block; ++lane)
      state_.require_fits(sums[lane], conv, block * arch::block + lane);
    rows.add(sums, conv.residual ? state_.acts.block(res, pixel->y, pixel->x, block) : nullptr);
  }
  const std::size_t count = rows.count();
  if (conv.score) {
    rows.scores(conv);
    for (std::size_t r = 0; r < count; ++r)
      for (int lane = 0; lane < arch::block; ++lane)
        state_.score(conv, pixels[r].x, block * arch::block + lane) = rows.score(r, lane);
  } else {
    counters_.saturations += rows.codes(conv);
    for (std::size_t r = 0; r < count; ++r) {
      std::uint8_t* codes = state_.acts.block(out, pixels[r].y, pixels[r].x, block);
      std::memcpy(codes, rows.code_row(r), arch::block);
      if (conv.lookup)
        std::transform(codes, codes + arch::block, codes, [&](int c) { return state_.table[c]; });
    }
    counters_.act_writes += count;
  }
  counters_.post_ops += count * arch::block;
  counters_.residual_reads += conv.residual ? count : 0;
}

void FastEngine::report(const TileId& id, const TileTiming& timing, std::uint64_t setup) {
  TileTrace tile;
  tile.id = id;
  tile.start_cycle = setup;
  tile.run_end_cycle = setup + timing.run_cycles;
  tile.sums = wide_;
  tile.details = timing.details;
  trace_->tile(tile);
}

}  // namespace wd::sim
