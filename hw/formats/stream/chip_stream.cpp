// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/chip_stream.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/formats/stream/chip_steps.hpp"
#include "hw/formats/stream/huffman.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "hw/formats/stream/tokens.hpp"

namespace wd::stream {
namespace {

struct Code {
  ChipHeader header;
  ChipTable table;
  std::vector<std::uint8_t> lengths;  // of symbols: escape, then class * kinds + kind
  std::vector<std::uint16_t> words;
};

bool is_frozen(const ChipGenerator& generator, const SignGenerator& blocks, std::uint32_t chunk,
               std::size_t lane) {
  const std::uint32_t block = blocks.signs(chunk * 8 + static_cast<std::uint32_t>(lane / 2));
  return (block >> lane % 2 * 16 & 0xffff) < generator.frozen;
}

/// The weights in the decoders' order, one stream a decoder.
struct Ordered {
  std::vector<std::uint8_t> levels, signs;
  std::vector<std::size_t> counts;

  Ordered(const ChipWeights& weights, int decoders) {
    const SignGenerator blocks(weights.generator.freeze_key);
    const int chunks = weights.chunks + weights.narrow_chunks;
    for (int d = 0; d < decoders; ++d) {
      const std::size_t before = levels.size();
      std::size_t at = 0;
      for (int k = 0; k < chunks; ++k) {
        const int channels = k < weights.chunks ? chip_channels : weights.narrow_channels;
        for (int c = d; c < channels; c += decoders)
          for (std::size_t lane = 0; lane < chip_lanes; ++lane) {
            if (weights.frozen && is_frozen(weights.generator, blocks,
                                            weights.generator.number(k, c, weights.tile_channels()), lane))
              continue;
            const std::uint8_t code = weights.codes[at + static_cast<std::size_t>(c) * chip_lanes + lane];
            levels.push_back(code & 0x7f);
            if (weights.has_signs) signs.push_back(code >> 7);
          }
        at += static_cast<std::size_t>(channels) * chip_lanes;
      }
      counts.push_back(levels.size() - before);
    }
  }
};

/// Counts of the symbols with runs of one class as one.
std::vector<std::uint64_t> merge_runs(const std::vector<std::uint64_t>& counts, std::size_t kinds,
                                      int raw_log) {
  std::vector<std::uint64_t> merged(1 + (((counts.size() - 1) / kinds) >> raw_log) * kinds, 0);
  merged[0] = counts[0];
  for (std::size_t symbol = 1; symbol < counts.size(); ++symbol) {
    const std::size_t run = (symbol - 1) / kinds, kind = (symbol - 1) % kinds;
    merged[1 + (run >> raw_log) * kinds + kind] += counts[symbol];
  }
  return merged;
}

std::size_t table_bytes(std::size_t entries) {
  return chip_beat_bytes * (1 + (entries + chip_beat_symbols - 1) / chip_beat_symbols);
}

/// Fills header and table from the symbols' lengths.
void make_table(Code& code, const WeightKinds& kinds) {
  code.words = canonical_codes(code.lengths);
  code.table = {};
  for (std::size_t length = 1; length <= chip_code_bits; ++length)
    for (std::size_t symbol = 0; symbol < code.lengths.size(); ++symbol) {
      if (code.lengths[symbol] != length) continue;
      ++code.table.counts[length];
      const std::size_t kind = symbol == 0 ? 0 : (symbol - 1) % kinds.count();
      code.table.symbols.push_back(symbol == 0
                                       ? ChipSymbol{}
                                       : ChipSymbol{static_cast<std::uint8_t>((symbol - 1) / kinds.count()),
                                                    static_cast<std::uint8_t>(kinds.level(kind)),
                                                    static_cast<std::uint8_t>(kinds.sign(kind))});
    }
  code.header.entries = static_cast<int>(code.table.symbols.size());
  code.header.escape_bits = code.lengths[0];
  code.header.escape_code = code.lengths[0] == 0 ? 0 : code.words[0] << (chip_code_bits - code.lengths[0]);
  WD_ASSERT(code.table.finish(code.header));
}

/// A code, with what it costs.
struct Candidate {
  int run_log = 0, raw_log = 0;
  std::vector<std::uint8_t> lengths;
  std::uint64_t bits = 0, symbols = 0;
};

/// All tables that the decoder can hold.
std::vector<Candidate> candidates(const TokenHistogram& histogram, const WeightKinds& kinds,
                                  const ChipHeader& header, int entries) {
  std::vector<Candidate> found;
  for (int run_log = 0; run_log <= max_run_log; ++run_log)
    for (int raw_log = 0; raw_log <= std::min(run_log, chip_raw_bits); ++raw_log) {
      const int classes = 1 << (run_log - raw_log);
      if (classes > 1 << chip_class_bits || classes << header.value_bits() > 0x100) continue;
      std::vector<std::uint64_t> counts =
          merge_runs(histogram.symbols(run_log, kinds), kinds.count(), raw_log);
      // A set whose weights are all frozen still needs a code.
      if (std::all_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count == 0; }))
        counts[0] = 1;
      const auto used = static_cast<std::size_t>(
          std::count_if(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; }));
      if (used > static_cast<std::size_t>(entries)) continue;
      Candidate candidate{run_log, raw_log, code_lengths(counts, chip_code_bits - raw_log),
                          8 * table_bytes(used), 0};
      for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
        const unsigned raw = symbol == 0 ? 0 : static_cast<unsigned>(raw_log);
        candidate.bits += counts[symbol] * (candidate.lengths[symbol] + raw);
        candidate.symbols += counts[symbol];
      }
      found.push_back(std::move(candidate));
    }
  return found;
}

