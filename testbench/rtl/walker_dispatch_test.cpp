// SPDX-License-Identifier: Apache-2.0
// The dispatcher against docs/organisations/walker_sets.md, RUN: which rows are read and issued, in which cycle, with what walk map.
#include <Vwd_walker_dispatch.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <type_traits>
#include <vector>

#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"

using namespace wd;
using arch::Instr;

namespace {

constexpr int planes_per_row = DISPATCH_PLANES, window = DISPATCH_WINDOW, entries = DISPATCH_ENTRIES;
constexpr int pes = 2, chunk = 4, weight_rows = 64;
constexpr int word_bits = (planes_per_row + 1) * chunk, entry_bits = entries > 2 ? 2 : 1,
              info_bits = 2 + entry_bits;
constexpr unsigned all_positions = (1u << chunk) - 1;

/// A bit of a port, however wide Verilator makes it.
template <typename Port>
bool bit(const Port& port, int i) {
  if constexpr (std::is_integral_v<Port>)
    return (std::uint64_t{port} >> i & 1) != 0;
  else
    return (port[i / 32] >> i % 32 & 1) != 0;
}
template <typename Port>
unsigned bits(const Port& port, int first, int count) {
  unsigned value = 0;
  for (int i = 0; i < count; ++i) value |= static_cast<unsigned>(bit(port, first + i)) << i;
  return value;
}
template <typename Port>
void set(Port& port, int first, int count, unsigned value) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t of = value >> i & 1;
    if constexpr (std::is_integral_v<Port>)
      port = static_cast<Port>((port & ~(std::uint64_t{1} << (first + i))) | of << (first + i));
    else
      port[(first + i) / 32] =
          static_cast<std::uint32_t>((port[(first + i) / 32] & ~(1u << (first + i) % 32)) |
                                     static_cast<std::uint32_t>(of) << (first + i) % 32);
  }
}

/// A row of a tile, in the order of its issue.
struct Row {
  int address, first_plane, planes, chunk;
};

std::vector<Row> rows_of_tile(const Instr& conv, int base) {
  const int positions = conv.pooled != 0 ? conv.in_rows : conv.kernel_h * conv.kernel_w;
  std::vector<Row> rows;
  int address = base, chunk_number = 0;
  for (int position = 0; position < positions; ++position) {
    if (conv.pooled != 0) address = base;
    for (int block = 0; block < conv.in_blocks; ++block, ++chunk_number)
      for (int plane = 0; plane < conv.planes; plane += planes_per_row) {
        const int count = std::min(planes_per_row, conv.planes - plane);
        rows.push_back({address, plane, count, chunk_number});
        address += count;
      }
  }
  return rows;
}

/// What a slot holds, and what is left of it.
struct Slot {
  const Row* row = nullptr;
  int issued = 0, left = 0;  // cycle of the issue; cycles with work left, from the next one on
  std::array<unsigned, pes> sign{};
  std::array<std::array<unsigned, planes_per_row>, pes> mask{};
};

