// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "compiler/pack_weights.hpp"
#include "compiler/remedy.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

/// A step's convolutions in parts of at most `most_rows` weight rows, where tiles allow it.
std::vector<Part> parts_of(const LoweredStep& step, int most_rows, const arch::Arch& arch) {
  std::vector<Part> parts;
  int offset = 0;
  for (std::size_t c = 0; c < step.convs.size(); ++c) {
    const int per_tile = rows_per_tile(step.convs[c], arch), tiles = channel_tiles(step.convs[c], arch);
    const int most = per_tile == 0 ? tiles : std::max(most_rows / per_tile, 1), count = ceil_div(tiles, most);
    for (int number = 0; number < count; ++number) {
      const int first = number * most, own = std::min(most, tiles - first);
      parts.push_back({c, first, own, count > 1 ? number : -1, own * per_tile, offset});
      offset += parts.back().rows;
    }
  }
  return parts;
}

int total_rows(const std::vector<Part>& parts) {
  return parts.empty() ? 0 : parts.back().offset + parts.back().rows;
}

int total_norm_rows(const LoweredStep& step) {
  int rows = 0;
  for (const LoweredConv& conv : step.convs) rows += norm_rows(conv) * static_cast<int>(conv.norm_count);
  return rows;
}

/// Makes the pieces of a schedule whose residency and parts are decided.
class Pieces {
 public:
  Pieces(const std::vector<LoweredStep>& steps, Schedule& schedule, const arch::Arch& arch, bool unroll)
      : steps_(steps), schedule_(schedule), arch_(arch), unroll_(unroll) {}

  void make() {
    schedule_.pieces.assign(1, {});
    for (std::size_t s = 0; s < steps_.size(); ++s) add_step(s);
    auto& pieces = schedule_.pieces;
    pieces.erase(std::remove_if(pieces.begin(), pieces.end(), [](const Piece& p) { return p.runs.empty(); }),
                 pieces.end());
    for (Piece& piece : pieces) place_transfers(piece, arch_);
  }

 private:
  Piece& piece() { return schedule_.pieces.back(); }
  bool weights_fit(std::size_t s) const {
    return schedule_.weights_resident || total_rows(schedule_.parts[s]) <= arch_.weight_rows;
  }
  bool norms_fit(std::size_t s) const {
    return schedule_.norms_resident || total_norm_rows(steps_[s]) <= arch_.norm_rows;
  }

  void add_step(std::size_t s) {
    const int iterations = steps_[s].loop_count;
    const bool streamed = !schedule_.weights_resident || !schedule_.norms_resident;
    if (iterations == 1 || (streamed && unroll_)) return add_iterations(s, iterations);
    if (weights_fit(s) && norms_fit(s)) return add_loop(s);
    schedule_.pieces.push_back({iterations, {}, {}, {}});
    add_iterations(s, 1);
    schedule_.pieces.push_back({});
  }

  /// A run for each part. Weights of a step that fits stay for all iterations.
  void add_iterations(std::size_t s, int iterations) {
    const std::vector<Part>& parts = schedule_.parts[s];
    const std::size_t before = piece().runs.size(), last_iteration = parts.size() * (iterations - 1);
    const bool stay = iterations > 1 && weights_fit(s);
    for (int iteration = 0; iteration < iterations; ++iteration)
      for (std::size_t p = 0; p < parts.size(); ++p) {
        const std::size_t run = piece().runs.size();
        if (iteration == 0 || !stay) add_weights(s, p, run, stay ? before + last_iteration + p : run, stay);
        if (parts[p].first_tile == 0) {
          std::size_t last = p;
          while (last + 1 < parts.size() && parts[last + 1].conv == parts[p].conv) ++last;
          add_norms(s, parts[p].conv, iteration, run, run + last - p);
        }
        piece().runs.push_back({s, p, 1, iteration, false});
      }
  }

  void add_loop(std::size_t s) {
    const std::vector<Part>& parts = schedule_.parts[s];
    const std::size_t run = piece().runs.size();
    for (std::size_t p = 0; p < parts.size(); ++p) add_weights(s, p, run, run, true);
    if (!schedule_.norms_resident && total_norm_rows(steps_[s]) > 0) {
      Transfer norms{Transfer::Kind::norms, s, 0, 0, total_norm_rows(steps_[s]), run, run};
      piece().transfers.push_back(norms);
    }
    piece().runs.push_back({s, 0, parts.size(), 0, true});
  }

  void add_weights(std::size_t s, std::size_t p, std::size_t first_run, std::size_t last_run, bool together) {
    const std::vector<Part>& parts = schedule_.parts[s];
    if (schedule_.weights_resident || parts[p].rows == 0) return;
    Transfer weights{Transfer::Kind::weights, s, p, 0, parts[p].rows, first_run, last_run};
    if (together) weights.group_rows = total_rows(parts), weights.offset = parts[p].offset;
    piece().transfers.push_back(weights);
  }

