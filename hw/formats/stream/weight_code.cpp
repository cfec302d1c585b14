// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/weight_code.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "hw/formats/stream/golomb.hpp"
#include "hw/formats/stream/huffman.hpp"
#include "hw/formats/stream/tans.hpp"
#include "hw/formats/stream/token_decoder.hpp"

namespace wd::stream {
namespace {

constexpr std::array mode_names{
#define STREAM_MODE(name, NAME, code, text, decoder, meaning) text,
#include "hw/arch/stream.def"
};
/// Modes are 0 up to this.
constexpr auto last_mode = static_cast<std::uint8_t>(mode_names.size() - 1);

WeightKinds kinds_of(int coats, bool has_signs) {
  WD_REQUIRE(coats >= 1 && coats <= max_coats, "weight code: ", coats, " coats, must be 1 to ", max_coats);
  return {coats, has_signs};
}

void check(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, int coats) {
  WD_REQUIRE(!levels.empty(), "weight code: there are no weights to encode");
  WD_REQUIRE(signs.empty() || signs.size() == levels.size(), "weight code: ", signs.size(), " signs for ",
             levels.size(), " weights");
  if (*std::max_element(levels.begin(), levels.end()) > coats)
    for (std::size_t i = 0; i < levels.size(); ++i)
      WD_REQUIRE(levels[i] <= coats, "weight code: weight ", i, " has level ", int{levels[i]}, " with ",
                 coats, " coats");
  if (!signs.empty() && *std::max_element(signs.begin(), signs.end()) > 1)
    for (std::size_t i = 0; i < signs.size(); ++i)
      WD_REQUIRE(signs[i] <= 1, "weight code: weight ", i, " has sign ", int{signs[i]}, ", must be 0 or 1");
}

std::vector<std::size_t> streams_or_one(const std::vector<std::size_t>& streams, std::size_t count) {
  if (streams.empty()) return {count};
  WD_ASSERT(std::accumulate(streams.begin(), streams.end(), std::size_t{0}) == count);
  return streams;
}

/// The bits of each token, escapes included, where they are at most 32.
class HuffmanEncoder {
 public:
  explicit HuffmanEncoder(const CodeTable& table)
      : run_log_(table.run_log), words_(std::size_t{1} << (max_run_log + kind_bits)) {
    const std::vector<std::uint16_t> codes = canonical_codes(table.lengths);
    const std::size_t kinds = table.kinds.count();
    escape_ = {codes[0], table.lengths[0]};
    for (std::size_t kind = 0; kind < kinds; ++kind)
      for (std::size_t run = 0; run < std::size_t{1} << max_run_log; ++run) {
        Word& word = words_[run << kind_bits | kind];
        const std::size_t symbol = 1 + run % table.run_limit() * kinds + kind;
        if (run < table.run_limit()) {
          word = {codes[symbol], table.lengths[symbol]};
          continue;
        }
        const Word rest = words_[(run - table.run_limit()) << kind_bits | kind];
        if (rest.bits > 0 && rest.bits + escape_.bits <= 32)
          word = {escape_.code << rest.bits | rest.code, rest.bits + escape_.bits};
      }
  }

  void encode(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, Bytes& out) const {
    BitWriter writer(out, tokens.size());
    for (const std::uint32_t token : tokens) {
      if (token < words_.size()) {
        const Word word = words_[token];
        writer.put(word.code, word.bits);
        if (word.bits > 0) [[likely]]
          continue;
      }
      const std::uint32_t in_word = token & ((1U << (run_log_ + kind_bits)) - 1);
      for (std::uint32_t escapes = token >> (run_log_ + kind_bits); escapes > 0; --escapes)
        writer.put(escape_.code, escape_.bits);
      writer.put(words_[in_word].code, words_[in_word].bits);
    }
    const std::size_t run_limit = std::size_t{1} << run_log_;
    for (std::size_t left = zeros_at_end; left > 0; left -= std::min(left, run_limit))
      writer.put(escape_.code, escape_.bits);
  }

