// SPDX-License-Identifier: Apache-2.0
// One PE on random rows, cycle by cycle, against a plain model of its paragraph in docs/organisations/walker_sets.md.
#include <Vwd_walker_pe.h>

#include <bit>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "hw/numerics/fp8.hpp"

namespace {

constexpr int slots = 8, chunk = 16;

struct Row {
  int slot = 0, plane = 0;
  unsigned mask = 0, sign = 0, walk = 0, nonzero = 0;
  std::uint8_t acts[chunk] = {};
};

/// What the PE should do, with rows as objects: no slots, no one-hot codes.
struct PlainPe {
  std::deque<Row> waiting;  // issued, with work, not taken
  Row row;
  unsigned rem = 0;
  std::int64_t sum = 0, operand = 0;
  bool walked = false, bit_op = false;

  bool active() const { return rem != 0 || !waiting.empty(); }
  void cycle(const Row* issued) {
    if (walked) sum += operand;
    walked = rem != 0;
    if (walked) {
      const int at = std::countr_zero(rem);
      const std::int64_t magnitude = std::int64_t{wd::numerics::fp8_significand(row.acts[at])}
                                     << (wd::numerics::fp8_shift(row.acts[at]) + row.plane);
      const bool negative = (row.sign >> at & 1) != (row.acts[at] >> 7);
      bit_op = (row.mask >> at & 1) && (row.acts[at] & 0x7f) != 0;
      operand = row.mask >> at & 1 ? (negative ? -magnitude : magnitude) : 0;
      rem &= rem - 1;
    }
    if (rem == 0 && !waiting.empty()) {
      row = waiting.front();
      waiting.pop_front();
      rem = row.walk & row.nonzero;
    }
    if (issued != nullptr && (issued->walk & issued->nonzero) != 0) waiting.push_back(*issued);
  }
};

class Bench {
 public:
  Bench(bool gate) {
    pe_.gate_i = gate;
    pe_.clear_i = 1;
    pe_.issue_i = 0;
    clock();
    pe_.clear_i = 0;
  }

  void clock() {
    for (int level : {0, 1}) {
      pe_.clk_i = static_cast<unsigned char>(level);
      settle();
    }
  }
  /// The activation answers the PE's address, as in the group.
  void settle() {
    pe_.eval();
    pe_.act_i = acts_[pe_.act_o >> 4][pe_.act_o & 15];
    pe_.eval();
  }
  void write(const Row& row) {
    set(pe_.win_mask_i, row.slot, row.mask);
    set(pe_.win_sign_i, row.slot, row.sign);
    set(pe_.win_walk_i, row.slot, row.walk);
    set(pe_.nonzero_i, row.slot, row.nonzero);  // the chunk entry is the slot's number here
    pe_.win_info_i &= ~(std::uint64_t{0xff} << 8 * row.slot);
    pe_.win_info_i |= static_cast<std::uint64_t>(row.plane << 4 | row.slot) << 8 * row.slot;
    std::copy(row.acts, row.acts + chunk, acts_[row.slot]);
  }
  Vwd_walker_pe pe_;

 private:
  template <typename Wide>
  static void set(Wide& wide, int slot, unsigned value) {
    const int shift = 16 * (slot % 2);
    wide[static_cast<std::size_t>(slot / 2)] =
        (wide[static_cast<std::size_t>(slot / 2)] & ~(0xffffu << shift)) | value << shift;
  }
  std::uint8_t acts_[slots][chunk] = {};
};

void run(std::uint64_t seed, bool gate) {
  std::mt19937_64 random(seed);
  const int window = static_cast<int>(random() % slots) + 1;
  Bench bench(gate);
  PlainPe plain;
  Row issued;
  bool issuing = false;
  int next = 0, rows = 0;
  for (int cycle = 0; cycle < 2000; ++cycle) {
    bench.settle();
    REQUIRE(bench.pe_.active_o == plain.active());
    REQUIRE(bench.pe_.walked_o == plain.walked);
    if (plain.walked) REQUIRE(bench.pe_.bit_op_o == plain.bit_op);
    std::int64_t sum = static_cast<std::int64_t>(bench.pe_.sum_o << 28) >> 28;
    REQUIRE(sum == plain.sum);
    unsigned left = 0;
    for (const Row& row : plain.waiting) left |= 1u << row.slot;
    if ((plain.rem & (plain.rem - 1)) != 0) left |= 1u << plain.row.slot;
    REQUIRE(bench.pe_.left_o == left);

    // A row is issued now and then, into a slot that neither the PE nor the row just taken needs.
    issuing = random() % 3 != 0 && !(left >> next & 1) && !(plain.rem != 0 && plain.row.slot == next);
    if (issuing) {
      issued = {next, static_cast<int>(random() % 3), 0, 0, 0, 0, {}};
      issued.mask = static_cast<unsigned>(random() & random()) & 0xffff;
      issued.sign = static_cast<unsigned>(random()) & 0xffff;
      issued.walk = random() % 4 == 0 ? 0xffff : random() % 4 == 0 ? 0 : issued.mask;
      issued.nonzero = random() % 3 == 0 ? 0 : static_cast<unsigned>(random()) & 0xffff;
      for (auto& act : issued.acts) act = static_cast<std::uint8_t>(random());
      bench.pe_.issue_slot_i = static_cast<unsigned char>(next);
      bench.pe_.issue_walk_i = static_cast<std::uint16_t>(issued.walk);
      bench.pe_.issue_nonzero_i = static_cast<std::uint16_t>(issued.nonzero);
      ++rows;
    }
    bench.pe_.older_i = static_cast<unsigned char>(0xff << next);
    bench.pe_.issue_i = issuing;
    bench.clock();
    plain.cycle(issuing ? &issued : nullptr);
    if (issuing) {  // the window's registers take the row at the same edge
      bench.write(issued);
      next = (next + 1) % window;
    }
  }
  REQUIRE(rows > 100);
}

TEST_CASE("pe: walks, takes and sums as the plain model, gated or not", "[rtl][oracle]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    run(seed, seed % 2 == 0);
  }
}

}  // namespace