class Bench {
 public:
  explicit Bench(unsigned seed) : random_(seed) {
    for (auto& row : memory_)  // any planes of any weight: {sign, mask}, zeros, and bits of other planes only
      for (unsigned& word : row) word = random_() & (below(4) == 0 ? random_() & 255u : 255u);
    reset();
  }

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  /// A convolution; the bench gives up in a tile if `breaks`, and resets.
  void convolution(bool breaks) {
    Instr conv = arch::make(arch::Op::Conv);
    int needed = 0;
    const int channel_tiles = 1 + below(2), pixel_tiles = 1 + below(2);
    do {
      conv.pooled = below(3) == 0;
      conv.planes = 1 + below(3);
      conv.in_blocks = 1 + below(below(4) == 0 ? 30 : 3);
      conv.kernel_h = 1 + below(below(3) == 0 ? 40 : 4), conv.kernel_w = 1 + below(below(3) == 0 ? 40 : 4);
      conv.in_rows = conv.pooled != 0 ? (conv.kernel_h * conv.kernel_w + 15) / 16 : below(1 << 16);
      needed = channel_tiles * conv.planes * conv.in_blocks *
               (conv.pooled != 0 ? 1 : conv.kernel_h * conv.kernel_w);
    } while (needed > weight_rows);
    int base = below(3) == 0 ? weight_rows - needed : below(weight_rows - needed + 1);
    conv.weight_row = base;
    cover.hit("first weight row", base == 0);
    cover.hit("last weight row", base + needed == weight_rows);
    cover.hit("weights of all positions", conv.pooled != 0 && conv.in_rows > 1);
    cover.hit("over 63 positions", conv.pooled != 0 && conv.in_rows > 63);
    cover.hit("kernel rows and columns", conv.pooled == 0 && conv.kernel_h > 1 && conv.kernel_w > 1);
    cover.hit("over 15 columns", conv.pooled == 0 && conv.kernel_w > 15);
    cover.hit("over 15 rows", conv.pooled == 0 && conv.kernel_h > 15);
    cover.hit("over 15 blocks", conv.in_blocks > 15);

    const arch::InstrWord word = arch::encode(conv);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
    slots_used_ = 1 + below(window);
    skip_weights_ = below(2) == 0, skip_bits_ = below(2) == 0;
    model_.window_i = static_cast<unsigned>(slots_used_);
    model_.skip_weights_i = skip_weights_, model_.skip_bits_i = skip_bits_;
    cover.hit("one slot", slots_used_ == 1);
    cover.hit("all slots", slots_used_ == window);
    static constexpr std::array switches{"no skipping", "weights skipped", "bits skipped",
                                         "weights and bits skipped"};
    cover.hit(switches[static_cast<std::size_t>(skip_weights_ + 2 * skip_bits_)]);

    model_.conv_i = 1;
    quiet();
    model_.conv_i = 0;
    for (int c = 0; c < channel_tiles; ++c) {
      const std::vector<Row> rows = rows_of_tile(conv, base);
      const unsigned used = random_() & 3u;
      cover.hit("no channel", used == 0);
      cover.hit("all channels", used == 3);
      for (int t = 0; t < pixel_tiles; ++t) {
        model_.used_i = used_ = used;
        for (int i = below(3); i > 0; --i) quiet();
        model_.setup_i = 1;
        quiet();
        model_.setup_i = 0;
        const bool gives_up = breaks && c == channel_tiles - 1 && t == pixel_tiles - 1;
        run(rows, gives_up);
        if (gives_up) return reset();
        for (int i = below(3); i > 0; --i) quiet();
        model_.next_oc_i = t == pixel_tiles - 1;
        quiet();
        model_.next_oc_i = 0;
        cover.hit("same weights again", t > 0);
      }
      cover.hit("next channels", c > 0);
      base = rows.back().address + rows.back().planes;
    }
  }

  Cover cover{"wd_walker_dispatch",
              {"first weight row",
               "last weight row",
               "weights of all positions",
               "over 63 positions",
               "over 15 rows",
               "kernel rows and columns",
               "over 15 columns",
               "over 15 blocks",
               "one slot",
               "all slots",
               "no skipping",
               "weights skipped",
               "bits skipped",
               "weights and bits skipped",
               "no channel",
               "all channels",
               "same weights again",
               "next channels",
               "one row",
               "waits for the slot",
               "waits for the entry",
               "waits for the fetch",
               "issue in each of three cycles",
               "later row of a chunk",
               "fewer planes",
               "ends with work left after the last issue",
               "ends without",
               "reset in RUN"}};

 private:
  void reset() {
    model_.run_i = model_.run_first_i = model_.setup_i = model_.conv_i = model_.next_oc_i = 0;
    model_.left_i = 0;
    model_.rst_ni = 0;
    quiet();
    model_.rst_ni = 1;
  }

  /// A cycle outside of RUN, in which nothing comes of what fetch and window say.
  void quiet() {
    model_.chunk_ready_i = below(2) == 0;
    low();
    const bool nothing = model_.issue_o == 0 && model_.issue_slot_o == 0 && model_.read_o == 0 &&
                         model_.null_o == 0 && model_.flush_o == 0 && model_.done_o == 0;
    if (!nothing) REQUIRE(nothing);
    high();
  }

