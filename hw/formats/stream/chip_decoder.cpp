// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/chip_decoder.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::stream {

void ChipDecoder::start() {
  state_ = State::header;
  fault_ = ChipFault::none;
  held_ = used_words_ = count_ = plane_ = 0;
  ended_ = false;
}

void ChipDecoder::stop(ChipFault fault) {
  fault_ = fault;
  state_ = State::idle;
}

bool ChipDecoder::rows_due() const {
  return state_ == State::stream && steps_->chunk_finished() && arrived_ == groups() && frozen_there_ &&
         (!header_.frozen || placing_ == 0);
}

namespace {

constexpr std::uint64_t every_byte = 0x0101010101010101;

/// The first in the lowest byte.
std::uint64_t eight(const std::uint8_t* bytes) {
  std::uint64_t all = 0;
  for (int i = 0; i < 8; ++i) all |= std::uint64_t{bytes[i]} << 8 * i;
  return all;
}

/// Of each of eight bytes, the first one's lowest.
std::uint32_t lowest_bits(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes & every_byte) * 0x0102040810204080 >> 56);
}

}  // namespace

std::optional<ChipDecoder::Row> ChipDecoder::row() const {
  if (!rows_due()) return std::nullopt;
  Row row{plane_, {}, {}};
  const ChipSteps::Chunk& chunk = steps_->chunk();
  for (std::size_t c = 0; c < chip_channels; ++c) {
    // Chunks of 16 weights have halves of the generator's blocks.
    std::uint32_t random = 0;
    if (header_.random_signs) {
      const std::uint32_t number =
          generator_.number(steps_->present_chunk(), static_cast<int>(c), header_.tile_channels());
      random = sign_blocks_->signs(number / 2) >> number % 2 * chip_lanes;
    }
    std::uint32_t set = 0, some = 0, negative = 0;
    for (std::size_t half = 0; half < 2; ++half) {
      const std::uint64_t codes = eight(&chunk[c * chip_lanes + 8 * half]);
      set |= lowest_bits(codes >> plane_) << 8 * half;
      negative |= lowest_bits(codes >> 7) << 8 * half;
      some |= lowest_bits(((codes & 0x7f * every_byte) + 0x7f * every_byte) >> 7) << 8 * half;
    }
    if (header_.random_signs) negative = random;
    row.mask[c] = static_cast<std::uint16_t>(set);
    row.sign[c] = static_cast<std::uint16_t>((set & negative) | (some & ~set));
  }
  return row;
}

/// Waits for a beat.
bool ChipDecoder::starves() const {
  switch (state_) {
    case State::idle:
    case State::check:
      return false;
    case State::lengths:
      return held_ == 0 && usable(header_, shape_);
    case State::stream:
      return !steps_->chunk_finished() && frozen_there_ &&
             held_ * chip_beat_words - used_words_ < steps_->most_granted();
    default:
      return held_ == 0;
  }
}

bool ChipDecoder::take_beat(std::uint8_t* beat) {
  if (held_ == 0) return false;
  std::copy(beats_[0].begin(), beats_[0].end(), beat);
  drop_beat();
  return true;
}

void ChipDecoder::drop_beat() {
  std::rotate(beats_.begin(), beats_.begin() + 1, beats_.end());
  --held_;
}

void ChipDecoder::begin_stream() {
  state_ = State::stream;
  steps_.emplace(header_, table_, generator_, shape_);
  placing_ = 0;
  frozen_there_ = !header_.frozen;
  plane_ = 0;
  sign_blocks_.emplace(generator_.sign_seed);
  key_cycles_ = sign_key_cycles;
  enter_chunk_ = enter_group_ = arrived_ = 0;
  pipeline_.assign(sign_stages, -1);
}

void ChipDecoder::generator_cycle(int chunk, bool rows) {
  if (rows) return;
  if (pipeline_.back() >= 0 && pipeline_.back() != chunk) return;
  if (pipeline_.back() >= 0) ++arrived_, ++activity_.sign_groups;
  std::rotate(pipeline_.begin(), pipeline_.end() - 1, pipeline_.end());
  pipeline_.front() = -1;
  if (key_cycles_ > 0) {
    --key_cycles_;
    return;
  }
  pipeline_.front() = enter_chunk_;
  if (++enter_group_ == groups()) {
    enter_group_ = 0;
    ++enter_chunk_;
  }
}

