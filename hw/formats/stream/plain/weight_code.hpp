// SPDX-License-Identifier: Apache-2.0
// Frozen weights and weight codes.
// Of the second decoder of compressed models, which was written from docs/formats.md alone, for tests: plain and slow,
// one bit at a time. It shares no code with the first one, so that the two can only agree on what the page says.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hw/formats/stream/plain/container.hpp"

namespace wd::stream::plain {

struct Kinds {
  int coats;
  bool learned_signs;
};

inline std::uint16_t rotated_left(std::uint16_t word, int count) {
  return static_cast<std::uint16_t>((word << count) | (word >> (16 - count)));
}

// What Speck32/64 does to a block in a round, and, with the round's number as the key, to the key words.
inline void speck_round(std::uint16_t& left, std::uint16_t& right, std::uint16_t key) {
  left = static_cast<std::uint16_t>((rotated_left(left, 16 - 7) + right) ^ key);
  right = static_cast<std::uint16_t>(rotated_left(right, 2) ^ left);
}

inline std::uint32_t speck_32_64(std::uint64_t key, std::uint32_t block) {
  constexpr int rounds = 22;
  std::uint16_t round_key = static_cast<std::uint16_t>(key);
  std::uint16_t others[3];
  for (int i = 0; i < 3; ++i) others[i] = static_cast<std::uint16_t>(key >> (16 * (i + 1)));
  std::uint16_t left = static_cast<std::uint16_t>(block >> 16);
  std::uint16_t right = static_cast<std::uint16_t>(block);
  for (int i = 0; i < rounds; ++i) {
    speck_round(left, right, round_key);
    speck_round(others[i % 3], round_key, static_cast<std::uint16_t>(i));
  }
  return static_cast<std::uint32_t>(left) << 16 | right;
}

enum class Fate { free, pruned, locked };

struct Freeze {
  std::uint64_t seed;
  std::uint32_t pruned;
  std::uint32_t locked;
};

inline Fate fate_of_weight(const Freeze& freeze, std::uint64_t k) {
  const std::uint64_t key = freeze.seed ^ 0x667265657a652131u;
  const std::uint32_t pair = speck_32_64(key, static_cast<std::uint32_t>(k / 2));
  const std::uint32_t u = k % 2 == 0 ? pair & 0xffff : pair >> 16;
  if (u < freeze.pruned) return Fate::pruned;
  return u < freeze.pruned + freeze.locked ? Fate::locked : Fate::free;
}

inline int kind_count(Kinds kinds) { return kinds.coats * (kinds.learned_signs ? 2 : 1); }

// Takes the weights of one stream and refuses more than it has.
class StreamWeights {
 public:
  StreamWeights(Kinds kinds, std::size_t count) : kinds_(kinds), left_(count) {}

  std::size_t left() const { return left_; }
  Kinds kinds() const { return kinds_; }
  const std::vector<int>& levels() const { return levels_; }
  const std::vector<int>& signs() const { return signs_; }

  void add(int level, int sign) {
    require(left_ > 0, "passes the last weight of the stream");
    --left_;
    levels_.push_back(level);
    if (kinds_.learned_signs) signs_.push_back(sign);
  }

  void add_zeros(std::size_t count) {
    require(count <= left_, "a run of zeros passes the last weight of the stream");
    for (std::size_t i = 0; i < count; ++i) add(0, 0);
  }

  void add_kind(int kind) {
    if (kinds_.learned_signs) {
      add(kind / 2 + 1, kind % 2);
    } else {
      add(kind + 1, 0);
    }
  }