  void add_norms(std::size_t s, std::size_t conv, int iteration, std::size_t first_run,
                 std::size_t last_run) {
    const LoweredConv& lowered = steps_[s].convs[conv];
    const int rows = norm_rows(lowered);
    if (schedule_.norms_resident || rows == 0) return;
    WD_REQUIRE(rows <= arch_.norm_rows, "layer ", lowered.name, ": needs ", rows,
               " normalization rows, the architecture has ", arch_.norm_rows, "; ",
               raise("norm_rows", rows, "take fewer channels"));
    piece().transfers.push_back({Transfer::Kind::norms, s, conv, iteration, rows, first_run, last_run});
  }

  const std::vector<LoweredStep>& steps_;
  Schedule& schedule_;
  const arch::Arch& arch_;
  const bool unroll_;
};

/// Where and when one transfer after another can go.
class Placer {
 public:
  Placer(Piece& piece, const arch::Arch& arch)
      : piece_(piece), arch_(arch), over_before_(piece.stores.size()) {
    std::size_t first = static_cast<std::size_t>(-1);
    for (std::size_t s = piece.stores.size(); s-- > 0;)
      over_before_[s] = first = std::min(first, piece.stores[s].over_before);
  }

  /// The first one that comes too late, if there is one.
  std::optional<std::size_t> place() {
    int group_row = 0;
    for (std::size_t k = 0; k < piece_.transfers.size(); ++k) {
      Transfer& transfer = piece_.transfers[k];
      require_room(k);
      if (transfer.kind == Transfer::Kind::rows) {
        earliest_ = transfer.issue = std::max(earliest_, transfer.not_before);
        if (transfer.issue > transfer.first_run) return k;
        continue;
      }
      if (transfer.group_rows == 0)
        transfer.row = best_row(transfer.kind, transfer.rows, transfer.stays);
      else
        transfer.row =
            (transfer.offset == 0 ? group_row = best_row(transfer.kind, transfer.group_rows) : group_row) +
            transfer.offset;
      earliest_ = transfer.issue = free_from(transfer.kind, transfer.row, transfer.rows);
      if (transfer.issue > transfer.first_run) return k;
      in_use_.push_back(&transfer);
      if (!transfer.stays) behind_[transfer.kind == Transfer::Kind::norms] = transfer.row + transfer.rows;
    }
    return std::nullopt;
  }

 private:
  /// Bursts are queued in order, and transfer k only where the queue has room for it: behind the wait of a run.
  void require_room(std::size_t k) {
    while (ended_ < k && k - ended_ + stores_under_way() >= arch::burst_queue) {
      const std::size_t run = piece_.transfers[ended_].first_run;  // whose wait ends the next ones
      earliest_ = std::max(earliest_, run);
      while (ended_ < piece_.transfers.size() && piece_.transfers[ended_].first_run == run) ++ended_;
    }
    in_use_.erase(std::remove_if(in_use_.begin(), in_use_.end(),
                                 [&](const Transfer* other) { return other->last_run < earliest_; }),
                  in_use_.end());
  }

  /// Stores that are queued before run earliest_ and may not be over: nothing queued behind them has been waited for.
  std::size_t stores_under_way() {
    const std::vector<Store>& stores = piece_.stores;
    while (queued_ < stores.size() && stores[queued_].before_run <= earliest_) ++queued_;
    while (over_ < queued_ &&
           (over_before_[over_] <= earliest_ ||
            (ended_ > 0 && stores[over_].before_run <= piece_.transfers[ended_ - 1].issue)))
      ++over_;
    return queued_ - over_;
  }

  /// The run from which on nothing before needs these rows.
  std::size_t free_from(Transfer::Kind kind, int row, int rows) const {
    std::size_t run = earliest_;
    for (const Transfer* other : in_use_)
      if (other->kind == kind && other->row < row + rows && row < other->row + other->rows)
        run = std::max(run, other->last_run + 1);
    return run;
  }

  /// Behind the transfer before, or at another border: where rows are free first. What stays long lies at the far end, so that
  /// the others go round what is left.
  int best_row(Transfer::Kind kind, int rows, bool stays = false) const {
    const int size = kind == Transfer::Kind::weights ? arch_.weight_rows : arch_.norm_rows;
    std::vector<int> candidates{behind_[kind == Transfer::Kind::norms], 0};
    if (stays) candidates = {size - rows};
    for (const Transfer* other : in_use_)
      if (other->kind == kind) candidates.push_back(stays ? other->row - rows : other->row + other->rows);
    int best = -1;
    std::size_t best_run = 0;
    for (const int row : candidates) {
      if (row < 0 || row + rows > size) continue;
      const std::size_t run = free_from(kind, row, rows);
      if (best < 0 || run < best_run) best = row, best_run = run;
    }
    return best;
  }

  std::vector<const Transfer*> in_use_;  // placed ones that a run from earliest_ on needs
  std::size_t earliest_ = 0;             // run before which the next one can be queued
  std::size_t ended_ = 0;                // transfers that have ended behind the wait of run earliest_
  int behind_[2] = {0, 0};               // the last one's rows, by kind
  std::size_t queued_ = 0, over_ = 0;    // stores, behind the wait of run earliest_
  Piece& piece_;
  const arch::Arch& arch_;
  std::vector<std::size_t>
      over_before_;  // of each store: the run before which it, or one behind it, is waited for
};

}  // namespace

