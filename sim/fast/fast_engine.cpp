// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/fast_engine.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.hpp"
#include "sim/fast/tile_reads.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;
using fast::TileActs;
using fast::TileRows;
using fast::TileScratch;

/// Those of the same processors.
static const numerics::PostKernels& post_kernels_of(fast::Kernel kernel) {
  const auto* kernels = numerics::post_kernels_for(kernel == fast::Kernel::plain  ? InstructionSet::sse2
                                                   : kernel == fast::Kernel::avx2 ? InstructionSet::avx2
                                                                                  : InstructionSet::avx512);
  WD_ASSERT(kernels != nullptr);
  return *kernels;
}

FastEngine::FastEngine(const program::Program& program, const arch::Switches& switches,
                       const FastOptions& options)
    : state_(program),
      switches_(switches),
      options_(options),
      kernels_(fast::kernel_set(options.kernel)),
      post_kernels_(post_kernels_of(options.kernel)),
      organisation_(fast::make_organisation(program.arch, switches, options.kernel)),
      weights_(std::make_shared<fast::DecodedWeights>(options.weights_limit)),
      bursts_(program.arch.memory_latency),
      pool_(options.threads == 1 ? nullptr : std::make_unique<ThreadPool>(options.threads)),
      scratch_(pool_ ? pool_->threads() : 1),
      layer_counters_(program.layers.size()),
      layer_sparsity_(program.layers.size()) {
  arch::check(switches, program.arch, "fast simulator");
  WD_ASSERT(program.arch.groups() == static_cast<int>(fast::groups));
}

FastEngine::FastEngine(const FastEngine& first, unsigned threads)
    : state_(first.state_),
      switches_(first.switches_),
      options_(first.options_),
      kernels_(first.kernels_),
      post_kernels_(first.post_kernels_),
      organisation_(first.organisation_),
      weights_(first.weights_),
      bursts_(first.state_.arch().memory_latency),
      pool_(threads == 1 ? nullptr : std::make_unique<ThreadPool>(threads)),
      scratch_(pool_ ? pool_->threads() : 1),
      layer_counters_(first.layer_counters_.size()),
      layer_sparsity_(first.layer_sparsity_.size()),
      map_layout_(first.map_layout_) {}

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
  given_up_.reset();
  bursts_ = fast::BurstTimes(state_.arch().memory_latency, memory_ != nullptr ? this : nullptr);
  bursts_.set_told(burst_sink_);
  sim::execute(
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
      [&](const Instr& instr) {
        if (stepper_) stepper_(static_cast<std::uint32_t>(&instr - state_.program().instrs.data()), cycle_);
        cycle_ += 2;  // FETCH and one EXEC cycle
      });
  counters_.cycles = cycle_;
}

void FastEngine::burst(const Instr& instr, int iteration) {
  if (memory_ == nullptr) state_.burst(instr, iteration);
  stream::ChipActivity activity{.cycles = static_cast<std::uint64_t>(instr.count)};
  if (memory_ == nullptr) {
    activity = state_.burst_activity(instr);
    if (instr.coded)
      count_decoder(activity, static_cast<std::uint64_t>(state_.arch().memory_latency) + activity.cycles);
  }
  cycle_ = bursts_.queue(cycle_ - 1, instr, activity.cycles, iteration) + 1;
  (arch::stores(instr.operation()) ? counters_.beats_written : counters_.beats_read) += instr.count;
}

void FastEngine::count_decoder(const stream::ChipActivity& activity, std::uint64_t cycles) {
  counters_.decoder_cycles += cycles;
  counters_.coded_words += activity.words;
  counters_.coded_rows += activity.rows;
  counters_.sign_groups += activity.sign_groups;
}

/// Each of some tiles in turn, or on all threads, each with a scratch of its own.
void FastEngine::for_tiles(int tiles, const std::function<void(int tile, TileScratch& scratch)>& work) {
  if (!pool_) {
    for (int t = 0; t < tiles; ++t) work(t, scratch_.front());
    return;
  }
  const int parts = std::min(tiles, static_cast<int>(scratch_.size()));
  pool_->run(static_cast<std::size_t>(parts), [&](std::size_t part) {
    for (int t = static_cast<int>(part); t < tiles; t += parts) work(t, scratch_[part]);
  });
}

void FastEngine::gather(const Instr& conv, int tile, TileScratch& scratch, TileActs& acts) const {
  fast::gather(state_, conv, tile, replayed_ == nullptr ? &kernels_ : nullptr, scratch, acts);
  organisation_->add_maps(acts);
}

/// Results go where operands are.
static bool in_place(const Instr& conv, const arch::Arch& arch) {
  return !conv.score &&
         program::first_common(program::input_spans(conv, arch),
                               program::output_spans(conv, program::output_place(conv), arch)) >= 0;
}

