// SPDX-License-Identifier: Apache-2.0
// Dispatcher, walkers and PEs as one against plain sums of products, and against the counts that the documents give.
//
// Shape     32 PEs a group, four groups a set, three slots, two entries, pairs of planes.
// Source    docs/organisations/walker_sets.md (walk map, non-zero map, operands)
// Not       cycles: walker_dispatch_test.cpp, core_test.cpp
#include <Vwd_walker_sets.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string_view>
#include <vector>

#include "hw/arch/arch.hpp"
#include "hw/arch/isa.hpp"
#include "hw/numerics/fp8.hpp"
#include "testbench/rtl/cover.hpp"

using namespace wd;
using arch::Instr;

namespace {

constexpr int pes = 32, groups = 16, set_groups = 4, chunk = 16, window = 3, planes_per_row = 2,
              weight_rows = 64;
constexpr int acc_bits = 36, increment_bits = 24;
constexpr std::int64_t bias = std::int64_t{1} << 21;
constexpr unsigned all_positions = 0xffff;

struct Weight {
  int magnitude = 0;
  bool negative = false;
};
using Weights = std::array<std::array<Weight, chunk>, pes>;  // of a chunk
using Activations = std::array<std::array<std::uint8_t, chunk>, groups>;

/// What the counters get of a tile.
struct Counts {
  long walks = 0, operands = 0, rows = 0, chunks = 0, flushes = 0;
  bool operator==(const Counts&) const = default;
};

class Bench {
 public:
  Bench() { reset(); }

  int below(int limit) { return static_cast<int>(bits_() % static_cast<unsigned>(limit)); }

  void convolution(bool breaks) {
    new_convolution();
    model_.conv_i = 1;
    cycle();
    model_.conv_i = 0;
    const int tiles = 1 + below(3);
    for (int t = 0; t < tiles; ++t) {
      const bool last = t + 1 == tiles;
      new_tile();
      sets.hit("next tile of the same weights", t > 0);
      model_.setup_i = 1;
      cycle();
      model_.setup_i = 0;
      if (!run(breaks && last)) return reset();
      check_sums();
      for (int i = 0; i < 8; ++i) cycle();  // activity comes late
      REQUIRE(counted_ == expected_counts());
      model_.next_oc_i = last;
      cycle();
      model_.next_oc_i = 0;
    }
  }

  Cover array{
      "wd_walker_array",
      {"all switches on", "all switches off", "skip_zero_activations off", "skip_zero_weights off",
       "skip_zero_bits off", "gate_group off", "gate_walker off", "gate_operand off", "gate_sum off",
       "gate_segment off", "gates off alone", "no group inside", "one group inside", "some groups inside",
       "all groups inside", "one channel block", "all channel blocks", "tile without work", "reset in RUN"}};
  Cover set{"wd_walker_set",
            {"position of no group", "position of one group", "position of all groups", "sets differ"}};
  Cover group{"wd_walker_group",
              {"no activation", "all activations", "sum of 0", "positive sum", "negative sum",
               "sum beyond its low 22 bits", "negative sum beyond them", "outside, with activations"}};
  Cover walker{"wd_walker",
               {"row without a position", "row of all positions", "first position alone",
                "last position alone", "low half alone", "high half alone"}};
  Cover sets{"wd_walker_sets",
             {"one plane", "two planes", "three planes", "pooled", "one chunk", "many chunks", "one slot",
              "all slots", "chunk is late", "chunk is there", "no weight", "all weights",
              "next tile of the same weights"}};

  void check() const {
    CHECK(array.missed() == "");
    CHECK(set.missed() == "");
    CHECK(group.missed() == "");
    CHECK(walker.missed() == "");
    CHECK(sets.missed() == "");
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  void new_convolution() {
    conv_ = arch::make(arch::Op::Conv);
    do {
      conv_.planes = 1 + below(3), conv_.in_blocks = 1 + below(3);
      conv_.kernel_h = 1 + below(3), conv_.kernel_w = 1 + below(3);
    } while (conv_.planes * conv_.in_blocks * conv_.kernel_h * conv_.kernel_w > weight_rows);
    conv_.pooled = below(4) == 0;
    conv_.in_rows = conv_.pooled ? (conv_.kernel_h * conv_.kernel_w + 15) / 16 : 1;
    conv_.weight_row = 0;
    positions_ = conv_.pooled ? conv_.in_rows : conv_.kernel_h * conv_.kernel_w;
    const arch::InstrWord word = arch::encode(conv_);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[at(i / 2)] >> 32 * (i % 2));

    weights_.assign(at((conv_.pooled ? 1 : positions_) * conv_.in_blocks), {});
    const int kept = std::array{0, 5, 50, 100}[at(below(4))];  // of hundred
    for (Weights& of_chunk : weights_)
      for (auto& of_pe : of_chunk)
        for (Weight& weight : of_pe)
          if (below(100) < kept) weight = {1 + below((1 << conv_.planes) - 1), below(2) == 0};
    sets.hit("no weight", kept == 0);
    sets.hit("all weights", kept == 100);
    sets.hit(std::array{"one plane", "two planes", "three planes"}[at(conv_.planes - 1)]);
    sets.hit("pooled", conv_.pooled);
    sets.hit("one chunk", chunks() == 1);
    sets.hit("many chunks", chunks() > 20);
    new_switches();
  }