 private:
  Kinds kinds_;
  std::size_t left_;
  std::vector<int> levels_;
  std::vector<int> signs_;
};

inline void read_plain(BitReader& in, StreamWeights& out) {
  const int coats = out.kinds().coats;
  const int level_bits = coats == 1 ? 1 : coats == 3 ? 2 : 3;
  while (out.left() > 0) {
    const int level = in.bits(level_bits);
    const int sign = out.kinds().learned_signs ? in.bit() : 0;
    require(level > 0 || sign == 0, "a weight of level 0 is negative");
    out.add(level, sign);
  }
}

inline int read_truncated_binary(BitReader& in, int m) {
  int b = 0;
  while ((1 << b) < m) ++b;
  if (b == 0) return 0;
  const int k = (1 << b) - m;
  const int value = in.bits(b - 1);
  return value < k ? value : 2 * value + in.bit() - k;
}

inline std::size_t read_golomb_run(BitReader& in, int m) {
  std::size_t quotient = 0;
  while (in.bit() == 1) ++quotient;
  return quotient * static_cast<std::size_t>(m) + static_cast<std::size_t>(read_truncated_binary(in, m));
}

inline void read_golomb(BitReader& in, StreamWeights& out, int m) {
  while (out.left() > 0) {
    out.add_zeros(read_golomb_run(in, m));
    if (out.left() == 0) break;
    int level = 1;
    while (level < out.kinds().coats && in.bit() == 1) ++level;
    out.add(level, out.kinds().learned_signs ? in.bit() : 0);
  }
}

// The symbols of Huffman and tANS, without a code.
struct Symbols {
  int run_limit = 1;
  int kinds = 1;

  int count() const { return 1 + run_limit * kinds; }
  int number(int run, int kind) const { return 1 + run * kinds + kind; }

  void add_to(StreamWeights& out, int symbol) const {
    if (symbol == 0) {
      const std::size_t run = static_cast<std::size_t>(run_limit);
      out.add_zeros(run < out.left() ? run : out.left());
    } else {
      out.add_zeros(static_cast<std::size_t>((symbol - 1) / kinds));
      out.add_kind((symbol - 1) % kinds);
    }
  }
};

inline Symbols read_symbols(BitReader& in, int kinds) {
  const int log2_run_limit = in.byte();
  require(log2_run_limit <= 7, "the run limit is too large");
  return {1 << log2_run_limit, kinds};
}

struct CodeWord {
  int length;
  int bits;
  auto operator<=>(const CodeWord&) const = default;
};

struct HuffmanTable {
  Symbols symbols;
  std::map<CodeWord, int> symbol_of;
};

inline int read_code_length(BitReader& in, int neighbour) {
  int length = neighbour;
  if (in.bit() == 1) {
    if (in.bit() == 0) {
      length = neighbour + 1;
    } else if (in.bit() == 0) {
      length = neighbour - 1;
    } else {
      length = in.bits(4);
    }
  }
  require(length >= 0 && length <= 15, "a code length is outside of 0 to 15");
  return length;
}

inline std::vector<int> read_code_lengths(BitReader& in, const Symbols& symbols) {
  std::vector<int> lengths(static_cast<std::size_t>(symbols.count()));
  const auto length_of = [&](int symbol) -> int& { return lengths[static_cast<std::size_t>(symbol)]; };
  length_of(0) = in.bits(4);
  for (int kind = 0; kind < symbols.kinds; ++kind) {
    for (int run = 0; run < symbols.run_limit; ++run) {
      const int symbol = symbols.number(run, kind);
      const int neighbour = run > 0 ? symbols.number(run - 1, kind) : symbol - 1;
      length_of(symbol) = read_code_length(in, length_of(neighbour));
    }
  }
  return lengths;
}

inline void check_code_lengths(const std::vector<int>& lengths) {
  int occurring = 0;
  int sum = 0;  // of 2^-length, in units of 2^-15
  for (const int length : lengths) {
    if (length == 0) continue;
    ++occurring;
    sum += 1 << (15 - length);
  }
  const int whole = 1 << 15;
  require(occurring == 1 ? sum == whole / 2 : sum == whole, "the code lengths do not make a complete code");
}

inline std::map<CodeWord, int> canonical_code(const std::vector<int>& lengths) {
  std::map<CodeWord, int> symbol_of;
  int next = 0;
  for (int length = 1; length <= 15; ++length) {
    next *= 2;
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != length) continue;
      symbol_of[{length, next}] = static_cast<int>(symbol);
      ++next;
    }
  }
  return symbol_of;
}

