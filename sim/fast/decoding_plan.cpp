// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/decoding_plan.hpp"

#include <algorithm>

#include "hw/formats/stream/chip_decoder.hpp"
#include "hw/formats/stream/chip_steps.hpp"

namespace wd::sim::fast {

using namespace stream;

static_assert(sign_stages == 13);

namespace {

/// Runs all steps, with all words at hand. @return whether no fault is met
bool plan_steps(ChipSteps& steps, std::span<const std::uint8_t> bytes, DecodingPlan& plan) {
  std::size_t at = 0;
  for (bool more = true; more; more = steps.next_chunk()) {
    std::uint32_t count = 0;
    for (; !steps.chunk_finished(); ++count) {
      const std::size_t taken = steps.granted().size();
      std::array<std::uint16_t, chip_beat_words> words{};
      if (at + 2 * taken > bytes.size()) return false;
      for (std::size_t i = 0; i < taken; ++i, at += 2)
        words[i] = static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
      steps.step({words.data(), taken});
      if (steps.fault() != ChipFault::none) return false;
      plan.step_words.push_back(static_cast<std::uint8_t>(taken));
    }
    plan.chunk_steps.push_back(count);
  }
  return steps.fault() == ChipFault::none;
}

}  // namespace

std::optional<DecodingPlan> plan_decoding(std::span<const std::uint8_t> bytes,
                                          const ChipDecoderShape& shape) {
  constexpr auto beat = static_cast<std::size_t>(chip_beat_bytes);
  const auto left = [&](std::size_t beats) { return bytes.size() >= beats * beat; };
  if (!left(2)) return {};
  const ChipHeader header = read_header(bytes.data());
  if (!usable(header, shape)) return {};
  DecodingPlan plan;
  plan.planes = header.planes;
  plan.words = header.words;
  plan.frozen = header.frozen;
  plan.numbers = header.random_signs || header.frozen;
  plan.symbol_beats = (header.entries + chip_beat_symbols - 1) / chip_beat_symbols;
  plan.freeze_groups = header.frozen ? chip_channels : 0;
  plan.groups = plan.freeze_groups + (header.random_signs ? chip_channels / shape.signers : 0);
  ChipTable table;
  for (std::size_t length = 1; length <= chip_code_bits; ++length)
    table.counts[length] = bytes[beat + length - 1];
  if (!table.finish(header)) return {};
  std::size_t at = 2;
  if (!left(at + static_cast<std::size_t>(plan.symbol_beats + plan.numbers + plan.frozen))) return {};
  for (int i = 0; i < header.entries; ++i)
    table.symbols.push_back(ChipSymbol::of_byte(bytes[at * beat + static_cast<std::size_t>(i)], header));
  at += static_cast<std::size_t>(plan.symbol_beats);
  ChipGenerator generator;
  if (plan.numbers) generator.read_numbers(&bytes[at++ * beat]);
  if (plan.frozen) generator.read_freeze(&bytes[at++ * beat]);
  bytes = bytes.subspan(at * beat);
  if (bytes.size() < 2 * std::size_t{header.words}) return {};
  ChipSteps steps(header, table, generator, shape);
  if (!plan_steps(steps, bytes, plan)) return {};
  return plan;
}

void PlannedDecoder::begin_stream() {
  state_ = State::stream;
  frozen_there_ = !plan_.frozen;
  words_left_ = plan_.words;
  key_cycles_ = sign_key_cycles;
  pipeline_.fill(-1);
}

/// The pipeline moves on by a stage.
void PlannedDecoder::generator_cycle(std::size_t chunk) {
  const std::int64_t last = pipeline_[end_stage_];
  if (last >= 0 && last != static_cast<std::int64_t>(chunk)) return;
  arrived_ += last >= 0;
  // The stage at the end becomes the first one.
  pipeline_[end_stage_] = key_cycles_ > 0 ? -1 : enter_chunk_;
  end_stage_ = end_stage_ == 0 ? stages - 1 : end_stage_ - 1;
  if (key_cycles_ > 0) {
    --key_cycles_;
  } else if (++enter_group_ == plan_.groups) {
    enter_group_ = 0;
    ++enter_chunk_;
  }
}

void PlannedDecoder::stream_cycle() {
  const std::size_t chunk = chunk_;
  const bool rows =
      chunk_finished() && arrived_ == plan_.groups && frozen_there_ && (!plan_.frozen || placing_ == 0);
  bool frozen_there = arrived_ >= plan_.freeze_groups;
  if (placing_ > 0) --placing_;
  if (rows) {
    if (++plane_ == plan_.planes) {
      plane_ = arrived_ = 0;
      frozen_there = !plan_.frozen;
      step_ = 0;
      if (++chunk_ == plan_.chunk_steps.size()) state_ = State::idle;
    }
  } else if (!chunk_finished() && frozen_there_ &&
             held_ * chip_beat_words - used_words_ >=
                 static_cast<int>(std::min<std::uint32_t>(chip_beat_words, words_left_))) {
    const int taken = plan_.step_words[next_step_++];
    ++step_;
    placing_ = placing_cycles;
    words_left_ -= static_cast<std::uint32_t>(taken);
    used_words_ += taken;
    if (used_words_ >= chip_beat_words) {
      used_words_ -= chip_beat_words;
      --held_;
    }
  }
  frozen_there_ = frozen_there;
  if (plan_.numbers && !rows) generator_cycle(chunk);
}

void PlannedDecoder::clock(const std::uint8_t* beat) {
  switch (state_) {
    case State::idle:
      break;
    case State::header:
      if (take_beat()) state_ = State::lengths;
      break;
    case State::lengths:
      if (take_beat()) state_ = State::check;
      break;
    case State::check:
      if (++count_ <= chip_code_bits) break;
      count_ = 0;
      state_ = State::symbols;
      break;
    case State::symbols:
      if (!take_beat() || ++count_ < plan_.symbol_beats) break;
      if (plan_.numbers)
        state_ = State::numbers;
      else
        begin_stream();
      break;
    case State::numbers:
      if (!take_beat()) break;
      if (plan_.frozen)
        state_ = State::freeze;
      else
        begin_stream();
      break;
    case State::freeze:
      if (take_beat()) begin_stream();
      break;
    case State::stream:
      stream_cycle();
      break;
  }
  if (beat != nullptr && busy()) ++held_;
}

}  // namespace wd::sim::fast
