// SPDX-License-Identifier: Apache-2.0
// Bursts whose beats come at any times, again and again: the same cycles as from the decoder's clock alone.
#include "sim/fast/known_decodings.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "hw/formats/stream/chip_weights.hpp"

namespace wd::sim::fast {
namespace {

using Random = std::mt19937_64;

/// When memory has each beat, from the burst's start on; one is on the port behind the one before.
using Times = std::vector<std::uint64_t>;

Times draw_times(std::size_t beats, Random& random) {
  const std::uint64_t latency = 1 + random() % 40,
                      gap = std::array<std::uint64_t, 4>{1, 3, 6, 20}[random() % 4];
  Times times;
  for (std::size_t i = 0; i < beats; ++i) times.push_back((i == 0 ? latency : times.back()) + random() % gap);
  return times;
}

/// @return the cycles in which beats are taken, and the last one; what was counted
template <typename Clock>
Times cycles(Clock& clock, std::uint64_t start, const Times& times, const Bytes& bytes) {
  Times taken;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::uint64_t behind = i == 0 ? 0 : taken.back() + 1;
    taken.push_back(clock.take(std::max(start + times[i], behind), &bytes[i * stream::chip_beat_bytes]));
  }
  taken.push_back(clock.finish());
  const stream::ChipActivity activity = clock.activity();
  for (const std::uint64_t count : {activity.cycles, activity.words, activity.rows, activity.sign_groups})
    taken.push_back(count);
  return taken;
}

struct Burst {
  stream::ChipDecoderShape shape;
  Bytes bytes;

  explicit Burst(Random& random)
      : shape{1 << random() % 5, 16 << random() % 3, 8, true},
        bytes(stream::encode_chip(stream::random_chip_weights(random, true), shape, "test")) {}
  std::size_t beats() const { return bytes.size() / stream::chip_beat_bytes; }
  Times plain(std::uint64_t start, const Times& times) const {
    DecoderClock clock(stream::ChipDecoder(shape), start);
    return cycles(clock, start, times, bytes);
  }
  Times known(std::uint64_t start, const Times& times, KnownDecoding& known) const {
    KnownDecoderClock clock(shape, start, known);
    return cycles(clock, start, times, bytes);
  }
};

TEST_CASE("known decodings: any sequence of bursts takes the decoder's own cycles", "[sim][oracle]") {
  Random random(1);
  int planned = 0, faulty = 0;
  for (int round = 0; round < 150; ++round) {
    Burst burst(random);
    KnownDecoding known;
    for (int again = 0; again < 12; ++again) {
      const Times times = draw_times(burst.beats(), random);
      if (random() % 6 == 0)
        burst.bytes[random() % burst.bytes.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
      const std::uint64_t start = random() % 1000;
      if (random() % 3 == 0) {  // what is expected comes, or something like it
        Bytes expected = burst.bytes;
        if (random() % 2 == 0)
          expected[random() % expected.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
        known.expect(expected, burst.shape);
      }
      INFO("round " << round << " burst " << again);
      planned += known.plan.has_value();
      REQUIRE(burst.known(start, times, known) == burst.plain(start, times));
      faulty += !known.plan.has_value();
    }
  }
  CHECK(planned > 700);
  CHECK(faulty > 50);
}

TEST_CASE("known decodings: a burst without a fault has a plan, one with a fault has none", "[sim]") {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    Burst burst(random);
    if (round % 2 != 0) burst.bytes = stream::damage(burst.bytes, random);
    stream::ChipDecoder decoder(burst.shape);
    std::size_t at = 0;
    for (decoder.start(); decoder.busy();) {
      const bool comes = decoder.ready() && at < burst.bytes.size();
      if (at == burst.bytes.size()) decoder.end();
      decoder.clock(comes ? &burst.bytes[at] : nullptr);
      if (comes) at += stream::chip_beat_bytes;
    }
    CHECK(plan_decoding(burst.bytes, burst.shape).has_value() ==
          (decoder.fault() == stream::ChipFault::none));
  }
}

}  // namespace
}  // namespace wd::sim::fast
