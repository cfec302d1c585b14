// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_schedule.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/remedy.hpp"
#include "compiler/stripe_clock.hpp"

namespace wd::compiler {
namespace {

using Action = StripeAction::Kind;
using Kind = Transfer::Kind;

/// The runs, and the bursts of values between them.
class Runs {
 public:
  Runs(const Stripes& stripes, const Schedule& schedule, const arch::Arch& arch, Piece& piece)
      : graph_(stripes.graph), layout_(stripes.layout), schedule_(schedule), arch_(arch), piece_(piece) {
    for (const StripeRing& ring : layout_.rings) free_.emplace_back(index(ring.rows), std::size_t{0});
    for (const StripeValue& value : graph_.values) stored_.emplace_back(index(value.height), std::size_t{0});
    stores_of_row_.assign(index(arch_.act_rows), 0);
  }

  void make() {
    for (group_ = 0; group_ < layout_.groups.size(); ++group_)
      for (const StripeAction& action : layout_.actions[group_]) {
        if (action.kind == Action::load) load(action);
        if (action.kind == Action::compute) compute(action);
        if (action.kind == Action::store) store(action);
      }
    WD_ASSERT(waiting_.empty());
  }

 private:
  std::size_t next_run() const { return piece_.runs.size(); }
  int ring_of(int value) const { return layout_.ring_of[group_][index(value)]; }
  RowBurst burst_of(const StripeAction& action) const {
    const StripeRing& ring = layout_.ring(group_, action.what);
    const bool sliced = ring.area < ring.pitch * graph_.values[index(action.what)].words;
    return {action.what, group_, action.rows, action.slice, sliced ? layout_.groups[group_].shape.slices : 1};
  }

  template <typename Visit>
  void for_slots(int value, RowRange rows, Visit visit) {
    std::vector<std::size_t>& slots = free_[index(ring_of(value))];
    for (int y = rows.first; y < rows.end; ++y) visit(slots[index(y) % slots.size()]);
  }

  void touch(int value, RowRange rows, std::size_t free_before) {
    for_slots(value, rows, [&](std::size_t& slot) { slot = std::max(slot, free_before); });
  }

  void load(const StripeAction& action) {
    Transfer transfer;
    transfer.kind = Kind::rows;
    transfer.burst = burst_of(action);
    std::size_t& before = transfer.not_before;
    const std::vector<std::size_t>& stored = stored_[index(action.what)];
    for (int y = action.rows.first; y < action.rows.end; ++y) before = std::max(before, stored[index(y)]);
    for_slots(action.what, action.rows, [&](std::size_t& slot) { before = std::max(before, slot); });
    before = std::max(before, free_below(layout_.rings[index(ring_of(action.what))]));
    waiting_.push_back(transfer);
  }

  /// From which run on the rings of earlier groups leave a ring its rows.
  std::size_t free_below(const StripeRing& ring) const {
    std::size_t run = 0;
    for (std::size_t r = 0; r < layout_.rings.size(); ++r) {
      const StripeRing& other = layout_.rings[r];
      if (other.last_group >= ring.first_group || other.first >= ring.first + ring.area ||
          ring.first >= other.first + other.area)
        continue;
      run = std::max(run, *std::max_element(free_[r].begin(), free_[r].end()));
    }
    return run;
  }