 private:
  struct Word {
    std::uint32_t code = 0;
    int bits = 0;  // 0: more than 32
  };
  int run_log_;
  std::vector<Word> words_;  // of each token below 2^7 zeros
  Word escape_;
};

/// The streams one after the other, behind the lengths of all but the last.
template <typename EncodeStream>
void write_streams(std::size_t count, EncodeStream encode, Bytes& out) {
  std::vector<std::size_t> ends;
  Bytes coded;
  for (std::size_t stream = 0; stream < count; ++stream) {
    encode(stream, coded);
    ends.push_back(coded.size());
  }
  if (count > 1) {
    std::size_t longest = 0;
    for (std::size_t s = 0; s + 1 < count; ++s)
      longest = std::max(longest, ends[s] - (s > 0 ? ends[s - 1] : 0));
    const int width = longest < 1U << 8 ? 1 : longest < 1U << 16 ? 2 : longest < 1U << 24 ? 3 : 4;
    out.push_back(static_cast<std::uint8_t>(width));
    for (std::size_t s = 0; s + 1 < count; ++s)
      for (int byte = 0; byte < width; ++byte)
        out.push_back(static_cast<std::uint8_t>((ends[s] - (s > 0 ? ends[s - 1] : 0)) >> (8 * byte)));
  }
  out.insert(out.end(), coded.begin(), coded.end());
}

struct Layer {
  std::span<const std::uint8_t> levels, signs;
  WeightKinds kinds;
  std::vector<std::size_t> streams;
  Tokens tokens;
};

/// One mode's code, or nothing where it cannot be.
template <typename EncodeTokens>
Bytes encode_tokens(const Layer& layer, Bytes head, EncodeTokens encode) {
  std::size_t first = 0;
  write_streams(
      layer.streams.size(),
      [&](std::size_t s, Bytes& out) {
        const Tokens::Stream& stream = layer.tokens.streams[s];
        encode(std::span(layer.tokens.tokens).subspan(first, stream.tokens), stream.zeros_at_end, out);
        first += stream.tokens;
      },
      head);
  return head;
}

Bytes encode_as(const Layer& layer, CodeMode mode, const CodeTable* table, std::size_t shared_index) {
  Bytes head{static_cast<std::uint8_t>(mode)};
  if (mode == CodeMode::plain) {
    std::size_t first = 0;
    write_streams(
        layer.streams.size(),
        [&](std::size_t s, Bytes& out) {
          const std::size_t count = layer.streams[s];
          encode_plain(layer.levels.subspan(first, count),
                       layer.signs.empty() ? layer.signs : layer.signs.subspan(first, count), layer.kinds,
                       out);
          first += count;
        },
        head);
    return head;
  }
  if (mode == CodeMode::golomb) {
    const int m = best_golomb(layer.tokens);
    head.push_back(static_cast<std::uint8_t>(m));
    return encode_tokens(layer, std::move(head), [&](auto tokens, std::size_t zeros, Bytes& out) {
      encode_golomb(tokens, zeros, layer.kinds, m, out);
    });
  }
  if (mode == CodeMode::tans) {
    const TansTable frequencies = best_tans(TokenHistogram(layer.tokens), layer.kinds);
    frequencies.write(head);
    const TansEncoder encoder(frequencies);
    return encode_tokens(layer, std::move(head), [&](auto tokens, std::size_t zeros, Bytes& out) {
      encoder.encode(tokens, zeros, out);
    });
  }
  if (mode == CodeMode::huffman)
    table->write(head);
  else
    head.push_back(static_cast<std::uint8_t>(shared_index));
  const HuffmanEncoder encoder(*table);
  return encode_tokens(layer, std::move(head), [&](auto tokens, std::size_t zeros, Bytes& out) {
    encoder.encode(tokens, zeros, out);
  });
}

/// Where each stream lies in a section. @param at behind the table; the directory begins there.
std::vector<std::span<const std::uint8_t>> split_streams(std::span<const std::uint8_t> bytes, std::size_t at,
                                                         std::size_t count, const std::string& origin) {
  std::vector<std::span<const std::uint8_t>> streams;
  if (count > 1) {
    WD_REQUIRE(at < bytes.size(), origin, ": ends at byte ", bytes.size(),
               ", before the lengths of its streams");
    const std::size_t width = bytes[at], begin = at + 1;
    WD_REQUIRE(width >= 1 && width <= max_length_bytes, origin, ": the width at byte ", at,
               " of the streams' lengths is ", width, ", must be 1 to ", max_length_bytes);
    WD_REQUIRE(count - 1 <= (bytes.size() - begin) / width, origin, ": ends at byte ", bytes.size(),
               ", inside of the lengths of ", count, " streams");
    at = begin + (count - 1) * width;
    for (std::size_t s = 0; s + 1 < count; ++s) {
      std::size_t length = 0;
      for (std::size_t byte = 0; byte < width; ++byte)
        length |= std::size_t{bytes[begin + s * width + byte]} << (8 * byte);
      WD_REQUIRE(length <= bytes.size() - at, origin, ": the length at byte ", begin + s * width,
                 " of stream ", s, " is ", length, ", only ", bytes.size() - at, " bytes are left");
      streams.push_back(bytes.subspan(at, length));
      at += length;
    }
  }
  streams.push_back(bytes.subspan(at));
  return streams;
}

}  // namespace

const char* name(CodeMode mode) { return mode_names[static_cast<std::size_t>(mode)]; }

CodeMode mode_named(const std::string& name) {
  const auto found = std::find(mode_names.begin(), mode_names.end(), name);
  WD_ASSERT(found != mode_names.end());
  return static_cast<CodeMode>(found - mode_names.begin());
}

CodeMode mode_of(std::span<const std::uint8_t> bytes) {
  WD_ASSERT(!bytes.empty() && bytes[0] <= last_mode);
  return static_cast<CodeMode>(bytes[0]);
}

LayerHistogram layer_histogram(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                               int coats, std::span<const std::size_t> stream_weights) {
  return {kinds_of(coats, !signs.empty()), TokenHistogram(tokenize(levels, signs, stream_weights))};
}

Bytes encode_weights(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, int coats,
                     const EncodeOptions& options) {
  const WeightKinds kinds = kinds_of(coats, !signs.empty());
  check(levels, signs, coats);
  Layer layer{levels, signs, kinds, streams_or_one(options.stream_weights, levels.size()), {}};
  for (const std::size_t weights : layer.streams)
    WD_REQUIRE(weights < std::size_t{1} << (32 - kind_bits), "weight code: a stream of ", weights,
               " weights, must be below 2^", 32 - kind_bits);
  layer.tokens = tokenize(levels, signs, layer.streams);
  const auto fits = [&](const Bytes& bytes) { return levels.size() <= bytes.size() * max_weights_per_byte; };
  const TokenHistogram histogram(layer.tokens);
  if (options.mode && *options.mode != CodeMode::huffman) {
    Bytes bytes = encode_as(layer, *options.mode, nullptr, 0);
    if (fits(bytes)) return bytes;
  }
  const CodeTable own = best_table(histogram, kinds);
  if (options.mode) return encode_as(layer, CodeMode::huffman, &own, 0);

  const CodeTable* table = &own;
  CodeMode mode = CodeMode::huffman;
  std::size_t shared_index = 0;
  std::uint64_t bits = own.payload_bits(histogram) + 8 * own.bytes();
  for (std::size_t i = 0; i < options.shared.size(); ++i) {
    if (options.shared[i].kinds != kinds) continue;
    const std::uint64_t payload = options.shared[i].payload_bits(histogram);
    if (payload >= bits) continue;
    bits = payload;
    table = &options.shared[i];
    mode = CodeMode::shared_huffman;
    shared_index = i;
  }
  Bytes best = encode_as(layer, mode, table, shared_index);
  // Codes without a table pay where there is little to code.
  constexpr std::size_t few = 1 << 14;
  if (levels.size() <= few) {
    Bytes plain = encode_as(layer, CodeMode::plain, nullptr, 0);
    if (plain.size() < best.size()) best = std::move(plain);
  }
  if (layer.tokens.tokens.size() <= few) {
    Bytes golomb = encode_as(layer, CodeMode::golomb, nullptr, 0);
    if (golomb.size() < best.size() && fits(golomb)) best = std::move(golomb);
  }
  return best;
}

WeightArray decode_weights(std::span<const std::uint8_t> bytes, std::size_t count, int coats, bool has_signs,
                           const std::string& origin, const DecodeOptions& options) {
  const WeightKinds kinds = kinds_of(coats, has_signs);
  WD_REQUIRE(count > 0, origin, ": there are no weights to decode");
  WD_REQUIRE(!bytes.empty(), origin, ": empty, must begin with the code's mode at byte 0");
  WD_REQUIRE(bytes[0] <= last_mode, origin, ": the mode at byte 0 is ", int{bytes[0]}, ", must be 0 to ",
             int{last_mode});
  // A hostile count is refused before memory is taken.
  WD_REQUIRE(count <= bytes.size() * max_weights_per_byte, origin, ": ", bytes.size(), " bytes cannot hold ",
             count, " weights");
  const CodeMode mode = mode_of(bytes);
  const std::vector<std::size_t> counts = streams_or_one(options.stream_weights, count);
  std::vector<std::uint8_t> codes(count, 0);
  std::size_t at = 1;
  const auto decode_streams = [&](const auto& decode) {
    const std::vector<std::span<const std::uint8_t>> streams =
        split_streams(bytes, at, counts.size(), origin);
    std::size_t first = 0;
    for (std::size_t s = 0; s < streams.size(); ++s) {
      const std::string what = streams.size() == 1 ? origin : text(origin, ": stream ", s);
      decode(streams[s], std::span(codes).subspan(first, counts[s]), what);
      first += counts[s];
    }
  };
  const auto next_byte = [&](const char* what) {
    WD_REQUIRE(at < bytes.size(), origin, ": ends at byte ", bytes.size(), ", before ", what);
    return bytes[at++];
  };
  switch (mode) {
    case CodeMode::plain:
      decode_streams(
          [&](auto stream, auto out, const std::string& what) { decode_plain(stream, out, kinds, what); });
      break;
    case CodeMode::golomb: {
      const int m = next_byte("its Golomb parameter");
      WD_REQUIRE(m >= 1, origin, ": the Golomb parameter at byte 1 is 0, must be 1 to ", max_golomb);
      decode_streams([&](auto stream, auto out, const std::string& what) {
        decode_golomb(stream, out, kinds, m, what);
      });
      break;
    }
    case CodeMode::huffman:
    case CodeMode::shared_huffman: {
      CodeTable own;
      const CodeTable* table = &own;
      if (mode == CodeMode::huffman) {
        own = read_table(bytes, at, kinds, origin);
      } else {
        const std::size_t index = next_byte("the number of its table");
        WD_REQUIRE(index < options.shared.size(), origin, ": uses shared table ", index, " of ",
                   options.shared.size());
        table = &options.shared[index];
        WD_REQUIRE(table->kinds == kinds, origin, ": uses shared table ", index, ", which is for ",
                   table->kinds.coats, " coats ", table->kinds.has_signs ? "with" : "without", " signs");
      }
      const TokenDecoder decoder(*table, origin);
      decode_streams(
          [&](auto stream, auto out, const std::string& what) { decoder.decode(stream, out, what); });
      break;
    }
    case CodeMode::tans: {
      const TansDecoder decoder(read_tans(bytes, at, kinds, origin));
      decode_streams(
          [&](auto stream, auto out, const std::string& what) { decoder.decode(stream, out, what); });
      break;
    }
  }
  WeightArray result{std::move(codes), {}};
  if (has_signs) {
    result.signs.resize(count);
    std::uint8_t *levels = result.levels.data(), *signs = result.signs.data();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t code = levels[i];
      signs[i] = code / sign_bit;
      levels[i] = code % sign_bit;
    }
  }
  return result;
}

double weight_entropy(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs) {
  std::array<std::uint64_t, 512> counts{};
  for (std::size_t i = 0; i < levels.size(); ++i)
    ++counts[levels[i] * std::size_t{2} + (signs.empty() || levels[i] == 0 ? 0 : signs[i] & 1)];
  double bits = 0;
  for (const std::uint64_t count : counts)
    if (count != 0) {
      const double share = static_cast<double>(count) / static_cast<double>(levels.size());
      bits -= share * std::log2(share);
    }
  return bits;
}

}  // namespace wd::stream
