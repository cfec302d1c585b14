// SPDX-License-Identifier: Apache-2.0
// PEs with their sums on random picks against a plain model: operands in their cycle, the sums after the flush.
//
// Shape     compiled for several variants of the PE; WALKER_PLANES, WALKER_SEGMENT and WALKER_LANES say which one this is.
//           Every lane has picks of its own.
// Numerics  the plain model adds 64-bit integers of hw/numerics; it knows no segments, no carries, no gates.
#include <Vwd_walker_pe.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <type_traits>

#include "hw/numerics/fp8.hpp"

namespace {

constexpr int places = 32, planes = WALKER_PLANES, acc_bits = 36, lanes = WALKER_LANES;
constexpr int weight_bits = planes == 3 ? 3 : 2;
constexpr std::int64_t bias = WALKER_SEGMENT == 0 ? 0 : std::int64_t{1} << 21;

struct Pick {
  int place = 0, weight = 0;
  bool negative = false, high = false;  // high: plane 2 alone

  int magnitude() const { return weight + (high ? 4 : 0); }
  bool valid() const { return magnitude() != 0; }
};

template <typename Port>
void set_bit(Port& port, int index, bool on) {
  if constexpr (std::is_integral_v<Port>) {
    port = static_cast<Port>((port & ~(std::uint64_t{1} << index)) | (std::uint64_t{on} << index));
  } else {
    port[static_cast<std::size_t>(index / 32)] &= ~(1u << index % 32);
    port[static_cast<std::size_t>(index / 32)] |= static_cast<unsigned>(on) << index % 32;
  }
}

template <typename Port>
bool get_bit(const Port& port, int index) {
  if constexpr (std::is_integral_v<Port>)
    return std::uint64_t{port} >> index & 1;
  else
    return port[static_cast<std::size_t>(index / 32)] >> index % 32 & 1;
}

using Picks = std::array<Pick, lanes>;

/// The same pick in every lane.
Picks all(const Pick& pick) {
  Picks picks;
  picks.fill(pick);
  return picks;
}

class Bench {
 public:
  explicit Bench(unsigned gates) {
    pe_.gate_operand_i = gates & 1;
    pe_.gate_sum_i = gates >> 1 & 1;
    pe_.gate_segment_i = gates >> 2 & 1;
    pe_.takes_i = 0;
    pe_.skip_zero_i = 1;
    drive(pe_.flush_i, false);
    drive(pe_.null_i, true);
    for (int i = 0; i < 4; ++i) clear();  // as after reset
    drive(pe_.null_i, false);
    pe_.takes_i = 1;
  }

  void clear() {
    drive(pe_.clear_i, true);
    drive(pe_.pick_valid_i, false);
    clock();
    drive(pe_.clear_i, false);
    expected_ = {};
  }
  void skip_zero(bool on) { pe_.skip_zero_i = skip_zero_ = on; }
  void inside(bool on) { pe_.takes_i = inside_ = on; }
  void store(int place, std::uint8_t code) {
    acts_[static_cast<std::size_t>(place)] = code;
    for (int b = 0; b < 8; ++b) set_bit(pe_.acts_i, b * places + place, code >> b & 1);
  }
  /// A cycle with picks, each of which becomes an operand in the next one if its activation is not zero.
  void pick(const Picks& picks) {
    for (int lane = 0; lane < lanes; ++lane) {
      const Pick& pick = picks[static_cast<std::size_t>(lane)];
      for (int place = 0; place < places; ++place)
        set_bit(pe_.pick_onehot_i, place * lanes + lane, pick.valid() && place == pick.place);
      set_bit(pe_.pick_valid_i, lane, pick.valid());
      set_bit(pe_.pick_negative_i, lane, pick.negative);
      for (int b = 0; b < weight_bits; ++b)
        set_bit(pe_.pick_weight_i, b * lanes + lane, pick.weight >> b & 1);
      set_bit(pe_.pick_high_i, lane, pick.high);
    }
    clock();
    pe_.eval();
    for (int lane = 0; lane < lanes; ++lane) {
      const Pick& pick = picks[static_cast<std::size_t>(lane)];
      const std::uint8_t code = acts_[static_cast<std::size_t>(pick.place)];
      const bool op = pick.valid() && inside_ && (!skip_zero_ || (code & 0x7f) != 0);
      INFO("lane " << lane);
      REQUIRE(get_bit(pe_.op_o, lane) == op);
      if (!op) continue;
      ++ops;
      const std::int64_t value = std::int64_t{wd::numerics::fp8_units(code)} * pick.magnitude();
      expected_[static_cast<std::size_t>(lane)] += pick.negative ? -value : value;
    }
  }
  void pick(const Pick& pick) { this->pick(all(pick)); }
  /// The end of a tile: shift the last operand, then two flush cycles.
  void finish() {
    drive(pe_.null_i, true);
    pick(Pick{});
    drive(pe_.null_i, false);
    drive(pe_.flush_i, true);
    clock();
    clock();
    drive(pe_.flush_i, false);
    pe_.eval();
    for (int lane = 0; lane < lanes; ++lane) {
      std::uint64_t sum = 0;
      for (int b = 0; b < acc_bits; ++b) sum |= std::uint64_t{get_bit(pe_.sum_o, b * lanes + lane)} << b;
      const auto raw = static_cast<std::int64_t>(sum - static_cast<std::uint64_t>(bias));
      INFO("lane " << lane);
      REQUIRE((raw << (64 - acc_bits) >> (64 - acc_bits)) == expected_[static_cast<std::size_t>(lane)]);
    }
  }
  /// Sum of lane 0.
  std::int64_t expected() const { return expected_[0]; }
  int ops = 0;