  void new_switches() {
    switches_ = arch::Switches{};
    const int kind = below(8);  // all on, all off, or any
    unsigned word = 0;
    int place = 0;
#define ARCH_SWITCH(name, sv, value, meaning)                 \
  switches_.name = kind == 0 || (kind != 1 && below(3) != 0); \
  word |= static_cast<unsigned>(switches_.name) << place++;
#include "hw/arch/switches.def"
    model_.switches_i = word;
    slots_ = 1 + below(window);
    model_.window_i = static_cast<unsigned>(slots_);
    array.hit("all switches on", kind == 0);
    array.hit("all switches off", kind == 1);
    array.hit("skip_zero_activations off", !switches_.skip_zero_activations);
    array.hit("skip_zero_weights off", !switches_.skip_zero_weights);
    array.hit("skip_zero_bits off", !switches_.skip_zero_bits);
    array.hit("gate_group off", !switches_.gate_group);
    array.hit("gate_walker off", !switches_.gate_walker);
    array.hit("gate_operand off", !switches_.gate_operand && switches_.gate_sum);
    array.hit("gate_sum off", switches_.gate_operand && !switches_.gate_sum);
    array.hit("gate_segment off", !switches_.gate_segment);
    const bool skips =
        switches_.skip_zero_activations && switches_.skip_zero_weights && switches_.skip_zero_bits;
    array.hit("gates off alone",
              skips && !(switches_.gate_group && switches_.gate_walker && switches_.gate_sum));
    sets.hit("one slot", slots_ == 1);
    sets.hit("all slots", slots_ == window);
  }

  void new_tile() {
    const int kind = below(4);
    inside_ = kind == 0 ? all_positions : kind == 1 ? bits_() & all_positions : (1u << (1 + below(16))) - 1;
    if (below(16) == 0) inside_ = 0;
    blocks_ = 1 + below(2);
    const int style = below(6), kept = std::array{0, 10, 60, 100}[at(below(4))];
    activations_.assign(at(chunks()), {});
    for (Activations& of_chunk : activations_)
      for (int g = 0; g < groups; ++g)
        for (int i = 0; i < chunk; ++i) {
          std::uint8_t code = below(2) == 0 ? 0x80 : 0;  // a zero of either sign
          if (below(100) < kept) code = static_cast<std::uint8_t>(bits_());
          if ((code & 0x7f) == 0x7f) code = 0x7e;
          if (style == 0 && g % set_groups != 1) code &= 0x80;  // one group of a set
          if (style == 1 && g < set_groups) code = 0;           // not the first set
          if (style == 2 && i != 0) code = 0;
          if (style == 3 && i != chunk - 1) code = 0;
          if (style == 4) code |= 0x70, code &= 0x7e;  // large and positive
          of_chunk[at(g)][at(i)] = (inside_ >> g & 1) != 0 || below(2) == 0 ? code : 0;
        }
    // What fetch stages for a group outside is zeros.
    for (Activations& of_chunk : activations_)
      for (int g = 0; g < groups; ++g)
        if ((inside_ >> g & 1) == 0) of_chunk[at(g)].fill(0);
    model_.inside_i = inside_;
    model_.blocks_i = static_cast<unsigned>(blocks_);
    counted_ = {};
    array.hit("no group inside", inside_ == 0);
    array.hit("one group inside", inside_ != 0 && (inside_ & (inside_ - 1)) == 0);
    array.hit("some groups inside", inside_ != 0 && inside_ != all_positions);
    array.hit("all groups inside", inside_ == all_positions);
    array.hit("one channel block", blocks_ == 1);
    array.hit("all channel blocks", blocks_ == 2);
  }

  int chunks() const { return positions_ * conv_.in_blocks; }
  const Weights& weights_of(int number) const {
    return weights_[at(conv_.pooled ? number % conv_.in_blocks : number)];
  }

  /// @return whether it came to its end
  bool run(bool breaks) {
    model_.run_i = model_.run_first_i = 1;
    next_chunk_ = 0, ready_in_ = below(6);
    const int stop = breaks ? 1 + below(12) : -1;
    for (int i = 0;; ++i) {
      REQUIRE(i < 20000);
      if (i == stop) {
        array.hit("reset in RUN");
        model_.run_i = model_.run_first_i = 0;
        return false;
      }
      const bool done = cycle();
      model_.run_first_i = 0;
      if (done) break;
    }
    model_.run_i = 0;
    REQUIRE(next_chunk_ == chunks());
    return true;
  }

