// SPDX-License-Identifier: Apache-2.0
// The weight decoder in RTL against its C++ model, cycle for cycle: every kind of burst, damaged ones, beats that come when they like.
#include <Vwd_decoder.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "hw/formats/stream/chip_decoder.hpp"
#include "hw/formats/stream/chip_weights.hpp"
#include "testbench/rtl/cover.hpp"

namespace {

using namespace wd;
using namespace wd::stream;

constexpr ChipDecoderShape shape{DECODER_DECODERS, DECODER_ENTRIES, DECODER_SIGNERS, DECODER_FREEZE != 0};

struct Bench {
  std::unique_ptr<Vwd_decoder> rtl = std::make_unique<Vwd_decoder>();
  ChipDecoder model{shape};
  int rows = 0, cycles = 0;              // of a burst
  bool waited = false, held_up = false;  // the decoder for a beat, a beat for the decoder; in a burst
  bool rows_follow = false, was_row = false;
  int counted_rows = 0, counted_cycles = 0;  // by the model, of all

  Bench() {
    rtl->rst_ni = 0;
    tick();
    rtl->rst_ni = 1;
    tick();
  }
  void tick() {
    rtl->eval();  // a clock gate looks before the edge
    rtl->clk_i = 1;
    rtl->eval();
    rtl->clk_i = 0;
    rtl->eval();
  }
  void start() {
    rtl->valid_i = 0;
    rtl->start_i = 1;
    tick();
    rtl->start_i = rtl->ended_i = 0;
    model.start();
  }
  /// A cycle in both. @return whether the beat has been taken
  bool cycle(const std::uint8_t* beat) {
    rtl->valid_i = beat != nullptr;
    for (int word = 0; beat != nullptr && word < 4; ++word) {
      rtl->beat_i[word] = 0;
      for (int byte = 0; byte < 4; ++byte)
        rtl->beat_i[word] |= static_cast<std::uint32_t>(beat[word * 4 + byte]) << 8 * byte;
    }
    rtl->eval();
    INFO("cycle " << cycles << ", row " << rows);
    const auto row = model.row();
    if ((rtl->busy_o != 0) != model.busy() || (rtl->ready_o != 0) != model.ready() ||
        (rtl->row_valid_o != 0) != row.has_value() || rtl->fault_o != static_cast<unsigned>(model.fault())) {
      REQUIRE((rtl->busy_o != 0) == model.busy());
      REQUIRE((rtl->ready_o != 0) == model.ready());
      REQUIRE((rtl->row_valid_o != 0) == row.has_value());
      REQUIRE(rtl->fault_o == static_cast<unsigned>(model.fault()));
    }
    if (row) {
      for (std::size_t c = 0; c < chip_channels; ++c) {
        const std::uint32_t word = static_cast<std::uint32_t>(row->sign[c]) << 16 | row->mask[c];
        if (rtl->row_o[c] == word) continue;
        INFO("channel " << c);
        REQUIRE(rtl->row_o[c] == word);
      }
      ++rows;
    }
    const bool taken = beat != nullptr && model.ready();
    held_up = held_up || (beat != nullptr && model.busy() && !model.ready());
    rows_follow = rows_follow || (was_row && row);
    was_row = row.has_value();
    const ChipActivity before = model.activity();
    model.clock(taken ? beat : nullptr);
    if (rtl->words_taken_o != model.activity().words - before.words ||
        rtl->group_taken_o != model.activity().sign_groups - before.sign_groups) {
      CHECK(rtl->words_taken_o == model.activity().words - before.words);
      REQUIRE(rtl->group_taken_o == model.activity().sign_groups - before.sign_groups);
    }
    counted_rows += static_cast<int>(model.activity().rows - before.rows);
    counted_cycles += static_cast<int>(model.activity().cycles - before.cycles);
    tick();
    ++cycles;
    return taken;
  }
  /// A burst, beats offered with a chance of `percent` a cycle, until it has ended or `most_cycles` have passed. @param tell when the
  /// last one has been taken
  void burst(const Bytes& bytes, std::mt19937_64& random_bits, unsigned percent, int most_cycles,
             bool tell = false) {
    start();
    rows = cycles = 0;
    waited = held_up = rows_follow = false;
    for (std::size_t at = 0; model.busy() && cycles < most_cycles;) {
      const bool offered = at < bytes.size() && random_bits() % 100 < percent;
      waited = waited || (!offered && at < bytes.size() && model.ready());
      if (cycle(offered ? &bytes[at] : nullptr)) at += chip_beat_bytes;
      if (!tell || at < bytes.size()) continue;
      rtl->ended_i = 1;
      model.end();
    }
  }
};

unsigned random_percent(std::mt19937_64& random_bits) {
  return std::array{100U, 100U, 60U, 15U}[random_bits() % 4];
}

void note(wd::Cover& cover, const ChipWeights& weights) {
  cover.hit("one plane", weights.planes == 1);
  cover.hit("two planes", weights.planes == 2);
  cover.hit("three planes", weights.planes == 3);
  cover.hit("no signs", !weights.has_signs && !weights.random_signs);
  cover.hit("signs in the code", weights.has_signs);
  cover.hit("random signs", weights.random_signs);
  cover.hit("whole chunks only", weights.narrow_chunks == 0);
  cover.hit("narrow chunks only", weights.chunks == 0);
  cover.hit("whole and narrow chunks", weights.chunks > 0 && weights.narrow_chunks > 0);
  cover.hit("few channels of a narrow chunk", weights.narrow_chunks > 0 && weights.narrow_channels < 8);
  cover.hit("most channels of a narrow chunk", weights.narrow_chunks > 0 && weights.narrow_channels > 48);
  cover.hit("one chunk", weights.chunks + weights.narrow_chunks == 1);
  const auto zero = [](std::uint8_t code) { return (code & 0x7f) == 0; };
  const bool none = std::all_of(weights.codes.begin(), weights.codes.end(), zero);
  cover.hit("no weight in a burst", none);
  cover.hit("a weight in each place", std::none_of(weights.codes.begin(), weights.codes.end(), zero));
}

TEST_CASE("decoder: rows and cycles are the model's, whenever beats come", "[rtl][oracle]") {
  std::mt19937_64 random_bits(21);
  wd::Cover cover{"wd_decoder",
                  {"one plane", "two planes", "three planes", "no signs", "signs in the code", "random signs",
                   "whole chunks only", "narrow chunks only", "whole and narrow chunks",
                   "few channels of a narrow chunk", "most channels of a narrow chunk", "one chunk",
                   "no weight in a burst", "a weight in each place", "beats as soon as they are wanted",
                   "decoder waits for a beat", "beat waits for the decoder", "rows in cycles that follow"}};
  wd::Cover frozen{"wd_decoder_generator",
                   {"frozen weights", "frozen weights with random signs", "no weight frozen or pruned",
                    "all weights pruned", "no weight free"}};
  const bool freezes = shape.freeze;
  Bench bench;
  int all_rows = 0, all_cycles = 0;
  for (int round = 0; round < 80; ++round) {
    const ChipWeights weights = random_chip_weights(random_bits, shape.freeze);
    INFO("round " << round << ", planes " << weights.planes << ", signs " << weights.has_signs << ", frozen "
                  << weights.frozen << ", chunks " << weights.chunks << " + " << weights.narrow_chunks
                  << " of " << weights.narrow_channels);
    bench.burst(encode_chip(weights, shape, "test"), random_bits, random_percent(random_bits), 1000000);
    REQUIRE(bench.model.fault() == ChipFault::none);
    REQUIRE(bench.rows == (weights.chunks + weights.narrow_chunks) * weights.planes);
    all_rows += bench.rows;
    all_cycles += bench.cycles;
    note(cover, weights);
    cover.hit("beats as soon as they are wanted", !bench.waited);
    cover.hit("decoder waits for a beat", bench.waited);
    cover.hit("beat waits for the decoder", bench.held_up);
    cover.hit("rows in cycles that follow", bench.rows_follow);
    const ChipGenerator& generator = weights.generator;
    frozen.hit("frozen weights", weights.frozen || !freezes);
    frozen.hit("frozen weights with random signs", (weights.frozen && weights.random_signs) || !freezes);
    frozen.hit("no weight frozen or pruned", (weights.frozen && generator.frozen == 0) || !freezes);
    frozen.hit("all weights pruned", (weights.frozen && generator.pruned == freeze_one) || !freezes);
    frozen.hit("no weight free", (weights.frozen && generator.frozen == freeze_one) || !freezes);
  }
  CHECK(cover.missed() == "");
  CHECK(frozen.missed() == "");
  CHECK(bench.counted_rows == all_rows);
  CHECK(bench.counted_cycles == all_cycles);
}

TEST_CASE("decoder: damaged bursts end in the model's cycle with its cause, and the next one is whole",
          "[rtl][bad-input]") {
  std::mt19937_64 random_bits(22);
  wd::Cover cover{
      "wd_decoder",
      {"no fault", "header", "table", "code", "cut", "overrun", "excess", "start ends a burst that waits"}};
  static constexpr std::array causes{"no fault", "header", "table", "code", "cut", "overrun", "excess"};
  Bench bench;
  for (int round = 0; round < 800; ++round) {
    INFO("round " << round);
    const Bytes bytes =
        damage(encode_chip(random_chip_weights(random_bits, shape.freeze), shape, "test"), random_bits);
    // Some claim more chunks than they have beats: they wait, and the next start ends them.
    bench.burst(bytes, random_bits, random_percent(random_bits), 3000);
    cover.hit(bench.model.busy() ? "start ends a burst that waits"
                                 : causes[static_cast<std::size_t>(bench.model.fault())]);
  }
  CHECK(cover.missed() == "");
}

TEST_CASE("decoder: a burst that is cut off ends as cut, one that is whole as without being told",
          "[rtl][bad-input]") {
  std::mt19937_64 random_bits(24);
  Bench bench;
  int cut = 0;
  for (int round = 0; round < 200; ++round) {
    INFO("round " << round);
    Bytes bytes = encode_chip(random_chip_weights(random_bits, shape.freeze), shape, "test");
    const std::size_t beats = bytes.size() / chip_beat_bytes, left = 1 + random_bits() % beats;
    bytes.resize(left * chip_beat_bytes);
    bench.burst(bytes, random_bits, random_percent(random_bits), 1000000, true);
    REQUIRE(!bench.model.busy());
    REQUIRE(bench.model.fault() == (left == beats ? ChipFault::none : ChipFault::cut));
    cut += left != beats;
  }
  CHECK(cut > 100);
}

/// A complete code of so many words, none longer than `longest`. @return how many have each length, from 1 on
std::array<std::uint8_t, chip_code_bits> random_lengths(int words, int longest,
                                                        std::mt19937_64& random_bits) {
  std::array<std::uint8_t, chip_code_bits> counts{};
  if (words == 1) {
    counts[0] = 1;
    return counts;
  }
  std::vector<int> lengths{1, 1};
  while (static_cast<int>(lengths.size()) < words) {
    int& split = lengths[random_bits() % lengths.size()];
    if (split == longest) continue;
    const int length = ++split;
    lengths.push_back(length);
  }
  for (const int length : lengths) ++counts[static_cast<std::size_t>(length - 1)];
  return counts;
}

/// A burst of random words with a table of this shape. @param escape whether it has one
Bytes burst_of(ChipHeader header, bool escape, std::mt19937_64& random_bits) {
  const int longest = chip_code_bits - header.raw_log;
  const auto counts = random_lengths(header.entries, longest, random_bits);
  if (escape) {  // one of the code words, as canonical codes count them
    auto at = static_cast<int>(random_bits() % static_cast<unsigned>(header.entries));
    int next = 0;
    for (int length = 1; length <= chip_code_bits; ++length) {
      next <<= 1;
      const int count = counts[static_cast<std::size_t>(length - 1)];
      if (at >= 0 && at < count) {
        header.escape_bits = length;
        header.escape_code = (next + at) << (chip_code_bits - length);
      }
      at -= count;
      next += count;
    }
  }
  header.words = static_cast<std::uint32_t>(random_bits() % 200);
  Bytes bytes;
  header.write(bytes);
  bytes.insert(bytes.end(), counts.begin(), counts.end());
  const auto random_up_to = [&](std::size_t size) {
    while (bytes.size() < size) bytes.push_back(static_cast<std::uint8_t>(random_bits()));
  };
  bytes.resize(2 * chip_beat_bytes);
  const auto symbol_beats =
      static_cast<std::size_t>((header.entries + chip_beat_symbols - 1) / chip_beat_symbols);
  random_up_to(bytes.size() + symbol_beats * chip_beat_bytes);
  if (header.random_signs || header.frozen) {
    ChipGenerator generator{random_bits(), static_cast<std::uint32_t>(random_bits()),
                            1 + header.narrow_chunks % 3};
    generator.freeze_key = random_bits();
    generator.pruned = 20000, generator.frozen = 40000, generator.level = 1;
    generator.write(bytes, header);
  }
  random_up_to(bytes.size() + (header.words + 7) / 8 * chip_beat_bytes);
  return bytes;
}

TEST_CASE("decoder: every legal shape of a table, on random words", "[rtl][oracle]") {
  std::mt19937_64 random_bits(25);
  wd::Cover table{"wd_decoder_table",
                  {"one code word", "16 code words", "17 code words", "most code words", "escape",
                   "no escape", "code words of more than 6 bits"}};
  wd::Cover unit{
      "wd_decoder_unit",
      {"run limit 2^0", "run limit 2^1", "run limit 2^2", "run limit 2^3", "run limit 2^4", "run limit 2^5",
       "run limit 2^6", "run limit 2^7", "0 raw bits", "1 raw bits", "2 raw bits", "3 raw bits", "no word"}};
  Bench bench;
  std::array<int, 7> faults{};
  for (int shape_number = 0; shape_number < 3 * 3 * 8 * 4 * 2; ++shape_number) {
    int left = shape_number;
    const auto next = [&](int choices) { return std::exchange(left, left / choices) % choices; };
    ChipHeader header;
    header.planes = 1 + next(3);
    const int signs = next(3);
    header.has_signs = signs == 1;
    header.random_signs = signs == 2;
    header.frozen = shape.freeze && signs == 0 && random_bits() % 2 == 0;
    header.run_log = next(8);
    header.raw_log = next(4);
    const bool escape = next(2) != 0;
    const int edge = std::array{1, 2, 16, 17, shape.entries}[random_bits() % 5];
    header.entries = random_bits() % 2 == 0
                         ? std::min(edge, shape.entries)
                         : 1 + static_cast<int>(random_bits() % static_cast<unsigned>(shape.entries));
    header.chunks = static_cast<int>(random_bits() % 3);
    header.narrow_chunks = header.chunks == 0 ? 1 : static_cast<int>(random_bits() % 2);
    header.narrow_channels = 1 + static_cast<int>(random_bits() % chip_channels);
    INFO("planes " << header.planes << ", signs " << signs << ", frozen " << header.frozen << ", run limit 2^"
                   << header.run_log << ", raw bits " << header.raw_log << ", escape " << escape
                   << ", code words " << header.entries);
    table.hit("one code word", header.entries == 1);
    table.hit("16 code words", header.entries == 16);
    table.hit("17 code words", header.entries == 17 || shape.entries == 16);
    table.hit("most code words", header.entries == shape.entries);
    table.hit("escape", escape);
    table.hit("no escape", !escape);
    unit.hit("run limit 2^" + std::to_string(header.run_log));
    unit.hit(std::to_string(header.raw_log) + " raw bits");
    const unsigned percent = random_percent(random_bits);
    const Bytes bytes = burst_of(header, escape, random_bits);
    unit.hit("no word", (bytes[8] | bytes[9]) == 0);
    const auto lengths = bytes.begin() + chip_beat_bytes;
    table.hit("code words of more than 6 bits",
              std::any_of(lengths + 6, lengths + chip_code_bits, [](std::uint8_t n) { return n != 0; }));
    bench.burst(bytes, random_bits, percent, 100000, true);
    REQUIRE(!bench.model.busy());
    ++faults[static_cast<std::size_t>(bench.model.fault())];
    REQUIRE(bench.model.fault() != ChipFault::header);
    REQUIRE(bench.model.fault() != ChipFault::table);
  }
  CHECK(table.missed() == "");
  CHECK(unit.missed() == "");
  CHECK(faults[static_cast<std::size_t>(ChipFault::none)] > 0);
  CHECK(faults[static_cast<std::size_t>(ChipFault::overrun)] > 0);
  CHECK(faults[static_cast<std::size_t>(ChipFault::excess)] > 0);
}

TEST_CASE("decoder: random beats, and a reset at any time", "[rtl][bad-input]") {
  std::mt19937_64 random_bits(23);
  Bench bench;
  for (int round = 0; round < 150; ++round) {
    INFO("round " << round);
    Bytes bytes = encode_chip(random_chip_weights(random_bits, shape.freeze), shape, "test");
    for (std::size_t at = chip_beat_bytes * 4; at < bytes.size(); ++at)
      bytes[at] = static_cast<std::uint8_t>(random_bits());
    bench.burst(bytes, random_bits, 90, static_cast<int>(random_bits() % 400));
    if (round % 3 != 0) continue;
    bench.rtl->rst_ni = 0;
    bench.tick();
    bench.rtl->rst_ni = 1;
    bench.model = ChipDecoder(shape);
    bench.cycle(nullptr);
  }
}

}  // namespace