  void compute(const StripeAction& action) {
    const StripeLayer& layer = graph_.layers[index(action.what)];
    const std::vector<Part>& parts = schedule_.parts[layer.step];
    const int slices = layout_.groups[group_].shape.slices;
    const int tiles = channel_tiles(*layer.lowered, arch_);
    const int first = tiles / slices * action.slice, end = slices == 1 ? tiles : first + tiles / slices;
    const std::vector<RowRange> pieces = pieces_of(graph_, layout_, group_, action);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (parts[p].conv != layer.conv) continue;
      const int from = std::max(first, parts[p].first_tile),
                to = std::min(end, parts[p].first_tile + parts[p].tiles);
      if (from >= to) continue;
      for (const RowRange& rows : pieces) {
        const std::size_t run = next_run();
        Run of{layer.step, p, 1, layer.iteration};
        of.layer = action.what, of.group = group_, of.rows = rows, of.slice = action.slice;
        of.first_tile = from, of.tiles = to - from;
        piece_.runs.push_back(of);
        read(layer.input, layer.needs(rows), run);
        if (layer.residual >= 0) read(layer.residual, rows, run);
        if (layer.output < 0) continue;
        touch(layer.output, rows, run + 1);
        const int word = (from - first) * arch_.pes_per_group / arch_.chunk,
                  words = ceil_div((to - from) * arch_.pes_per_group, arch_.chunk);
        write_over(layer.output, rows, word, words, run);
      }
    }
  }

  void read(int value, RowRange rows, std::size_t run) {
    touch(value, rows, run + 1);
    const auto arrives = [&](const Transfer& t) {
      return t.burst.value == value && t.burst.rows.first < rows.end && rows.first < t.burst.rows.end;
    };
    for (Transfer& transfer : waiting_)
      if (arrives(transfer)) {
        transfer.first_run = transfer.last_run = run;
        if (alone(transfer.burst)) transfer.not_before = run;
        touch(value, transfer.burst.rows, run + 1);
        piece_.transfers.push_back(transfer);
      }
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), arrives), waiting_.end());
  }

  /// Whether two of its beats in a row may be of one bank: nothing may run beside it.
  bool alone(const RowBurst& burst) const {
    const StripeValue& value = graph_.values[index(burst.value)];
    return value.blocks > 1 && burst.rows.count() * value.width % arch_.groups() == 1;
  }

  /// A run writes rows: a store that still needs what lies there has to be over.
  void write_over(int value, RowRange rows, int first_word, int words, std::size_t run) {
    std::size_t stores = 0;
    for_words(value, rows, first_word, words, [&](std::size_t& of) { stores = std::max(stores, of); });
    if (stores <= over_) return;
    over_ = stores;
    piece_.stores[stores - 1].over_before = run;
  }

  /// Of a ring: how many stores have been queued when the last one read a row, as a reference.
  template <typename Visit>
  void for_words(int value, RowRange rows, int first_word, int words, Visit visit) {
    const StripeRing& ring = layout_.ring(group_, value);
    const int end = std::min(first_word + words, ring.area / ring.pitch);
    for (int word = first_word; word < end; ++word) {
      const RowRange of = rows_in_ring(ring, graph_.values[index(value)].width, rows, word, arch_);
      for (int row = of.first; row < of.end; ++row) visit(stores_of_row_[index(row)]);
    }
  }

  void store(const StripeAction& action) {
    piece_.stores.push_back({next_run(), burst_of(action)});
    const StripeRing& ring = layout_.ring(group_, action.what);
    for_words(action.what, action.rows, 0, ring.area / ring.pitch,
              [&](std::size_t& of) { of = piece_.stores.size(); });
    touch(action.what, action.rows, next_run());
    for (int y = action.rows.first; y < action.rows.end; ++y)
      stored_[index(action.what)][index(y)] = next_run();
  }

  const StripeGraph& graph_;
  const StripeLayout& layout_;
  const Schedule& schedule_;
  const arch::Arch& arch_;
  Piece& piece_;
  std::size_t group_ = 0;
  std::vector<std::vector<std::size_t>> free_;  // of each ring's rows: the run before which it is free
  std::vector<std::vector<std::size_t>>
      stored_;  // of each value's rows: the run before which it is in memory
  std::vector<std::size_t>
      stores_of_row_;     // of each activation row: stores that were queued with the last one that reads it
  std::size_t over_ = 0;  // stores that were waited for
  std::vector<Transfer> waiting_;  // loads that no run has needed yet
};