 private:
  template <typename Port>
  static void drive(Port& port, bool on) {
    for (int lane = 0; lane < lanes; ++lane) set_bit(port, lane, on);
  }
  void clock() {
    pe_.clk_i = 0;
    pe_.eval();
    pe_.clk_i = 1;
    pe_.eval();
    pe_.clk_i = 0;
    pe_.eval();
  }

  Vwd_walker_pe pe_;
  std::uint8_t acts_[places] = {};
  bool skip_zero_ = true, inside_ = true;
  std::array<std::int64_t, lanes> expected_ = {};
};

/// A magnitude that a row of this variant can have.
Pick random_pick(std::mt19937_64& random) {
  Pick pick{static_cast<int>(random() % places), 0, random() % 2 == 0, false};
  if (planes == 1) {
    const auto plane = random() % 3;
    pick.weight = plane == 2 ? 0 : plane == 1 ? 2 : 1;
    pick.high = plane == 2;
  } else if (planes == 2) {
    pick.high = random() % 3 == 0;
    pick.weight = pick.high ? 0 : static_cast<int>(random() % 3) + 1;
  } else {
    pick.weight = static_cast<int>(random() % 7) + 1;
  }
  return pick;
}

std::uint8_t random_code(std::mt19937_64& random, int style) {
  std::uint8_t code = 0;
  do {
    code = static_cast<std::uint8_t>(random());
    if (style == 1) code &= 0xbf;   // small exponents: the low segment works
    if (style == 2) code |= 0x40;   // large ones: it rests
  } while ((code & 0x7f) == 0x7f);  // not a number
  return random() % 3 == 0 ? static_cast<std::uint8_t>(code & 0x80) : code;
}

TEST_CASE("pe: operands and sums as the plain model, every clock gate on or off", "[rtl][oracle]") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Bench bench(seed % 8);
    for (int tile = 0; tile < 4; ++tile) {
      bench.clear();
      bench.skip_zero(random() % 4 != 0);
      const int style = static_cast<int>(random() % 3), idle = static_cast<int>(random() % 3);
      for (int cycle = 0; cycle < 150; ++cycle) {
        if (cycle % 40 == 0)
          for (int place = 0; place < places; ++place) bench.store(place, random_code(random, style));
        Picks picks;
        for (Pick& pick : picks) pick = static_cast<int>(random() % 4) < idle ? Pick{} : random_pick(random);
        bench.pick(picks);
      }
      bench.finish();
    }
    REQUIRE(bench.ops > 20);
  }
}

TEST_CASE("pe: a group outside of the tensor adds nothing", "[rtl]") {
  std::mt19937_64 random(1);
  Bench bench(7);
  bench.inside(false);
  bench.skip_zero(false);
  for (int place = 0; place < places; ++place) bench.store(place, 0x38);
  for (int cycle = 0; cycle < 100; ++cycle) bench.pick(random_pick(random));
  CHECK(bench.ops == 0);
}

TEST_CASE("pe: carries of the very last operand, and sums that change sign", "[rtl][oracle]") {
  for (unsigned gates = 0; gates < 8; ++gates) {
    Bench bench(gates);
    // 7 << 14 units is the largest power-free code 0x7e = 448; 18 of them pass 2^21, the top of low and middle.
    bench.store(0, 0x7e);
    bench.store(1, 0x01);  // one unit
    bench.store(2, 0x38);  // 1.0 = 8 << 6: no low bits in a segment of 6, some in one of 12
    for (bool negative : {false, true})
      for (int count = 1; count < 30; ++count) {
        bench.clear();
        for (int i = 0; i < count; ++i) bench.pick(Pick{0, 1, negative, false});
        bench.finish();
      }
    bench.clear();
    for (int i = 0; i < 200; ++i) {  // around zero: +1, -1 and +1.0, -1.0
      bench.pick(Pick{i % 4 < 2 ? 1 : 2, 1, i % 2 == 0, false});
      if (i % 7 == 0) bench.pick(Pick{});
    }
    bench.finish();
    // Exactly to the carry: 2^21 units are 2^21 / (7 << 14) operands and a rest of single units.
    for (int rest = -3; rest <= 3; ++rest) {
      bench.clear();
      for (int i = 0; i < 9; ++i) bench.pick(Pick{0, 1, false, false});
      const std::int64_t missing = (std::int64_t{1} << 21) - bench.expected() + rest;
      for (std::int64_t left = missing; left >= 512; left -= 512) bench.pick(Pick{2, 1, false, false});
      for (std::int64_t i = 0; i < missing % 512; ++i) bench.pick(Pick{1, 1, false, false});
      REQUIRE(bench.expected() == (std::int64_t{1} << 21) + rest);
      bench.finish();
    }
  }
}

TEST_CASE("pe: the whole range of the accumulator, -2^35 to 2^35 - 1", "[rtl][oracle]") {
  for (bool negative : {false, true}) {
    Bench bench(7);
    bench.store(0, 0x7e);
    bench.store(1, 0x01);
    bench.store(2, 0x38);
    const std::int64_t goal = (std::int64_t{1} << 35) - (negative ? 0 : 1);
    const std::int64_t large = std::int64_t{wd::numerics::fp8_units(0x7e)} * 4;
    std::int64_t left = goal;
    // An INT4's plane 2 where the row has one; else single planes.
    const Pick big = planes == 3 ? Pick{0, 4, negative, false} : Pick{0, 0, negative, true};
    for (; left >= large; left -= large) bench.pick(big);
    for (; left >= 512; left -= 512) bench.pick(Pick{2, 1, negative, false});
    for (; left > 0; --left) bench.pick(Pick{1, 1, negative, false});
    REQUIRE((negative ? -bench.expected() : bench.expected()) == goal);
    bench.finish();
  }
}

}  // namespace