void ChipDecoder::stream_cycle() {
  const int chunk = steps_->present_chunk();
  const bool rows = rows_due();
  bool frozen_there = arrived_ >= freeze_groups();
  if (placing_ > 0) --placing_;
  if (rows) {
    ++activity_.rows;
    if (++plane_ == header_.planes) {
      plane_ = 0;
      arrived_ = 0;
      frozen_there = !header_.frozen;
      if (!steps_->next_chunk()) stop(steps_->fault());
    }
  } else if (!steps_->chunk_finished() && frozen_there_) {
    const std::span<const int> granted = steps_->granted();
    const int needed = static_cast<int>(granted.size());
    if (held_ * chip_beat_words - used_words_ >= steps_->most_granted()) {
      std::array<std::uint16_t, chip_beat_words> words{};
      for (int i = 0; i < needed; ++i) {
        const int at = used_words_ + i, byte = at % chip_beat_words * 2;
        const auto& beat = beats_[static_cast<std::size_t>(at / chip_beat_words)];
        words[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(
            beat[static_cast<std::size_t>(byte)] | beat[static_cast<std::size_t>(byte) + 1] << 8);
      }
      placing_ = placing_cycles;
      steps_->step({words.data(), static_cast<std::size_t>(needed)});
      used_words_ += needed;
      activity_.words += static_cast<std::uint64_t>(needed);
      if (used_words_ >= chip_beat_words) {
        used_words_ -= chip_beat_words;
        drop_beat();
      }
      if (steps_->fault() != ChipFault::none) stop(steps_->fault());
    }
  }
  frozen_there_ = frozen_there;
  if (generates()) generator_cycle(chunk, rows);
}

void ChipDecoder::clock(const std::uint8_t* beat) {
  WD_ASSERT(beat == nullptr || ready());
  std::array<std::uint8_t, chip_beat_bytes> taken{};
  activity_.cycles += busy();
  if (ended_ && starves()) return stop(ChipFault::cut);
  switch (state_) {
    case State::idle:
      break;
    case State::header:
      if (!take_beat(taken.data())) break;
      header_ = read_header(taken.data());
      state_ = State::lengths;
      break;
    case State::lengths:
      if (!usable(header_, shape_)) {
        stop(ChipFault::header);
      } else if (take_beat(taken.data())) {
        table_ = {};
        for (std::size_t length = 1; length <= chip_code_bits; ++length)
          table_.counts[length] = taken[length - 1];
        state_ = State::check;
        count_ = 0;
      }
      break;
    case State::check:
      if (++count_ <= chip_code_bits) break;
      count_ = 0;
      if (table_.finish(header_))
        state_ = State::symbols;
      else
        stop(ChipFault::table);
      break;
    case State::symbols:
      if (!take_beat(taken.data())) break;
      for (const std::uint8_t byte : taken)
        if (table_.symbols.size() < static_cast<std::size_t>(header_.entries))
          table_.symbols.push_back(ChipSymbol::of_byte(byte, header_));
      if (table_.symbols.size() < static_cast<std::size_t>(header_.entries)) break;
      generator_ = {};
      if (generates())
        state_ = State::numbers;
      else
        begin_stream();
      break;
    case State::numbers:
      if (!take_beat(taken.data())) break;
      generator_.read_numbers(taken.data());
      if (header_.frozen)
        state_ = State::freeze;
      else
        begin_stream();
      break;
    case State::freeze:
      if (!take_beat(taken.data())) break;
      generator_.read_freeze(taken.data());
      begin_stream();
      break;
    case State::stream:
      stream_cycle();
      break;
  }
  if (beat != nullptr && busy())
    std::copy_n(beat, chip_beat_bytes, beats_[static_cast<std::size_t>(held_++)].begin());
}

}  // namespace wd::stream
