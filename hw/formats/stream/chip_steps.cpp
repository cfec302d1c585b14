// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/chip_steps.hpp"

#include "base/error.hpp"

namespace wd::stream {
namespace {

constexpr int word_bits = 16, wanted_bits = 2 * chip_code_bits;

void raise(ChipFault& fault, ChipFault other) {
  if (other != ChipFault::none && (fault == ChipFault::none || other < fault)) fault = other;
}

}  // namespace

ChipSteps::ChipSteps(const ChipHeader& header, const ChipTable& table, const ChipGenerator& generator,
                     const ChipDecoderShape& shape)
    : header_(header),
      table_(table),
      generator_(generator),
      blocks_(generator.freeze_key),
      decoders_(static_cast<std::size_t>(shape.decoders)),
      words_left_(header.words) {
  begin_chunk();
}

void ChipSteps::begin_chunk() {
  const int channels = header_.chunk_channels(at_chunk_), count = static_cast<int>(decoders_.size());
  chunk_.fill(0);
  unfinished_ = 0;
  for (Decoder& decoder : decoders_) {
    decoder.places.clear();
    decoder.at = 0;
  }
  for (int c = 0; c < channels; ++c) {
    Decoder& decoder = decoders_[static_cast<std::size_t>(c % count)];
    const std::uint32_t number =
        header_.frozen ? generator_.number(at_chunk_, c, header_.tile_channels()) : 0;
    std::uint32_t block = 0;
    for (unsigned lane = 0; lane < chip_lanes; ++lane) {
      const auto place = static_cast<std::uint16_t>(static_cast<unsigned>(c) * chip_lanes + lane);
      if (header_.frozen) {
        if (lane % 2 == 0) block = blocks_.signs(number * 8 + lane / 2);
        const std::uint32_t bits = block >> lane % 2 * 16 & 0xffff;
        if (bits >= generator_.pruned && bits < generator_.frozen)
          chunk_[place] = static_cast<std::uint8_t>(generator_.level);
        if (bits < generator_.pruned || bits < generator_.frozen) continue;
      }
      decoder.places.push_back(place);
    }
  }
  for (Decoder& decoder : decoders_) {
    decoder.size = static_cast<int>(decoder.places.size());
    decoder.finished = decoder.size == 0;
    if (!decoder.finished) ++unfinished_;
  }
}

bool ChipSteps::next_chunk() {
  WD_ASSERT(chunk_finished());
  if (++at_chunk_ == header_.chunks + header_.narrow_chunks) {
    end_load();
    return false;
  }
  begin_chunk();
  return true;
}

void ChipSteps::end_load() {
  for (const Decoder& decoder : decoders_)
    if (decoder.pending.valid && decoder.pending.level != 0) raise(fault_, ChipFault::overrun);
  if (words_left_ != 0) raise(fault_, ChipFault::excess);
}

std::span<const int> ChipSteps::granted() {
  if (!granted_known_) {
    granted_.clear();
    const auto most = static_cast<std::size_t>(most_granted());
    for (std::size_t d = 0; d < decoders_.size() && granted_.size() < most; ++d) {
      const Decoder& decoder = decoders_[d];
      if (decoder.bits + (decoder.has_word ? word_bits : 0) < wanted_bits)
        granted_.push_back(static_cast<int>(d));
    }
    granted_known_ = true;
  }
  return granted_;
}

ChipSteps::Lookup ChipSteps::look_up(Decoder& decoder) {
  if (decoder.bits < chip_code_bits && (words_left_ != 0 || decoder.has_word)) return {};
  const auto window = static_cast<int>(decoder.held >> (64 - chip_code_bits));
  Lookup lookup{.valid = true};
  std::size_t length = 1;
  while (length < table_.end.size() - 1 && window >= table_.end[length]) ++length;
  const bool found = window < table_.end[length];
  lookup.escape = header_.escape_bits != 0 &&
                  (window ^ header_.escape_code) >> (chip_code_bits - header_.escape_bits) == 0;
  const int taken = lookup.escape ? header_.escape_bits
                    : found       ? static_cast<int>(length) + header_.raw_log
                                  : 0;
  const int shown = window >> (chip_code_bits - taken);
  if (!lookup.escape && !found) lookup.fault = ChipFault::code;
  lookup.raw = shown & ((1 << header_.raw_log) - 1);
  lookup.place = ((shown >> header_.raw_log) + table_.offset[length]) & 0xff;
  if (taken > decoder.bits) raise(lookup.fault, ChipFault::cut);
  decoder.held <<= taken;
  decoder.bits = std::max(decoder.bits - taken, 0);
  return lookup;
}

ChipSteps::Token ChipSteps::token_of(const Lookup& lookup) const {
  if (!lookup.valid) return {};
  if (lookup.escape) return {true, lookup.fault, 1 << header_.run_log, 0, 0};
  if (lookup.fault != ChipFault::none) return {true, lookup.fault, 0, 0, 0};
  const ChipSymbol& symbol = table_.symbols[static_cast<std::size_t>(lookup.place)];
  return {true, ChipFault::none, symbol.run_class << header_.raw_log | lookup.raw, symbol.level, symbol.sign};
}

void ChipSteps::place(Decoder& decoder, Token& token) {
  if (!token.valid) return;
  raise(fault_, token.fault);
  const int position = decoder.at + token.run;
  const bool weight = token.level != 0;
  if (position < decoder.size || (!weight && position == decoder.size)) {
    if (weight)
      chunk_[decoder.places[static_cast<std::size_t>(position)]] =
          static_cast<std::uint8_t>(token.level | token.sign << 7);
    decoder.at = position + (weight ? 1 : 0);
    token.valid = false;
  } else {
    token.run = position - decoder.size;
    decoder.at = decoder.size;
  }
  if (decoder.at == decoder.size) {
    decoder.finished = true;
    --unfinished_;
  }
}

void ChipSteps::step(std::span<const std::uint16_t> words) {
  WD_ASSERT(!chunk_finished() && words.size() == granted().size());
  for (Decoder& decoder : decoders_) {
    const bool had_word = decoder.has_word;
    const std::uint64_t word = std::uint64_t{decoder.word} << (64 - word_bits);
    if (!decoder.finished) {
      if (decoder.pending.valid) {
        place(decoder, decoder.pending);
      } else {
        place(decoder, decoder.token);
        decoder.pending = decoder.token;
        decoder.token = token_of(decoder.lookup);
        decoder.lookup = look_up(decoder);
      }
    }
    if (had_word) {
      decoder.held |= word >> decoder.bits;
      decoder.bits += word_bits;
    }
    decoder.has_word = false;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    Decoder& decoder = decoders_[static_cast<std::size_t>(granted_[i])];
    decoder.has_word = true;
    decoder.word = words[i];
  }
  words_left_ -= static_cast<std::uint32_t>(words.size());
  granted_known_ = false;
}

}  // namespace wd::stream
