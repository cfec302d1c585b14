// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/automaton.hpp"

#include <array>
#include <bit>

#include "base/error.hpp"

namespace wd::algo {
namespace {

using Word = std::uint64_t;

/// One row's words with its neighbours to the left and right; a row outside of the plane is all 0.
class RowView {
 public:
  RowView(const BitPlane& plane, int y, Boundary boundary)
      : count_(plane.row_words()), last_((plane.width - 1) % 64), periodic_(boundary == Boundary::periodic) {
    if (periodic_) y = (y + plane.height) % plane.height;
    row_ = y >= 0 && y < plane.height ? plane.row(y) : nullptr;
  }
  Word centre(std::size_t i) const { return row_ ? row_[i] : 0; }
  /// Bit x holds cell x - 1.
  Word west(std::size_t i) const {
    if (!row_) return 0;
    const Word in = i > 0 ? row_[i - 1] >> 63 : periodic_ ? row_[count_ - 1] >> last_ & 1 : 0;
    return row_[i] << 1 | in;
  }
  /// Bit x holds cell x + 1.
  Word east(std::size_t i) const {
    if (!row_) return 0;
    const Word in = i + 1 < count_ ? row_[i + 1] << 63 : periodic_ ? (row_[0] & 1) << last_ : 0;
    return row_[i] >> 1 | in;
  }

 private:
  const Word* row_ = nullptr;
  std::size_t count_;
  int last_;
  bool periodic_;
};

/// A Boolean function of three words, as seven selections of one word by another.
class ElementaryRule {
 public:
  explicit ElementaryRule(unsigned rule) {
    for (std::size_t k = 0; k < 8; ++k) value_[k] = rule >> k & 1 ? ~Word{0} : 0;
  }
  Word operator()(Word left, Word centre, Word right) const {
    const auto select = [](Word by, Word one, Word zero) { return (by & one) | (~by & zero); };
    const auto pair = [&](std::size_t k) {
      return select(centre, select(right, value_[k + 3], value_[k + 2]),
                    select(right, value_[k + 1], value_[k]));
    };
    return select(left, pair(4), pair(0));
  }