  /// @return whether it is the last of RUN
  bool cycle() {
    const bool there = model_.run_i && next_chunk_ < chunks() && ready_in_ <= 0;
    model_.chunk_ready_i = there;
    for (int g = 0; g < groups; ++g)
      for (int i = 0; i < chunk; i += 4) {
        std::uint32_t four = static_cast<std::uint32_t>(bits_());  // before a chunk is ready: anything
        for (int j = 0; j < 4 && there; ++j) {
          const std::uint32_t code = activations_[at(next_chunk_)][at(g)][at(i + j)];
          four = (four & ~(0xffu << 8 * j)) | code << 8 * j;
        }
        model_.staged_i[(g * chunk + i) / 4] = four;
      }
    model_.clk_i = 0;
    model_.eval();
    const bool done = model_.done_o, consumed = model_.consumed_o, reads = model_.read_o;
    const int row = static_cast<int>(model_.read_row_o), count = static_cast<int>(model_.read_count_o);
    REQUIRE((!consumed || there));
    sets.hit("chunk is there", consumed);
    sets.hit("chunk is late", model_.run_i && !there && next_chunk_ < chunks());
    counted_.walks += increment("walk_ops");
    counted_.operands += increment("bit_ops");
    counted_.rows += increment("rows_issued");
    counted_.chunks += increment("chunks_issued");
    counted_.flushes += increment("flush_ops");
    model_.clk_i = 1;
    model_.eval();
    if (reads) give_rows(row, count);
    --ready_in_;
    if (consumed) ++next_chunk_, ready_in_ = 1 + (below(2) == 0 ? 0 : below(12));
    return done;
  }

  long increment(std::string_view name) const {
    const arch::Counters counters;
    int number = 0, counter = -1;
    arch::for_each_counter(counters, [&](std::string_view known, auto) {
      if (known == name) counter = number;
      ++number;
    });
    long value = 0;
    for (int i = 0; i < increment_bits; ++i) {
      const int bit = counter * increment_bits + i;
      value |= static_cast<long>(model_.activity_o[bit / 32] >> bit % 32 & 1) << i;
    }
    return value;
  }

  /// The word of a plane: {sign, mask}; where another plane alone is set, the sign says so.
  unsigned word_of(const std::array<Weight, chunk>& weights, int plane) const {
    unsigned word = 0;
    for (int i = 0; i < chunk; ++i) {
      const Weight& weight = weights[at(i)];
      const bool in_plane = weight.magnitude >> plane & 1;
      word |= static_cast<unsigned>(in_plane) << i;
      word |= static_cast<unsigned>(weight.magnitude != 0 && (!in_plane || weight.negative)) << (chunk + i);
    }
    return word;
  }
  void give_rows(int row, int count) {
    for (int j = 0; j < planes_per_row; ++j)
      for (int p = 0; p < pes; ++p) {
        const int number = (row + j) / conv_.planes;
        const bool known = j < count && number < static_cast<int>(weights_.size());
        model_.row_i[j * pes + p] = known ? word_of(weights_[at(number)][at(p)], (row + j) % conv_.planes)
                                          : static_cast<std::uint32_t>(bits_());
      }
  }

  void check_sums() {
    model_.eval();
    for (int g = 0; g < groups; ++g)
      for (int p = 0; p < 16 * blocks_ && (inside_ >> g & 1) != 0; ++p) {
        std::int64_t sum = 0;
        for (int k = 0; k < chunks(); ++k)
          for (int i = 0; i < chunk; ++i) {
            const Weight& weight = weights_of(k)[at(p)][at(i)];
            const std::int64_t product =
                std::int64_t{numerics::fp8_units(activations_[at(k)][at(g)][at(i)])} * weight.magnitude;
            sum += weight.negative ? -product : product;
          }
        std::uint64_t raw = 0;
        for (int k = 0; k < acc_bits; ++k) {
          const int bit = (g * acc_bits + k) * pes + p;
          raw |= static_cast<std::uint64_t>(model_.sums_o[bit / 32] >> bit % 32 & 1) << k;
        }
        const auto got = static_cast<std::int64_t>((raw - bias) << (64 - acc_bits)) >> (64 - acc_bits);
        if (got != sum) {
          INFO("group " << g << ", PE " << p << ": " << arch::disassemble(conv_));
          REQUIRE(got == sum);
        }
        group.hit("sum of 0", sum == 0);
        group.hit("positive sum", sum > 0);
        group.hit("negative sum", sum < 0);
        group.hit("sum beyond its low 22 bits", sum >= bias);
        group.hit("negative sum beyond them", sum < -bias);
      }
  }