/// What several runs need: weights of a part, or normalization rows of a convolution's iteration.
struct Item {
  Transfer transfer;  // but for its runs
  std::vector<std::size_t> uses;
  std::vector<char> kept;  // from each use to the next one
};

/// Which items stay between two uses.
class Keeper {
 public:
  /// @param size of the buffer  @param spare rows of it that are left to what comes next, where not all of a group stays
  Keeper(std::vector<Item>& items, const std::vector<Run>& runs, int size, int spare)
      : items_(items), taken_(runs.size(), 0), most_(runs.size(), size) {
    std::map<std::size_t, int> of_group;
    std::vector<int> needed(runs.size(), 0);
    for (const Item& item : items) {
      std::size_t last = runs.size();
      for (const std::size_t run : item.uses) {
        taken_[run] += item.transfer.rows;
        needed[run] = item.transfer.rows;
        if (last != runs[run].group) of_group[runs[run].group] += item.transfer.rows;
        last = runs[run].group;
      }
    }
    int next = 0;  // rows of what the run behind needs
    for (std::size_t r = runs.size(); r-- > 0; next = needed[r])
      if (of_group[runs[r].group] > size) most_[r] = size - std::max(spare, std::min(next, size / 2));
  }

  /// @param longest gap between uses, in runs
  void keep(std::size_t longest) {
    struct Gap {
      std::size_t length;
      int rows;
      std::size_t item, use;
    };
    std::vector<Gap> gaps;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      items_[i].kept.assign(items_[i].uses.size(), 0);
      for (std::size_t u = 0; u + 1 < items_[i].uses.size(); ++u)
        gaps.push_back({items_[i].uses[u + 1] - items_[i].uses[u], items_[i].transfer.rows, i, u});
    }
    std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) {
      return a.length != b.length ? a.length < b.length : a.rows > b.rows;
    });
    for (const Gap& gap : gaps) {
      if (gap.length > longest) break;
      const std::size_t first = items_[gap.item].uses[gap.use] + 1, end = first + gap.length - 1;
      bool fits = true;
      for (std::size_t r = first; r < end; ++r) fits &= taken_[r] + gap.rows <= most_[r];
      if (!fits) continue;
      for (std::size_t r = first; r < end; ++r) taken_[r] += gap.rows;
      items_[gap.item].kept[gap.use] = 1;
    }
  }

 private:
  std::vector<Item>& items_;
  std::vector<int> taken_, most_;  // rows by run
};

/// Weights and normalization rows that do not stay for good.
class Items {
 public:
  Items(const std::vector<LoweredStep>& steps, const Schedule& schedule, const arch::Arch& arch,
        const StripeClock& clock, Piece& piece)
      : steps_(steps),
        schedule_(schedule),
        arch_(arch),
        clock_(clock),
        piece_(piece),
        bursts_(piece.transfers) {}

  /// @return what a frame takes by the clock
  double bring() {
    std::map<std::tuple<std::size_t, std::size_t, int>, std::size_t> numbers[2];
    for (std::size_t r = 0; r < piece_.runs.size(); ++r) {
      const Run& run = piece_.runs[r];
      const Part& part = schedule_.parts[run.step][run.first_part];
      const LoweredConv& conv = steps_[run.step].convs[part.conv];
      if (!schedule_.weights_resident && part.rows > 0)
        use(weights_, numbers[0], {Kind::weights, run.step, run.first_part, 0, part.rows}, r);
      if (!schedule_.norms_resident && norm_rows(conv) > 0) {
        WD_REQUIRE(norm_rows(conv) <= arch_.norm_rows, "layer ", conv.name, ": needs ", norm_rows(conv),
                   " normalization rows, the architecture has ", arch_.norm_rows, "; ",
                   raise("norm_rows", norm_rows(conv), "take fewer channels"));
        use(norms_, numbers[1], {Kind::norms, run.step, part.conv, run.iteration, norm_rows(conv)}, r);
      }
    }
    struct Allowance {
      int spare;            // quarters of a buffer, for what comes next
      std::size_t longest;  // runs over which something stays
    };
    constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
    double best = std::numeric_limits<double>::infinity();
    Piece cheapest;
    for (const Allowance& allowed : {Allowance{1, any}, {2, any}, {4, any}, {1, 16}, {2, 16}}) {
      Keeper(weights_, piece_.runs, arch_.weight_rows, arch_.weight_rows * allowed.spare / 4)
          .keep(allowed.longest);
      Keeper(norms_, piece_.runs, arch_.norm_rows, arch_.norm_rows * allowed.spare / 4).keep(any);
      place();
      const double cycles = clock_.cycles(piece_);
      if (cycles >= best) continue;
      best = cycles, cheapest = piece_;
    }
    piece_ = std::move(cheapest);
    return best;
  }

