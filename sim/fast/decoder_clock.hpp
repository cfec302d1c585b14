// SPDX-License-Identifier: Apache-2.0
// The weight decoder's clock where beats come when memory has them: when it takes each, and when it writes the last row.
//
// Timing    hw/formats/stream/chip_decoder.hpp; a beat stays on the port until it is taken.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "hw/formats/stream/chip_decoder.hpp"

namespace wd::sim::fast {

/// @tparam Decoder stream::ChipDecoder, or what has its cycles
template <typename Decoder>
class DecoderClock {
 public:
  /// @param start the burst's
  DecoderClock(Decoder decoder, std::uint64_t start) : decoder_(std::move(decoder)), now_(start + 1) {
    decoder_.start();
  }

  /// @param shown cycle from which the next beat is on the port @return that in which it is taken
  std::uint64_t take(std::uint64_t shown, const std::uint8_t* beat) {
    run_to(shown);
    while (decoder_.busy() && !decoder_.ready()) run_to(now_ + 1);
    if (!decoder_.busy()) return now_ = std::max(now_, shown);  // given up: the rest is dropped
    step(beat);
    return now_ - 1;
  }
  /// No more beats come. @return the burst's last cycle, not before that of its last beat
  std::uint64_t finish() {
    decoder_.end();
    while (decoder_.busy()) run_to(now_ + 1);
    return now_ - 1;
  }

  const stream::ChipActivity& activity() const { return decoder_.activity(); }
  /// The first cycle in which it is known that the burst is given up.
  const std::optional<std::uint64_t>& given_up() const { return given_up_; }

 private:
  void run_to(std::uint64_t cycle) {
    while (now_ < cycle) step(nullptr);
  }
  void step(const std::uint8_t* beat) {
    decoder_.clock(beat);
    ++now_;
    if constexpr (requires { decoder_.fault(); })
      if (!given_up_ && decoder_.fault() != stream::ChipFault::none) given_up_ = now_;
  }

  Decoder decoder_;
  std::uint64_t now_;  // the next cycle
  std::optional<std::uint64_t> given_up_;
};

}  // namespace wd::sim::fast