  /// As the documents define walk maps, non-zero maps and operands.
  Counts expected_counts() {
    Counts counts;
    counts.chunks = chunks();
    counts.rows = long{chunks()} * conv_.planes;
    counts.flushes = 2L * blocks_ * 16 * __builtin_popcount(inside_);
    for (int k = 0; k < chunks(); ++k) {
      std::array<unsigned, groups> nonzero{};
      for (int g = 0; g < groups; ++g) nonzero[at(g)] = nonzero_of(k, g);
      note_maps(nonzero);
      for (int first = 0; first < conv_.planes; first += planes_per_row)
        for (int p = 0; p < 16 * blocks_; ++p) {
          unsigned set_bits = 0, weights = 0;
          for (int i = 0; i < chunk; ++i) {
            const int magnitude = weights_of(k)[at(p)][at(i)].magnitude;
            set_bits |= static_cast<unsigned>((magnitude >> first & 3) != 0) << i;
            weights |= static_cast<unsigned>(magnitude != 0) << i;
          }
          const unsigned zeros = !switches_.skip_zero_weights && first == 0 ? all_positions & ~weights : 0;
          const unsigned walk = switches_.skip_zero_bits      ? set_bits | zeros
                                : switches_.skip_zero_weights ? weights
                                                              : all_positions;
          for (int s = 0; s < groups; s += set_groups) {
            unsigned of_set = 0;
            for (int g = s; g < s + set_groups; ++g) of_set |= nonzero[at(g)];
            note_walk(walk & of_set);
            counts.walks += __builtin_popcount(walk & of_set);
          }
          for (int g = 0; g < groups; ++g) counts.operands += __builtin_popcount(set_bits & nonzero[at(g)]);
        }
    }
    array.hit("tile without work", counts.walks == 0);
    return counts;
  }
  unsigned nonzero_of(int k, int g) const {
    const bool inside = inside_ >> g & 1;
    if (!switches_.skip_zero_activations) return inside ? all_positions : 0;
    unsigned map = 0;
    for (int i = 0; i < chunk; ++i)
      map |= static_cast<unsigned>((activations_[at(k)][at(g)][at(i)] & 0x7f) != 0) << i;
    return map;
  }
  void note_maps(const std::array<unsigned, groups>& nonzero) {
    unsigned first_set = 0, last_set = 0;
    for (int s = 0; s < groups; s += set_groups) {
      unsigned any = 0, all = all_positions, several = 0;
      for (int g = s; g < s + set_groups; ++g) {
        several |= any & nonzero[at(g)];
        any |= nonzero[at(g)], all &= nonzero[at(g)];
        group.hit("no activation", nonzero[at(g)] == 0);
        group.hit("all activations", nonzero[at(g)] == all_positions);
        group.hit("outside, with activations", (inside_ >> g & 1) == 0 && inside_ != 0);
      }
      set.hit("position of no group", any != all_positions);
      set.hit("position of one group", (any & ~several) != 0);
      set.hit("position of all groups", all != 0);
      (s == 0 ? first_set : last_set) = any;
    }
    set.hit("sets differ", first_set != last_set);
  }
  void note_walk(unsigned map) {
    walker.hit("row without a position", map == 0);
    walker.hit("row of all positions", map == all_positions);
    walker.hit("first position alone", map == 1);
    walker.hit("last position alone", map == 1u << (chunk - 1));
    walker.hit("low half alone", map != 0 && map >> chunk / 2 == 0);
    walker.hit("high half alone", map != 0 && (map & ((1u << chunk / 2) - 1)) == 0);
  }

  void reset() {
    model_.conv_i = model_.next_oc_i = model_.setup_i = model_.run_first_i = model_.run_i = 0;
    model_.rst_ni = 0;
    cycle();
    model_.rst_ni = 1;
    for (int i = 0; i < 8; ++i) cycle();
  }

  std::mt19937_64 bits_{37};
  Vwd_walker_sets model_;
  Instr conv_;
  arch::Switches switches_;
  int positions_ = 0, slots_ = 1, blocks_ = 1, next_chunk_ = 0, ready_in_ = 0;
  unsigned inside_ = 0;
  std::vector<Weights> weights_;          // by chunk; of a pooled CONV by channel block
  std::vector<Activations> activations_;  // by chunk
  Counts counted_;
};

TEST_CASE("walker sets: sums are plain sums, counts those of the documents, whatever is skipped and gated",
          "[rtl][oracle]") {
  Bench bench;
  for (int i = 0; i < 150; ++i) bench.convolution(bench.below(10) == 0);
  bench.check();
}

}  // namespace