inline HuffmanTable read_huffman_table(BitReader& in, int kinds) {
  const Symbols symbols = read_symbols(in, kinds);
  const std::vector<int> lengths = read_code_lengths(in, symbols);
  in.skip_padding();
  check_code_lengths(lengths);
  return {symbols, canonical_code(lengths)};
}

inline HuffmanTable read_shared_table(const Bytes& tables, int index, Kinds kinds) {
  BitReader in(tables);
  const int count = in.byte();
  require(count >= 1, "section tables has no table");
  require(index < count, "there is no shared table of this index");
  HuffmanTable chosen;
  for (int i = 0; i < count; ++i) {
    const int c = in.byte();
    const int s = in.byte();
    require(c == 1 || c == 3 || c == 7, "a shared table has an impossible number of coats");
    require(s == 1 || s == 2, "a shared table has an impossible S");
    const HuffmanTable table = read_huffman_table(in, c * s);
    if (i != index) continue;
    require(c == kinds.coats && s == (kinds.learned_signs ? 2 : 1),
            "the shared table is for other kinds of weights");
    chosen = table;
  }
  in.finish();
  return chosen;
}

inline int read_code_word(BitReader& in, const HuffmanTable& table) {
  CodeWord word{0, 0};
  while (word.length < 15) {
    word = {word.length + 1, 2 * word.bits + in.bit()};
    const auto found = table.symbol_of.find(word);
    if (found != table.symbol_of.end()) return found->second;
    // Only the code of a single symbol has a bit that starts no code word.
    require(table.symbol_of.size() > 1, "no code word");
  }
  throw std::runtime_error("no code word");
}

inline void read_huffman(BitReader& in, StreamWeights& out, const HuffmanTable& table) {
  while (out.left() > 0) table.symbols.add_to(out, read_code_word(in, table));
}

constexpr int ans_states = 2048;

struct AnsState {
  int symbol;
  int rank;
};

struct AnsTable {
  Symbols symbols;
  std::vector<AnsState> states;  // none if there are no weights
};

inline int read_elias_gamma(BitReader& in) {
  int zeros = 0;
  while (in.bit() == 0) ++zeros;
  require(zeros <= 11, "a frequency is above 2048");
  return (1 << zeros) + in.bits(zeros);
}

inline std::vector<AnsState> ans_state_table(const std::vector<int>& frequencies) {
  std::vector<AnsState> states(ans_states);
  int place = 0;
  for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
    for (int i = 0; i < frequencies[symbol]; ++i) {
      states[static_cast<std::size_t>(place)].symbol = static_cast<int>(symbol);
      place = (place + 1283) % ans_states;
    }
  }
  std::vector<int> next_rank = frequencies;
  for (AnsState& state : states) state.rank = next_rank[static_cast<std::size_t>(state.symbol)]++;
  return states;
}

inline AnsTable read_ans_table(BitReader& in, int kinds) {
  const Symbols symbols = read_symbols(in, kinds);
  std::vector<int> frequencies;
  int sum = 0;
  for (int symbol = 0; symbol < symbols.count(); ++symbol) {
    frequencies.push_back(read_elias_gamma(in) - 1);
    sum += frequencies.back();
  }
  in.skip_padding();
  require(sum == ans_states || sum == 0, "the frequencies do not add up to 2048");
  if (sum == 0) return {symbols, {}};
  return {symbols, ans_state_table(frequencies)};
}

inline void read_ans(BitReader& in, StreamWeights& out, const AnsTable& table) {
  if (out.left() == 0) return;
  require(!table.states.empty(), "there are weights but no frequencies");
  int state = in.bits(11);
  while (out.left() > 0) {
    const AnsState& present = table.states[static_cast<std::size_t>(state)];
    table.symbols.add_to(out, present.symbol);
    int n = 11;
    while ((present.rank >> (11 - n)) > 1) --n;
    state = (present.rank << n) - ans_states + in.bits(n);
  }
  require(state == 0, "the last state is not 0");
}