 private:
  template <typename Numbers>
  static void use(std::vector<Item>& items, Numbers& numbers, const Transfer& transfer, std::size_t run) {
    const auto [at, first] =
        numbers.try_emplace({transfer.step, transfer.item, transfer.iteration}, items.size());
    if (first) items.push_back({transfer, {}, {}});
    items[at->second].uses.push_back(run);
  }

  void place() {
    for (;;) {
      collect();
      const std::optional<std::size_t> late = try_place_transfers(piece_, arch_);
      if (!late) return;
      const Transfer& transfer = piece_.transfers[*late];
      WD_ASSERT(transfer.kind != Kind::rows);
      give_up(transfer.kind == Kind::weights ? weights_ : norms_, transfer.first_run);
    }
  }

  void collect() {
    piece_.transfers = bursts_;
    for (const std::vector<Item>* items : {&weights_, &norms_})
      for (const Item& item : *items)
        for (std::size_t u = 0; u < item.uses.size();) {
          std::size_t last = u;
          while (item.kept[last]) ++last;
          Transfer transfer = item.transfer;
          transfer.first_run = item.uses[u], transfer.last_run = item.uses[last];
          transfer.stays = transfer.last_run - transfer.first_run > last - u;
          piece_.transfers.push_back(transfer);
          u = last + 1;
        }
    std::stable_sort(piece_.transfers.begin(), piece_.transfers.end(),
                     [](const Transfer& a, const Transfer& b) { return a.first_run < b.first_run; });
  }

  /// What stays longest over a run comes again instead: it left no room in one piece.
  static void give_up(std::vector<Item>& items, std::size_t run) {
    char* longest = nullptr;
    std::size_t length = 1;
    for (Item& item : items)
      for (std::size_t u = 0; u + 1 < item.uses.size(); ++u)
        if (item.kept[u] && item.uses[u] < run && run <= item.uses[u + 1] &&
            item.uses[u + 1] - item.uses[u] > length)
          longest = &item.kept[u], length = item.uses[u + 1] - item.uses[u];
    WD_ASSERT(longest != nullptr);
    *longest = 0;
  }

  const std::vector<LoweredStep>& steps_;
  const Schedule& schedule_;
  const arch::Arch& arch_;
  const StripeClock& clock_;
  Piece& piece_;
  const std::vector<Transfer> bursts_;  // of values
  std::vector<Item> weights_, norms_;
};

}  // namespace

Schedule make_stripe_schedule(const std::vector<LoweredStep>& steps, const Stripes& stripes,
                              const arch::Arch& arch, std::size_t instructions) {
  Schedule schedule = empty_schedule(steps, arch);
  for (const int share : {4, 2, 1}) {
    make_parts(schedule, steps, arch.weight_rows / (schedule.weights_resident ? 1 : share), arch);
    schedule.pieces.assign(1, {});
    Piece& piece = schedule.pieces.front();
    Runs(stripes, schedule, arch, piece).make();
    schedule.model_cycles =
        Items(steps, schedule, arch, StripeClock(steps, stripes.graph, arch), piece).bring();
    if (schedule.weights_resident || schedule.instructions() <= instructions) break;
  }
  return schedule;
}

}  // namespace wd::compiler