int rows_per_tile(const LoweredConv& conv, const arch::Arch& arch) {
  if (conv.weights == nullptr) return 0;
  const int positions = conv.weights->kernel_h * conv.weights->kernel_w;
  const int in_blocks = program::channel_blocks(conv.weights->in_channels);
  return program::stored_rows(positions, in_blocks, plane_count(*conv.weights), arch);
}

int channel_tiles(const LoweredConv& conv, const arch::Arch& arch) {
  return program::channel_tiles(program::channel_blocks(conv.out_channels), arch);
}

int norm_rows(const LoweredConv& conv) {
  if (conv.norm_count == 0) return 0;
  return program::channel_blocks(static_cast<int>(conv.conv->norms.front().gamma.size()));
}

std::optional<std::size_t> try_place_transfers(Piece& piece, const arch::Arch& arch) {
  return Placer(piece, arch).place();
}

void place_transfers(Piece& piece, const arch::Arch& arch) {
  const std::optional<std::size_t> late = try_place_transfers(piece, arch);
  WD_ASSERT(!late);
}

std::size_t Schedule::instructions() const {
  std::size_t count = 0;
  for (const Piece& piece : pieces) {
    count += piece.transfers.size() + piece.stores.size() + (piece.iterations > 1 ? 2 : 0);
    std::set<std::size_t> waits;  // runs that wait for stores: at most, as one may be known to be over
    for (const Store& store : piece.stores)
      if (store.over_before < piece.runs.size()) waits.insert(store.over_before);
    std::size_t next = 0;
    for (std::size_t r = 0; r < piece.runs.size(); ++r) {
      const std::size_t before = next;
      while (next < piece.transfers.size() && piece.transfers[next].first_run == r) ++next;
      count +=
          (next > before || waits.contains(r) ? 1 : 0) + piece.runs[r].parts + (piece.runs[r].loop ? 2 : 0);
    }
  }
  return count;
}

Schedule empty_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch) {
  Schedule schedule;
  int rows = 0, norms = 0;
  for (const LoweredStep& step : steps) {
    for (const LoweredConv& conv : step.convs) {
      const int per_tile = rows_per_tile(conv, arch);
      WD_REQUIRE(per_tile <= arch.weight_rows, "layer ", conv.name, ": the weights of ", arch.pes_per_group,
                 " output channels need ", per_tile, " rows, the weight buffer has ", arch.weight_rows, "; ",
                 raise("weight_rows", per_tile, "take fewer input channels or a smaller kernel"));
      rows += per_tile * channel_tiles(conv, arch);
    }
    norms += total_norm_rows(step);
  }
  schedule.weights_resident = rows <= arch.weight_rows;
  schedule.norms_resident = norms <= arch.norm_rows;
  return schedule;
}

std::size_t schedule_instructions(const std::vector<LoweredStep>& steps, const arch::Arch& arch) {
  const Schedule schedule = empty_schedule(steps, arch);
  int others = 5;  // input, a wait for it; scores, a wait for them, HALT
  if (schedule.weights_resident)
    others += static_cast<int>(std::count_if(steps.begin(), steps.end(), [](const LoweredStep& step) {
      return std::any_of(step.convs.begin(), step.convs.end(),
                         [](const LoweredConv& conv) { return conv.weights != nullptr; });
    }));
  others += 3;  // of the load entry: norms, WAIT, HALT
  std::set<int> tables;
  int loads = 0;  // of tables, with a WAIT each
  for (const LoweredStep& step : steps)
    for (const LoweredConv& conv : step.convs)
      if (conv.table) tables.insert(*conv.table), loads += 2 * step.loop_count;
  others += tables.size() > 1 ? loads : static_cast<int>(tables.size());
  return static_cast<std::size_t>(std::max(0, arch.instr_rows - others));
}

void make_parts(Schedule& schedule, const std::vector<LoweredStep>& steps, int most_rows,
                const arch::Arch& arch) {
  schedule.parts.clear();
  schedule.step_rows.assign(1, 0);
  for (const LoweredStep& step : steps) {
    schedule.parts.push_back(parts_of(step, most_rows, arch));
    schedule.step_rows.push_back(schedule.step_rows.back() + total_rows(schedule.parts.back()));
  }
}

Schedule make_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch,
                       std::size_t instructions) {
  Schedule schedule = empty_schedule(steps, arch);
  const auto make = [&](int most_rows, bool unroll) {
    make_parts(schedule, steps, most_rows, arch);
    Pieces(steps, schedule, arch, unroll).make();
    return schedule.instructions() <= instructions;
  };
  if (schedule.weights_resident) {  // no convolution has to be split for its weights
    if (!make(arch.weight_rows, true)) make(arch.weight_rows, false);
    return schedule;
  }
  for (const bool unroll : {true, false})
    for (const int share : {4, 2, 1})
      if (make(arch.weight_rows / share, unroll)) return schedule;
  return schedule;
}

}  // namespace wd::compiler
