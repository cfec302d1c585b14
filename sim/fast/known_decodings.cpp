// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/known_decodings.hpp"

#include <algorithm>

namespace wd::sim::fast {

KnownDecoderClock::KnownDecoderClock(const stream::ChipDecoderShape& shape, std::uint64_t start,
                                     KnownDecoding& known)
    : shape_(shape), start_(start), known_(known) {
  if (known.plan) {
    planned_.emplace(PlannedDecoder(*known.plan), start);
  } else {
    clock_.emplace(stream::ChipDecoder(shape), start);
    known.bytes.clear();
  }
}

/// Another burst has come: from here on the decoder itself says it.
void KnownDecoderClock::forget() {
  planned_.reset();
  known_.plan.reset();
  known_.bytes.resize(at_);
  clock_.emplace(stream::ChipDecoder(shape_), start_);
  const std::uint8_t* beat = known_.bytes.data();
  for (const std::uint64_t shown : shown_) {
    clock_->take(shown, beat);
    beat += stream::chip_beat_bytes;
  }
}

std::uint64_t KnownDecoderClock::take(std::uint64_t shown, const std::uint8_t* beat) {
  constexpr std::size_t size = stream::chip_beat_bytes;
  if (planned_ && (at_ == known_.bytes.size() || !std::equal(beat, beat + size, &known_.bytes[at_])))
    forget();
  at_ += size;
  if (planned_) {
    shown_.push_back(shown);
    return planned_->take(shown, beat);
  }
  known_.bytes.insert(known_.bytes.end(), beat, beat + size);
  return clock_->take(shown, beat);
}

std::uint64_t KnownDecoderClock::finish() {
  if (planned_ && at_ != known_.bytes.size()) forget();
  if (planned_) {
    const std::uint64_t last = planned_->finish(), chunks = known_.plan->chunk_steps.size();
    activity_ = {last - start_, known_.plan->words, chunks * static_cast<std::uint64_t>(known_.plan->planes),
                 chunks * static_cast<std::uint64_t>(known_.plan->groups)};
    return last;
  }
  known_.plan = plan_decoding(known_.bytes, shape_);
  const std::uint64_t last = clock_->finish();
  activity_ = clock_->activity();
  return last;
}

}  // namespace wd::sim::fast