 private:
  std::array<Word, 8> value_{};
};

/// The three rows around y.
struct Neighbourhood {
  RowView north, middle, south;
  Neighbourhood(const BitPlane& plane, int y, Boundary boundary)
      : north(plane, y - 1, boundary), middle(plane, y, boundary), south(plane, y + 1, boundary) {}
};

Word add_cells(const Neighbourhood& near, unsigned cells, std::size_t i) {
  Word sum = 0;
  if (cells & centre) sum ^= near.middle.centre(i);
  if (cells & north) sum ^= near.north.centre(i);
  if (cells & west) sum ^= near.middle.west(i);
  if (cells & east) sum ^= near.middle.east(i);
  if (cells & south) sum ^= near.south.centre(i);
  return sum;
}

/// Counts the 8 neighbours of 64 cells at once in four bit-sliced digits.
Word live_or_die(const Neighbourhood& near, const Automaton& automaton, std::size_t i) {
  std::array<Word, 4> digits{};
  for (Word carry : {near.north.west(i), near.north.centre(i), near.north.east(i), near.middle.west(i),
                     near.middle.east(i), near.south.west(i), near.south.centre(i), near.south.east(i)})
    for (Word& digit : digits) {
      const Word next = digit & carry;
      digit ^= carry;
      carry = next;
    }
  const Word alive = near.middle.centre(i);
  Word out = 0;
  for (unsigned n = 0; n <= 8; ++n) {
    Word here = ~Word{0};
    for (unsigned k = 0; k < 4; ++k) here &= n >> k & 1 ? digits[k] : ~digits[k];
    if (automaton.born >> n & 1) out |= here & ~alive;
    if (automaton.survive >> n & 1) out |= here & alive;
  }
  return out;
}

}  // namespace

BitPlane::BitPlane(int plane_height, int plane_width) : height(plane_height), width(plane_width) {
  WD_ASSERT(height > 0 && width > 0);
  words.assign(static_cast<std::size_t>(height) * ((static_cast<std::size_t>(width) + 63) / 64), 0);
}

void step(const Automaton& automaton, Boundary boundary, const BitPlane& from, BitPlane& to) {
  WD_ASSERT(&from != &to && from.height == to.height && from.width == to.width);
  const ElementaryRule rule(automaton.rule);
  const std::size_t count = from.row_words();
  const Word last_mask = ~Word{0} >> (63 - (from.width - 1) % 64);
  for (int y = 0; y < from.height; ++y) {
    const Neighbourhood near(from, y, boundary);
    Word* out = to.row(y);
    for (std::size_t i = 0; i < count; ++i) {
      switch (automaton.evolution) {
        case Evolution::rows:
          out[i] = rule(near.middle.west(i), near.middle.centre(i), near.middle.east(i));
          break;
        case Evolution::columns:
          out[i] = rule(near.north.centre(i), near.middle.centre(i), near.south.centre(i));
          break;
        case Evolution::additive:
          out[i] = add_cells(near, automaton.cells, i);
          break;
        case Evolution::totalistic:
          out[i] = live_or_die(near, automaton, i);
          break;
      }
    }
    out[count - 1] &= last_mask;
  }
}

namespace {

LocalRule whole_rule(const Automaton& automaton) {
  LocalRule rule;
  switch (automaton.evolution) {
    case Evolution::rows:
      rule.offsets = {{0, 1}, {0, 0}, {0, -1}};
      break;
    case Evolution::columns:
      rule.offsets = {{1, 0}, {0, 0}, {-1, 0}};
      break;
    case Evolution::additive:
      rule.offsets = {{0, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, 0}};
      break;
    case Evolution::totalistic:
      rule.offsets = {{0, 0}, {-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}};
      break;
  }
  rule.next.resize(std::size_t{1} << rule.offsets.size());
  for (unsigned pattern = 0; pattern < rule.next.size(); ++pattern) {
    unsigned bit = 0;
    switch (automaton.evolution) {
      case Evolution::rows:
      case Evolution::columns:
        bit = automaton.rule >> pattern;
        break;
      case Evolution::additive:
        bit = static_cast<unsigned>(std::popcount(pattern & automaton.cells));
        break;
      case Evolution::totalistic:
        bit = (pattern & 1 ? automaton.survive : automaton.born) >> std::popcount(pattern >> 1);
        break;
    }
    rule.next[pattern] = bit & 1;
  }
  return rule;
}

}  // namespace

LocalRule local_rule(const Automaton& automaton) {
  const LocalRule whole = whole_rule(automaton);
  LocalRule rule;
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < whole.offsets.size(); ++k) {
    bool matters = false;
    for (std::size_t pattern = 0; pattern < whole.next.size(); ++pattern)
      matters |= whole.next[pattern] != whole.next[pattern ^ std::size_t{1} << k];
    if (!matters) continue;
    kept.push_back(k);
    rule.offsets.push_back(whole.offsets[k]);
  }
  rule.next.resize(std::size_t{1} << kept.size());
  for (std::size_t pattern = 0; pattern < rule.next.size(); ++pattern) {
    std::size_t spread = 0;
    for (std::size_t k = 0; k < kept.size(); ++k) spread |= (pattern >> k & 1) << kept[k];
    rule.next[pattern] = whole.next[spread];
  }
  return rule;
}

void parse_born_survive(const std::string& text, const std::string& origin, Automaton& automaton) {
  unsigned sets[2] = {0, 0};
  const std::size_t slash = text.find('/');
  bool good = slash != std::string::npos && text[0] == 'B' && text.substr(slash + 1, 1) == "S";
  for (std::size_t i = 1; good && i < text.size(); ++i) {
    if (i == slash || i == slash + 1) continue;
    good = text[i] >= '0' && text[i] <= '8';
    if (good) sets[i > slash] |= 1u << (text[i] - '0');
  }
  WD_REQUIRE(good, origin, ": '", text, "' is not a rule of births and survivals; write it like B3/S23");
  automaton.born = sets[0];
  automaton.survive = sets[1];
}

std::string born_survive_text(const Automaton& automaton) {
  std::string out = "B";
  for (unsigned n = 0; n <= 8; ++n)
    if (automaton.born >> n & 1) out += static_cast<char>('0' + n);
  out += "/S";
  for (unsigned n = 0; n <= 8; ++n)
    if (automaton.survive >> n & 1) out += static_cast<char>('0' + n);
  return out;
}

}  // namespace wd::algo
