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

/// @return the cycles in which beats are taken, and the last one
template <typename Clock>
Times cycles(Clock& clock, std::uint64_t start, const Times& times, const Bytes& bytes) {
  Times taken;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::uint64_t behind = i == 0 ? 0 : taken.back() + 1;
    taken.push_back(clock.take(std::max(start + times[i], behind), &bytes[i * program::beat_bytes]));
  }
  taken.push_back(clock.finish());
  return taken;
}

struct Burst {
  arch::Arch arch;
  Bytes bytes;

  explicit Burst(Random& random) {
    arch.decoders = 1 << random() % 5;
    const auto weights = stream::random_chip_weights(random, false);
    bytes = stream::encode_chip(weights, program::decoder_shape(arch), "test");
  }
  std::size_t beats() const { return bytes.size() / program::beat_bytes; }
  Times plain(std::uint64_t start, const Times& times) const {
    DecoderClock clock(arch, start);
    return cycles(clock, start, times, bytes);
  }
  Times known(std::uint64_t start, const Times& times, KnownDecodings& known) const {
    KnownDecoderClock clock(arch, start, known);
    return cycles(clock, start, times, bytes);
  }
};

TEST_CASE("known decodings: any sequence of bursts takes the decoder's own cycles", "[sim][oracle]") {
  Random random(1);
  std::size_t most = 0;
  for (int round = 0; round < 60; ++round) {
    Burst burst(random);
    KnownDecodings known;
    std::vector<Times> seen;
    for (int again = 0; again < 60; ++again) {
      // Times that were seen, the same with one beat later, and new ones.
      Times times = !seen.empty() && random() % 3 != 0 ? seen[random() % seen.size()]
                                                       : draw_times(burst.beats(), random);
      if (random() % 3 == 0)
        for (std::size_t i = random() % times.size(), by = 1 + random() % 3; i < times.size(); ++i)
          times[i] += by;
      seen.push_back(times);
      if (random() % 10 == 0)
        burst.bytes[random() % burst.bytes.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
      const std::uint64_t start = random() % 1000;
      INFO("round " << round << " burst " << again);
      REQUIRE(burst.known(start, times, known) == burst.plain(start, times));
      most = std::max(most, known.decodings.size());
    }
  }
  CHECK(most == KnownDecodings::most);
}

TEST_CASE("known decodings: what is known is not decoded again, nor what waits for the decoder anyway",
          "[sim]") {
  Random random(2);
  for (int round = 0; round < 40; ++round) {
    const Burst burst(random);
    KnownDecodings known;
    const Times at_once(burst.beats(), 3);
    burst.known(7, at_once, known);
    REQUIRE(known.decodings.size() == 1);
    burst.known(100, at_once, known);
    Times later = at_once;  // as late as the decoder takes them
    for (std::size_t i = 0; i < later.size(); ++i) later[i] = known.decodings[0].beats[i].taken;
    burst.known(0, later, known);
    CHECK(known.decodings.size() == 1);
    for (std::uint64_t& time : later) time += 5;
    burst.known(0, later, known);
    CHECK(known.decodings.size() == 2);
  }
}

}  // namespace
}  // namespace wd::sim::fast
