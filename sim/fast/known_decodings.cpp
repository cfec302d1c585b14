// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/known_decodings.hpp"

namespace wd::sim::fast {

KnownDecoderClock::KnownDecoderClock(const arch::Arch& arch, std::uint64_t start, KnownDecodings& known)
    : arch_(arch), start_(start), known_(known) {
  for (std::size_t i = 0; i < known.decodings.size(); ++i) fitting_.push_back(static_cast<std::uint32_t>(i));
}

void KnownDecoderClock::filter(std::uint64_t shown) {
  std::erase_if(fitting_, [&](std::uint32_t i) {
    const auto& beats = known_.decodings[i].beats;
    return at_ >= beats.size() || !beats[at_].fits(shown - start_);
  });
}

/// From here on the decoder itself says it.
void KnownDecoderClock::clock_so_far() {
  clock_.emplace(arch_, start_);
  const std::uint8_t* beat = known_.bytes.data();
  for (const std::uint64_t shown : shown_) {
    const std::uint64_t taken = clock_->take(shown, beat);
    this_.beats.push_back({static_cast<std::uint32_t>(taken - start_), taken > shown});
    beat += program::beat_bytes;
  }
}

std::uint64_t KnownDecoderClock::take(std::uint64_t shown, const std::uint8_t* beat) {
  const std::size_t place = at_ * program::beat_bytes;
  if (place == known_.bytes.size() || !std::equal(beat, beat + program::beat_bytes, &known_.bytes[place])) {
    if (!clock_) clock_so_far();
    known_.bytes.resize(place);  // another burst, from here on
    known_.bytes.insert(known_.bytes.end(), beat, beat + program::beat_bytes);
    known_.decodings.clear();
    known_.oldest = 0;
  }
  if (!clock_) {
    filter(shown);
    if (!fitting_.empty()) {
      shown_.push_back(shown);
      return start_ + known_.decodings[fitting_.front()].beats[at_++].taken;
    }
    clock_so_far();
  }
  ++at_;
  const std::uint64_t taken = clock_->take(shown, beat);
  this_.beats.push_back({static_cast<std::uint32_t>(taken - start_), taken > shown});
  return taken;
}

std::uint64_t KnownDecoderClock::finish() {
  if (!clock_ && !fitting_.empty() && known_.decodings[fitting_.front()].beats.size() == at_)
    return start_ + known_.decodings[fitting_.front()].end;
  if (!clock_) clock_so_far();
  const std::uint64_t end = clock_->finish();
  this_.end = static_cast<std::uint32_t>(end - start_);
  if (known_.decodings.size() < KnownDecodings::most)
    known_.decodings.push_back(std::move(this_));
  else
    known_.decodings[known_.oldest++ % KnownDecodings::most] = std::move(this_);
  return end;
}

}  // namespace wd::sim::fast
