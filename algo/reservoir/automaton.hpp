// SPDX-License-Identifier: Apache-2.0
// Steps binary cellular automata on packed planes: elementary rules along rows or columns, and 2-D rules.
//
// Shape     a plane is H x W cells, a row ceil(W / 64) words, cell x in bit x % 64 of word x / 64; the bits
//           behind cell W - 1 are 0. A step updates 64 cells per word operation.
// Rules     rows, columns: Wolfram's number R, x_i' = bit (4 x_{i-1} + 2 x_i + x_{i+1}) of R;
//           additive: XOR of the selected cells among centre, north, west, east, south;
//           totalistic: Conway's B/S form over the 8 neighbours of Moore.
// Source    Wolfram, Rev. Mod. Phys. 55 (1983) 601; Packard and Wolfram, J. Stat. Phys. 38 (1985) 901
// Test      automaton_test.cpp (all 256 rules against a plain loop over cells)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wd::algo {

struct BitPlane {
  BitPlane(int plane_height, int plane_width);

  std::size_t row_words() const { return words.size() / static_cast<std::size_t>(height); }
  const std::uint64_t* row(int y) const { return words.data() + static_cast<std::size_t>(y) * row_words(); }
  std::uint64_t* row(int y) { return words.data() + static_cast<std::size_t>(y) * row_words(); }
  bool get(int y, int x) const { return row(y)[x / 64] >> (x % 64) & 1; }
  void set(int y, int x) { row(y)[x / 64] |= std::uint64_t{1} << (x % 64); }
  void clear() { words.assign(words.size(), 0); }

  int height, width;
  std::vector<std::uint64_t> words;
};

enum class Boundary { zero, periodic };
enum class Evolution { rows, columns, additive, totalistic };

/// Bits of Automaton::cells.
enum AdditiveCells : unsigned { centre = 1, north = 2, west = 4, east = 8, south = 16 };

struct Automaton {
  Evolution evolution = Evolution::rows;
  unsigned rule = 90;                                     // rows, columns: 0 to 255
  unsigned cells = centre | north | west | east | south;  // additive: a set of AdditiveCells
  unsigned born = 1u << 3;                                // totalistic: bit n = n live neighbours give birth
  unsigned survive = 1u << 2 | 1u << 3;                   // totalistic: bit n = n live neighbours keep alive
  bool operator==(const Automaton&) const = default;
};

/// One step of all cells; `to` has the shape of `from` and is another plane.
void step(const Automaton& automaton, Boundary boundary, const BitPlane& from, BitPlane& to);

/// The same rule for one cell: the cells that matter and the next state for each of their patterns.
struct LocalRule {
  struct Offset {
    int dy, dx;
  };
  std::vector<Offset> offsets;  // cells that cannot change the result are left out
  std::vector<bool> next;       // index: bit k = state of offsets[k]
};
LocalRule local_rule(const Automaton& automaton);

/// "B3/S23". Errors: anything else is refused, with `origin` as the message's start.
void parse_born_survive(const std::string& text, const std::string& origin, Automaton& automaton);
std::string born_survive_text(const Automaton& automaton);

}  // namespace wd::algo