enum class Mode { plain = 0, golomb = 1, huffman_own = 2, huffman_shared = 3, tans = 4 };

// A mode with its parameter; only what the mode needs is set.
struct Coding {
  Mode mode = Mode::plain;
  int golomb_m = 0;
  HuffmanTable huffman{};
  AnsTable ans{};
};

inline Coding read_coding(BitReader& in, Kinds kinds, const Bytes& tables) {
  const int mode = in.byte();
  require(mode <= 4, "there is no such mode");
  Coding coding;
  coding.mode = static_cast<Mode>(mode);
  switch (coding.mode) {
    case Mode::plain:
      break;
    case Mode::golomb:
      coding.golomb_m = in.byte();
      require(coding.golomb_m >= 1, "the Golomb parameter is 0");
      break;
    case Mode::huffman_own:
      coding.huffman = read_huffman_table(in, kind_count(kinds));
      break;
    case Mode::huffman_shared:
      coding.huffman = read_shared_table(tables, in.byte(), kinds);
      break;
    case Mode::tans:
      coding.ans = read_ans_table(in, kind_count(kinds));
      break;
  }
  return coding;
}

inline StreamWeights read_stream(const Bytes& stream, const Coding& coding, Kinds kinds, std::size_t count) {
  BitReader in(stream);
  StreamWeights out(kinds, count);
  switch (coding.mode) {
    case Mode::plain:
      read_plain(in, out);
      break;
    case Mode::golomb:
      read_golomb(in, out, coding.golomb_m);
      break;
    case Mode::huffman_own:
    case Mode::huffman_shared:
      read_huffman(in, out, coding.huffman);
      break;
    case Mode::tans:
      read_ans(in, out, coding.ans);
      break;
  }
  in.finish();
  return out;
}

inline std::vector<Bytes> read_streams(BitReader& in, std::size_t count) {
  std::vector<std::size_t> lengths;
  if (count >= 2) {
    const int width = in.byte();
    require(width >= 1 && width <= 4, "the width of the stream lengths is outside of 1 to 4");
    for (std::size_t i = 0; i + 1 < count; ++i) {
      lengths.push_back(
          little_endian(in.take_bytes(static_cast<std::size_t>(width)), 0, static_cast<std::size_t>(width)));
    }
  }
  std::vector<Bytes> streams;
  for (const std::size_t length : lengths) streams.push_back(in.take_bytes(length));
  streams.push_back(in.take_bytes(in.bytes_left()));
  return streams;
}

// One weight code (the bytes of a section weights.N). stream_weights: the number of free weights of each stream.
// tables: the bytes of section tables, or none. Returns levels and signs, no signs if they are random.
inline std::pair<std::vector<int>, std::vector<int>> read_weight_code(
    const Bytes& code, Kinds kinds, const std::vector<std::size_t>& stream_weights,
    const Bytes& tables = {}) {
  require(kinds.coats == 1 || kinds.coats == 3 || kinds.coats == 7, "an impossible number of coats");
  require(!stream_weights.empty(), "there is no stream");
  const std::size_t most = 1024 * code.size();
  std::size_t total = 0;
  for (const std::size_t count : stream_weights) {
    require(count <= most - total, "more than 1024 weights for each byte");
    total += count;
  }
  if (total == 0 && code.empty()) return {};

  BitReader in(code);
  const Coding coding = read_coding(in, kinds, tables);
  const std::vector<Bytes> streams = read_streams(in, stream_weights.size());
  std::pair<std::vector<int>, std::vector<int>> weights;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const StreamWeights stream = read_stream(streams[i], coding, kinds, stream_weights[i]);
    weights.first.insert(weights.first.end(), stream.levels().begin(), stream.levels().end());
    weights.second.insert(weights.second.end(), stream.signs().begin(), stream.signs().end());
  }
  return weights;
}

}  // namespace wd::stream::plain