  void low() {
    model_.clk_i = 0;
    model_.eval();
  }
  void high() {  // the weight buffer's row comes a cycle after its read
    const bool reads = model_.read_o != 0;
    const int address = static_cast<int>(model_.read_row_o), count = static_cast<int>(model_.read_count_o);
    model_.clk_i = 1;
    model_.eval();
    if (!reads) return;
    for (int j = 0; j < planes_per_row; ++j)
      for (int p = 0; p < pes; ++p)  // what was not asked for is anything
        set(model_.row_i, (j * pes + p) * 2 * chunk, 2 * chunk,
            j < count && address + j < weight_rows
                ? memory_[static_cast<std::size_t>(address + j)][static_cast<std::size_t>(p)]
                : random_());
  }

  void run(const std::vector<Row>& rows, bool gives_up) {
    std::array<Slot, static_cast<std::size_t>(window)> slots;
    const int longest = std::array{1, 3, 12}[static_cast<std::size_t>(below(3))],
              late = below(3) == 0 ? 1 : 1 + below(8);
    const int stop = gives_up ? 1 + below(20) : 100000;
    int next = 0, read_in = 0, walked_in = -1, ready_in = below(late), last_issue = -9, in_a_row = 0;
    std::array<bool, static_cast<std::size_t>(window)> free{};
    free.fill(true);
    cover.hit("one row", rows.size() == 1);
    model_.run_i = 1;
    for (int cycle = 0;; ++cycle) {
      model_.run_first_i = cycle == 0;
      model_.chunk_ready_i = cycle >= ready_in;
      const bool more = next < static_cast<int>(rows.size());
      const auto slot = static_cast<std::size_t>(next % slots_used_);
      bool issue = false, first = false, entry_free = true;
      if (more && cycle > read_in) {
        const Row& row = rows[static_cast<std::size_t>(next)];
        first = row.first_plane == 0;
        for (std::size_t s = 0; s < slots.size(); ++s)
          if (!free[s] && slots[s].row->chunk == row.chunk - entries) entry_free = false;
        issue = free[slot] && (!first || (model_.chunk_ready_i != 0 && entry_free));
        cover.hit("waits for the slot", !free[slot] && (!first || (model_.chunk_ready_i != 0 && entry_free)));
        cover.hit("waits for the entry", free[slot] && first && model_.chunk_ready_i != 0 && !entry_free);
        cover.hit("waits for the fetch", free[slot] && first && entry_free && model_.chunk_ready_i == 0);
      }
      unsigned left = 0;
      for (std::size_t s = 0; s < slots.size(); ++s)
        if (slots[s].left > 0 && slots[s].issued < cycle) left |= 1u << s;
      model_.left_i = left;
      if (!more && walked_in < 0 && cycle > last_issue + 1 &&
          std::all_of(free.begin(), free.end(), [](bool f) { return f; })) {
        walked_in = cycle;
        cover.hit("ends without", cycle == last_issue + 2);
        cover.hit("ends with work left after the last issue", cycle > last_issue + 2);
      }
      const int drain = walked_in < 0 ? -1 : cycle - walked_in;
      low();

      const bool reads = cycle == 0 || (issue && next + 1 < static_cast<int>(rows.size()));
      const Row* to_read = reads ? &rows[static_cast<std::size_t>(cycle == 0 ? 0 : next + 1)] : nullptr;
      CAPTURE(cycle, next, rows.size(), slots_used_);
      expect(model_.issue_o == issue, "issue");
      expect(model_.issue_slot_o == (issue ? 1u << slot : 0), "slot");
      expect(model_.read_o == reads, "read");
      if (reads) expect(static_cast<int>(model_.read_row_o) == to_read->address, "row read");
      if (reads) expect(static_cast<int>(model_.read_count_o) == to_read->planes, "planes read");
      expect(model_.null_o == (drain == 1), "null");
      expect(model_.flush_o == (drain == 2 || drain == 3), "flush");
      expect(model_.done_o == (drain == 3), "done");
      const unsigned from_slot = (1u << window) - (1u << slot);
      if (more) expect(model_.older_o == from_slot, "slots from the oldest on");
      for (std::size_t s = 0; s < slots.size(); ++s)
        if (slots[s].row != nullptr) check_slot(static_cast<int>(s), slots[s]);
      if (issue) {
        const Row& row = rows[static_cast<std::size_t>(next)];
        expect(model_.issue_first_o == first, "chunk's first row");
        expect(model_.issue_planes_o == static_cast<unsigned>(row.planes), "planes issued");
        expect(model_.issue_entry_o == 1u << row.chunk % entries, "entry");
        Slot& filled = slots[slot];
        filled.row = &row, filled.issued = cycle, filled.left = below(longest);
        for (int p = 0; p < pes; ++p) fill(filled, p, first);
        in_a_row = last_issue == cycle - 1 ? in_a_row + 1 : 1;
        cover.hit("issue in each of three cycles", in_a_row == 3);
        cover.hit("later row of a chunk", row.first_plane > 0 || planes_per_row == 3);  // there is none
        cover.hit("fewer planes", row.planes < planes_per_row || planes_per_row == 1);
        if (first) ready_in = cycle + 1 + below(late);
        last_issue = read_in = cycle;
        ++next;
      }
      high();
      for (std::size_t s = 0; s < slots.size(); ++s) {
        free[s] = (left >> s & 1) == 0 && !(issue && s == slot);
        if (slots[s].issued < cycle && slots[s].left > 0) --slots[s].left;
      }
      if (drain == 3 || cycle == stop) break;
    }
    cover.hit("reset in RUN", gives_up && next < static_cast<int>(rows.size()));
    model_.run_i = 0, model_.left_i = 0;
  }

