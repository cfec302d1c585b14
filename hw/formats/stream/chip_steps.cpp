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
  make_entries();
  begin_chunk();
}

/// Of each 12 bits the code word at their begin, once for all that are looked up.
void ChipSteps::make_entries() {
  entries_.resize(std::size_t{1} << chip_code_bits);
  std::size_t length = 1;
  for (int window = 0; window < 1 << chip_code_bits; ++window) {
    while (length < table_.end.size() - 1 && window >= table_.end[length]) ++length;
    Entry& entry = entries_[static_cast<std::size_t>(window)];
    entry.token.valid = true;
    if (header_.escape_bits != 0 &&
        (window ^ header_.escape_code) >> (chip_code_bits - header_.escape_bits) == 0) {
      entry.taken = header_.escape_bits;
      entry.escape = true;
      entry.token.run = 1 << header_.run_log;
    } else if (window < table_.end[length]) {
      entry.taken = static_cast<int>(length) + header_.raw_log;
      const int shown = window >> (chip_code_bits - entry.taken);
      const int place = ((shown >> header_.raw_log) + table_.offset[length]) & 0xff;
      const ChipSymbol& symbol = table_.symbols[static_cast<std::size_t>(place)];
      entry.token.run = symbol.run_class << header_.raw_log | (shown & ((1 << header_.raw_log) - 1));
      entry.token.level = symbol.level;
      entry.token.sign = symbol.sign;
    } else {
      entry.token.fault = ChipFault::code;
    }
  }
}

void ChipSteps::begin_chunk() {
  const int channels = header_.chunk_channels(at_chunk_);
  chunk_.fill(0);
  if (header_.frozen || channels != placed_channels_) find_places(channels);
  placed_channels_ = channels;
  unfinished_ = 0;
  for (Decoder& decoder : decoders_) {
    decoder.at = 0;
    decoder.finished = decoder.size == 0;
    if (!decoder.finished) ++unfinished_;
  }
}

/// Of the weights that are not frozen. Locked ones get theirs.
void ChipSteps::find_places(int channels) {
  const int count = static_cast<int>(decoders_.size());
  for (Decoder& decoder : decoders_) decoder.places.clear();
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
  for (Decoder& decoder : decoders_) decoder.size = static_cast<int>(decoder.places.size());
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

ChipSteps::Token ChipSteps::look_up(Decoder& decoder) const {
  if (decoder.bits < chip_code_bits && (words_left_ != 0 || decoder.has_word)) return {};
  const Entry& entry = entries_[decoder.held >> (64 - chip_code_bits)];
  Token token = entry.token;
  if (entry.taken > decoder.bits) {
    token = {true, token.fault, entry.escape ? token.run : 0, 0, 0};
    raise(token.fault, ChipFault::cut);
  }
  decoder.held <<= entry.taken;
  decoder.bits = std::max(decoder.bits - entry.taken, 0);
  return token;
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
        decoder.token = decoder.lookup;
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
