// SPDX-License-Identifier: Apache-2.0
// The weight decoder's clock from what is known of earlier bursts: a burst of the same beats that come at the same times is not decoded again.
//
// What      a beat that waited for the decoder would have been taken in the same cycle had it come earlier; one that was waited for must come at the
//           same time. So long as that holds for a decoding that is known, its cycles are this one's. Then the decoder is clocked, from the burst's start.
// Timing    decoder_clock.hpp; no result depends on what is known.
// Test      known_decodings_test.cpp
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/fast/decoder_clock.hpp"

namespace wd::sim::fast {

/// Of one burst. Times are cycles from its start.
struct KnownDecodings {
  static constexpr std::size_t most = 16;

  struct Beat {
    std::uint32_t taken = 0;
    bool waited = false;  // for the decoder
    bool fits(std::uint64_t shown) const { return waited ? shown <= taken : shown == taken; }
  };
  struct Decoding {
    std::vector<Beat> beats;
    std::uint32_t end = 0;
  };

  std::vector<std::uint8_t> bytes;  // of the beats
  std::vector<Decoding> decodings;  // those of the last times; the next one takes the place of `oldest`
  std::size_t oldest = 0;
};

class KnownDecoderClock {
 public:
  KnownDecoderClock(const arch::Arch& arch, std::uint64_t start, KnownDecodings& known);

  /// As DecoderClock.
  std::uint64_t take(std::uint64_t shown, const std::uint8_t* beat);
  std::uint64_t finish();

 private:
  void filter(std::uint64_t shown);
  void clock_so_far();

  const arch::Arch& arch_;
  const std::uint64_t start_;
  KnownDecodings& known_;
  std::vector<std::uint32_t> fitting_;  // of the known decodings, while none is clocked
  std::optional<DecoderClock> clock_;
  std::vector<std::uint64_t> shown_;  // of beats that were not clocked
  KnownDecodings::Decoding this_;     // while it is clocked
  std::size_t at_ = 0;                // beats
};

}  // namespace wd::sim::fast