/// Of the tables with hardly more than the fewest bits that of the fewest symbols, which are steps.
Code best_code(const Tokens& tokens, const WeightKinds& kinds, const ChipHeader& header, int entries,
               const std::string& what) {
  const std::vector<Candidate> all = candidates(TokenHistogram(tokens), kinds, header, entries);
  WD_REQUIRE(!all.empty(), what, ": no code of ", kinds.count(),
             " values of weights fits the decoder's table of ", entries,
             " entries; compile without coded weights");
  const auto fewer_bits = [](const Candidate& a, const Candidate& b) { return a.bits < b.bits; };
  const std::uint64_t least = std::min_element(all.begin(), all.end(), fewer_bits)->bits;
  const std::uint64_t most = least + least / 256;
  const Candidate* best = nullptr;
  for (const Candidate& candidate : all)
    if (candidate.bits <= most && (best == nullptr || std::pair(candidate.symbols, candidate.bits) <
                                                          std::pair(best->symbols, best->bits)))
      best = &candidate;
  Code code;
  code.header = header;
  code.header.run_log = best->run_log;
  code.header.raw_log = best->raw_log;
  code.lengths = best->lengths;
  make_table(code, kinds);
  return code;
}

/// A decoder's code words.
Bytes code_stream(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, const Code& code,
                  const WeightKinds& kinds) {
  Bytes bytes;
  BitWriter writer(bytes);
  const std::size_t limit = std::size_t{1} << code.header.run_log;
  const auto put_escapes = [&](std::size_t count) {
    for (; count > 0; --count) writer.put(code.words[0], code.lengths[0]);
  };
  for (const std::uint32_t token : tokens) {
    const std::size_t run = token >> kind_bits, kind = token & ((1 << kind_bits) - 1);
    put_escapes(run / limit);
    const std::size_t rest = run % limit, symbol = 1 + (rest >> code.header.raw_log) * kinds.count() + kind;
    writer.put(code.words[symbol], code.lengths[symbol]);
    writer.put(static_cast<std::uint32_t>(rest & ((1U << code.header.raw_log) - 1)), code.header.raw_log);
  }
  put_escapes((zeros_at_end + limit - 1) / limit);
  writer.finish();
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  return bytes;
}

/// The streams' words in the order in which the decoders take them.
std::vector<std::uint16_t> interleave(const std::vector<Bytes>& streams, const Code& code,
                                      const ChipGenerator& generator, const ChipDecoderShape& shape) {
  ChipHeader endless = code.header;
  endless.words = ~std::uint32_t{0};
  ChipSteps steps(endless, code.table, generator, shape);
  std::vector<std::uint16_t> words, granted;
  std::vector<std::size_t> taken(streams.size(), 0);
  std::size_t used = 0;  // words up to the last that is not a filler
  for (bool more = true; more; more = steps.next_chunk())
    while (!steps.chunk_finished()) {
      granted.clear();
      for (const int d : steps.granted()) {
        const Bytes& stream = streams[static_cast<std::size_t>(d)];
        std::size_t& at = taken[static_cast<std::size_t>(d)];
        // A decoder does not know that its stream has ended: it is given zeros while others still need words.
        granted.push_back(at < stream.size() ? static_cast<std::uint16_t>(stream[at] << 8 | stream[at + 1])
                                             : 0);
        words.push_back(granted.back());
        if (at < stream.size()) used = words.size();
        at += 2;
      }
      steps.step(granted);
      WD_ASSERT(steps.fault() == ChipFault::none);
    }
  words.resize(used);
  return words;
}

}  // namespace

Bytes encode_chip(const ChipWeights& weights, const ChipDecoderShape& shape, const std::string& what) {
  constexpr int most_chunks = 0xffff;
  WD_REQUIRE(weights.chunks <= most_chunks && weights.narrow_chunks <= most_chunks, what, ": ",
             std::max(weights.chunks, weights.narrow_chunks), " chunks in a coded burst, at most ",
             most_chunks, " are possible; load fewer tiles at once");
  WD_ASSERT(!(weights.has_signs && (weights.random_signs || weights.frozen)));
  const WeightKinds kinds{(1 << weights.planes) - 1, weights.has_signs};
  const Ordered ordered(weights, shape.decoders);
  const Tokens tokens = tokenize(ordered.levels, ordered.signs, ordered.counts);
  ChipHeader header;
  header.chunks = weights.chunks;
  header.narrow_chunks = weights.narrow_chunks;
  header.narrow_channels = weights.narrow_channels;
  header.planes = weights.planes;
  header.has_signs = weights.has_signs;
  header.random_signs = weights.random_signs;
  header.frozen = weights.frozen;
  Code code = best_code(tokens, kinds, header, shape.entries, what);
  std::vector<Bytes> streams;
  std::size_t first = 0;
  for (const Tokens::Stream& stream : tokens.streams) {
    streams.push_back(code_stream(std::span(tokens.tokens).subspan(first, stream.tokens), stream.zeros_at_end,
                                  code, kinds));
    first += stream.tokens;
  }
  const std::vector<std::uint16_t> words = interleave(streams, code, weights.generator, shape);
  constexpr std::size_t most_words = (1 << 24) - 1;
  WD_REQUIRE(words.size() <= most_words, what, ": ", words.size(), " words in a coded burst, at most ",
             most_words, " are possible; load fewer tiles at once");
  code.header.words = static_cast<std::uint32_t>(words.size());
  Bytes out;
  code.header.write(out);
  code.table.write(out, code.header);
  weights.generator.write(out, code.header);
  for (const std::uint16_t word : words) {
    out.push_back(static_cast<std::uint8_t>(word));
    out.push_back(static_cast<std::uint8_t>(word >> 8));
  }
  while (out.size() % chip_beat_bytes != 0) out.push_back(0);
  return out;
}

}  // namespace wd::stream