  /// The walk map at the issue, and what its slot holds from the next cycle on.
  void fill(Slot& slot, int p, bool first) {
    unsigned set_bits = 0, nonzero = 0, sign = 0;
    for (int j = 0; j < slot.row->planes; ++j) {
      const unsigned word =
          memory_[static_cast<std::size_t>(slot.row->address + j)][static_cast<std::size_t>(p)];
      const unsigned mask = word & all_positions, signs = word >> chunk & all_positions;
      slot.mask[static_cast<std::size_t>(p)][static_cast<std::size_t>(j)] = mask;
      sign |= signs & mask & ~set_bits;  // of the lowest plane that is set
      if (j == 0) nonzero = mask | signs;
      set_bits |= mask;
      nonzero |= mask;
    }
    for (int j = slot.row->planes; j < planes_per_row; ++j)
      slot.mask[static_cast<std::size_t>(p)][static_cast<std::size_t>(j)] = 0;
    const unsigned first_word =
        memory_[static_cast<std::size_t>(slot.row->address)][static_cast<std::size_t>(p)];
    sign |= first_word >> chunk & all_positions & ~set_bits;  // without any, of the first
    slot.sign[static_cast<std::size_t>(p)] = sign;
    const unsigned zero = all_positions & ~nonzero;
    unsigned walk = 0;
    if (skip_bits_)
      walk = set_bits | (!skip_weights_ && first ? zero : 0);
    else
      walk = skip_weights_ ? nonzero : all_positions;
    if ((used_ >> p & 1) == 0) walk = 0;
    expect(bits(model_.issue_walk_o, p * chunk, chunk) == walk, "walk map");
  }

  void check_slot(int s, const Slot& slot) {
    for (int p = 0; p < pes; ++p) {
      const int at = (p * window + s) * word_bits;
      for (int j = 0; j < planes_per_row; ++j)
        expect(bits(model_.slots_o, at + j * chunk, chunk) ==
                   slot.mask[static_cast<std::size_t>(p)][static_cast<std::size_t>(j)],
               "mask");
      expect(
          bits(model_.slots_o, at + planes_per_row * chunk, chunk) == slot.sign[static_cast<std::size_t>(p)],
          "sign");
    }
    expect(bits(model_.info_o, s * info_bits, entry_bits) == static_cast<unsigned>(slot.row->chunk % entries),
           "slot's entry");
    expect(bits(model_.info_o, s * info_bits + entry_bits, 2) == static_cast<unsigned>(slot.row->first_plane),
           "slot's plane");
  }

  static void expect(bool right, const char* what) {
    if (right) return;
    CAPTURE(what);
    REQUIRE(right);
  }

  std::mt19937 random_;
  Vwd_walker_dispatch model_;
  std::array<std::array<unsigned, pes>, weight_rows> memory_{};
  int slots_used_ = 1;
  bool skip_weights_ = false, skip_bits_ = false;
  unsigned used_ = 0;
};

TEST_CASE("dispatcher: rows are read and issued in order, in the cycles that the recurrence allows",
          "[rtl][oracle]") {
  Bench bench(17);
  for (int i = 0; i < 500; ++i) bench.convolution(bench.below(8) == 0);
  CHECK(bench.cover.missed() == "");
}

}  // namespace