void FastEngine::convolve(const Instr& conv, int iteration) {
  const std::shared_ptr<const fast::LayerRows> weights = weights_->get(
      state_.weight_key(conv), [&] { return fast::decode_layer(state_, conv, *organisation_); });
  const arch::Counters before = counters_;
  const std::uint64_t begin = cycle_;
  read_norms(conv, iteration);
  // Inputs stay as they are until the layer's end, unless it runs in place: operands are kept where tiles of channels share them.
  const bool kept = conv.tiles_oc > 1 || in_place(conv, state_.arch());
  if (kept) {
    acts_.resize(std::max(acts_.size(), static_cast<std::size_t>(conv.tiles)));
    for_tiles(conv.tiles, [&](int t, TileScratch& scratch) {
      gather(conv, t, scratch, acts_[static_cast<std::size_t>(t)]);
    });
  }
  std::vector<Tile> tiles(pool_ && trace_ == nullptr ? static_cast<std::size_t>(conv.tiles) : 0);
  for (int oc = 0; oc < conv.tiles_oc; ++oc) {
    const auto compute = [&](int t, TileScratch& scratch) {
      if (!kept) gather(conv, t, scratch, scratch.acts);
      return tile(conv, {conv.layer, iteration, oc, t}, (*weights)[static_cast<std::size_t>(oc)],
                  kept ? acts_[static_cast<std::size_t>(t)] : scratch.acts, scratch);
    };
    if (!tiles.empty())
      for_tiles(conv.tiles, [&](int t, TileScratch& scratch) {
        tiles[static_cast<std::size_t>(t)] = compute(t, scratch);
      });
    for (int t = 0; t < conv.tiles; ++t) {
      Tile computed =
          tiles.empty() ? compute(t, scratch_.front()) : std::move(tiles[static_cast<std::size_t>(t)]);
      book(conv, {conv.layer, iteration, oc, t}, computed, scratch_.front());
    }
  }
  cycle_ += static_cast<std::uint64_t>(
      arch::post_stages +
      conv.lookup);  // the last step passes them; those of other tiles do beside the next one
  finish(conv, iteration, before, begin);
}

/// Each image's pixels are spread over every `images`-th group; the first of these gets their total.
static void add_groups(std::size_t first, std::vector<double>& sums) {
  for (std::size_t i = first; i < sums.size(); ++i) sums[i % first] += std::exchange(sums[i], 0);
}

FastEngine::Tile FastEngine::tile(const Instr& conv, const TileId& id, const TileRows& rows,
                                  const TileActs& acts, TileScratch& scratch) {
  const arch::Arch& arch = state_.arch();
  const auto pes = static_cast<std::size_t>(arch.pes_per_group);
  if (replayed_ == nullptr) {
    scratch.sums.resize(fast::groups * pes);
    // Pixels lie in the first groups; the others' sums are zeros.
    const std::size_t wanted = (static_cast<std::size_t>(std::popcount(acts.inside)) + 3) / 4 * 4;
    kernels_.multiply({acts.limbs.data(), acts.limb_count, rows.weights.data(), pes, acts.works.size(),
                       wanted, rows.base.data(), scratch.sums.data()});
    std::fill(scratch.sums.begin() + static_cast<std::ptrdiff_t>(wanted * pes), scratch.sums.end(), 0.0);
    if (conv.pooled) add_groups(static_cast<std::size_t>(conv.images) * pes, scratch.sums);
  }
  Tile result;
  result.timing = organisation_->time({program::walked_rows(conv, arch) / conv.planes, conv.planes}, rows,
                                      acts, trace_ != nullptr || recorder_, scratch.times);
  if (bursts_.store_pending()) result.fetches = fast::fetch_starts(scratch.times, conv, arch);
  if (recorder_) recorder_({id, conv, state_, rows, acts, result.timing, scratch.sums, in_place(conv, arch)});
  result.counters = post(conv, id, scratch);
  result.counters.act_reads = static_cast<std::uint64_t>(acts.reads);
  if (id.oc == 0) {
    const auto activations = static_cast<std::uint64_t>(acts.reads) * static_cast<std::uint64_t>(arch.chunk);
    result.seen = {activations, activations - acts.nonzero};
  }
  return result;
}

/// Tiles come in the order in which the chip computes them. @param scratch with the sums, where traced
void FastEngine::book(const Instr& conv, const TileId& id, Tile& tile, const TileScratch& scratch) {
  if (trace_ != nullptr) {
    TileTrace trace;
    trace.id = id;
    trace.start_cycle = cycle_;
    trace.run_end_cycle = cycle_ + tile.timing.run_cycles;
    trace.sums.assign(scratch.sums.begin(), scratch.sums.end());
    trace.details = std::move(tile.timing.details);
    trace_->tile(trace);
  }
  if (bursts_.store_pending()) {
    const std::uint64_t run = cycle_ + 1, post = run + tile.timing.run_cycles;
    fast::tell_fetches(bursts_, conv, id.t, run, tile.fetches, state_.arch());
    fast::tell_post_reads(bursts_, conv, id.t, program::tile_blocks(conv, id.oc, state_.arch()), post,
                          state_.arch());
  }
  counters_ += tile.timing.counters;
  counters_ += tile.counters;
  counters_.run_cycles += tile.timing.run_cycles;
  cycle_ += 1 + tile.timing.run_cycles + post_cycles(conv, id);  // SETUP, RUN, POST
  Sparsity& seen = layer_sparsity_[static_cast<std::size_t>(conv.layer)];
  seen.activations += tile.seen.activations;
  seen.zero_activations += tile.seen.zero_activations;
}

void FastEngine::finish(const Instr& layer, int iteration, const arch::Counters& before,
                        std::uint64_t begin) {
  if (recorded_ != nullptr) record_maps(layer, iteration);
  arch::Counters delta;
#define ARCH_COUNTER(name, sv, unit, meaning) delta.name = counters_.name - before.name;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  delta.cycles = cycle_ - begin;
  layer_counters_[static_cast<std::size_t>(layer.layer)] += delta;
  if (trace_ != nullptr)
    trace_->conv({layer.layer, iteration, cycle_ - 1, layer.out_h, layer.out_w,
                  layer.out_blocks * arch::block, state_.output_bytes(layer)});
}

}  // namespace wd::sim
