// SPDX-License-Identifier: Apache-2.0
// The weight decoder's clock of bursts that come again: what has been decoded once has a plan, and is not decoded any more.
//
// Timing    decoder_clock.hpp; no result depends on what is known.
// Test      known_decodings_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/fast/decoder_clock.hpp"
#include "sim/fast/decoding_plan.hpp"

namespace wd::sim::fast {

/// Of the burst of an address.
struct KnownDecoding {
  std::vector<std::uint8_t> bytes;  // of the beats that came last time, or are expected
  std::optional<DecodingPlan> plan;

  /// These may come next.
  void expect(std::span<const std::uint8_t> beats, const stream::ChipDecoderShape& shape) {
    bytes.assign(beats.begin(), beats.end());
    plan = plan_decoding(beats, shape);
  }
};

class KnownDecoderClock {
 public:
  KnownDecoderClock(const stream::ChipDecoderShape& shape, std::uint64_t start, KnownDecoding& known);

  /// As DecoderClock.
  std::uint64_t take(std::uint64_t shown, const std::uint8_t* beat);
  std::uint64_t finish();
  /// Of the burst, once it has ended.
  const stream::ChipActivity& activity() const { return activity_; }
  std::optional<std::uint64_t> given_up() const {
    return clock_ ? clock_->given_up() : std::nullopt;  // what has a plan has no fault
  }

 private:
  void forget();

  const stream::ChipDecoderShape shape_;
  const std::uint64_t start_;
  KnownDecoding& known_;
  std::optional<DecoderClock<PlannedDecoder>> planned_;
  std::optional<DecoderClock<stream::ChipDecoder>> clock_;
  std::vector<std::uint64_t> shown_;  // when beats came that followed the plan
  std::size_t at_ = 0;                // bytes
  stream::ChipActivity activity_;
};

}  // namespace wd::sim::fast
