// SPDX-License-Identifier: Apache-2.0
// What is coded for the chip's decoder comes out of it as rows; what is damaged ends with a cause.
#include "hw/formats/stream/chip_stream.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/formats/stream/chip_decoder.hpp"
#include "hw/formats/stream/chip_weights.hpp"

namespace {

using namespace wd;
using namespace wd::stream;

/// All rows of a burst, a beat in each cycle in which it is ready.
std::vector<ChipDecoder::Row> decode(const Bytes& bytes, ChipDecoder& decoder, int most_cycles = 1000000) {
  std::vector<ChipDecoder::Row> rows;
  std::size_t at = 0;
  decoder.start();
  for (int cycle = 0; decoder.busy() && cycle < most_cycles; ++cycle) {
    if (auto row = decoder.row()) rows.push_back(*row);
    const bool beat = decoder.ready() && at < bytes.size();
    decoder.clock(beat ? &bytes[at] : nullptr);
    if (beat) at += chip_beat_bytes;
  }
  return rows;
}

TEST_CASE("chip stream: rows are those of the weights, for every shape", "[stream][round-trip]") {
  std::mt19937_64 random_bits(5);
  for (int round = 0; round < 200; ++round) {
    const ChipDecoderShape shape{1 << random_bits() % 6, 16 << random_bits() % 3, 8, true};
    const ChipWeights weights = random_chip_weights(random_bits, true);
    INFO("round " << round << ", " << shape.decoders << " decoders, " << shape.entries << " entries, planes "
                  << weights.planes << ", signs " << weights.has_signs << ", frozen " << weights.frozen
                  << ", chunks " << weights.chunks << " + " << weights.narrow_chunks << " of "
                  << weights.narrow_channels);
    ChipDecoder decoder(shape);
    const auto rows = decode(encode_chip(weights, shape, "test"), decoder);
    REQUIRE(decoder.fault() == ChipFault::none);
    const auto expected = expected_rows(weights);
    REQUIRE(rows.size() == expected.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      INFO("row " << r);
      REQUIRE(rows[r].mask == expected[r].mask);
      REQUIRE(rows[r].sign == expected[r].sign);
    }
  }
}

TEST_CASE("chip stream: damaged bursts end with a cause or as other weights, never otherwise",
          "[stream][bad-input]") {
  std::mt19937_64 random_bits(6);
  std::array<int, 7> faults{};
  for (int round = 0; round < 2000; ++round) {
    const ChipDecoderShape shape{1 << random_bits() % 6, 64, 8, true};
    const ChipWeights weights = random_chip_weights(random_bits, true);
    const Bytes bytes = damage(encode_chip(weights, shape, "test"), random_bits);
    ChipDecoder decoder(shape);
    decode(bytes, decoder);
    if (!decoder.busy()) ++faults[static_cast<std::size_t>(decoder.fault())];
  }
  for (std::size_t cause = 0; cause < faults.size(); ++cause) {
    INFO("cause " << cause);
    CHECK(faults[cause] > 0);
  }
}

TEST_CASE("chip stream: a code keeps the limits of the decoder that it is for, or is refused by name",
          "[stream][message]") {
  std::mt19937_64 random_bits(7);
  int coded = 0, refused = 0, longest = 0;
  for (int round = 0; round < 300; ++round) {
    const ChipDecoderShape shape{1 << random_bits() % 6, 4 << random_bits() % 5, 8, true};
    const ChipWeights weights = random_chip_weights(random_bits, true);
    INFO("round " << round << ", " << shape.decoders << " decoders, " << shape.entries << " entries");
    Bytes bytes;
    try {
      bytes = encode_chip(weights, shape, "layer conv1");
    } catch (const Error& error) {
      CHECK_THAT(error.what(),
                 Catch::StartsWith("layer conv1: no code of ") &&
                     Catch::Contains(text("the decoder's table of ", shape.entries, " entries")));
      CHECK(shape.entries < 16);  // 7 levels with two signs and the escape always fit
      ++refused;
      continue;
    }
    const ChipHeader header = read_header(bytes.data());
    CHECK(header.entries <= shape.entries);
    CHECK(usable(header, shape));
    int entries = 0;
    for (int length = 1; length < chip_beat_bytes + 1; ++length) {
      const int count = bytes[static_cast<std::size_t>(chip_beat_bytes + length - 1)];
      entries += count;
      if (count == 0) continue;
      CHECK(length + header.raw_log <= chip_code_bits);
      longest = std::max(longest, length + header.raw_log);
    }
    CHECK(entries == header.entries);
    ++coded;
  }
  CHECK(coded > 100);
  CHECK(refused > 5);
  CHECK(longest >= 8);
}

TEST_CASE("chip stream: a burst that is too long is refused by name", "[stream][message]") {
  ChipWeights weights;
  weights.chunks = 65536;
  CHECK_THROWS_WITH(encode_chip(weights, {}, "layer 'conv1', burst 2"),
                    Catch::Contains("layer 'conv1', burst 2: 65536 chunks in a coded burst, at most 65535"));
}

}  // namespace
