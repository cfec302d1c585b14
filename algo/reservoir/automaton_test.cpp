// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/automaton.hpp"

#include <catch2/catch.hpp>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// The definition, cell by cell, on bools.
struct PlainPlane {
  int height, width;
  std::vector<bool> cells;
  bool at(int y, int x, Boundary boundary) const {
    if (boundary == Boundary::periodic) {
      y = (y + height) % height;
      x = (x + width) % width;
    }
    if (y < 0 || y >= height || x < 0 || x >= width) return false;
    return cells[static_cast<std::size_t>(y * width + x)];
  }
};

PlainPlane random_plane(int height, int width, std::uint64_t seed) {
  PlainPlane plane{height, width, {}};
  for (int i = 0; i < height * width; ++i)
    plane.cells.push_back(random_bits(seed, RandomStream::shuffle, static_cast<std::uint64_t>(i)) & 1);
  return plane;
}

BitPlane packed(const PlainPlane& plane) {
  BitPlane out(plane.height, plane.width);
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      if (plane.at(y, x, Boundary::zero)) out.set(y, x);
  return out;
}

bool plain_next(const Automaton& a, const PlainPlane& p, int y, int x, Boundary b) {
  const auto wolfram = [&](bool left, bool middle, bool right) {
    return (a.rule >> (4 * left + 2 * middle + right) & 1) != 0;
  };
  switch (a.evolution) {
    case Evolution::rows:
      return wolfram(p.at(y, x - 1, b), p.at(y, x, b), p.at(y, x + 1, b));
    case Evolution::columns:
      return wolfram(p.at(y - 1, x, b), p.at(y, x, b), p.at(y + 1, x, b));
    case Evolution::additive: {
      int sum = 0;
      if (a.cells & centre) sum += p.at(y, x, b);
      if (a.cells & north) sum += p.at(y - 1, x, b);
      if (a.cells & south) sum += p.at(y + 1, x, b);
      if (a.cells & west) sum += p.at(y, x - 1, b);
      if (a.cells & east) sum += p.at(y, x + 1, b);
      return sum % 2 == 1;
    }
    case Evolution::totalistic: {
      int live = -int{p.at(y, x, b)};
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) live += p.at(y + dy, x + dx, b);
      return ((p.at(y, x, b) ? a.survive : a.born) >> live & 1) != 0;
    }
  }
  return false;
}

/// Counts the cells that differ after a step; unused bits count too.
int differences(const Automaton& automaton, Boundary boundary, const PlainPlane& plane) {
  const BitPlane from = packed(plane);
  BitPlane to(plane.height, plane.width), expected(plane.height, plane.width);
  to.words.assign(to.words.size(), ~std::uint64_t{0});
  step(automaton, boundary, from, to);
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      if (plain_next(automaton, plane, y, x, boundary)) expected.set(y, x);
  int wrong = 0;
  for (std::size_t i = 0; i < to.words.size(); ++i) wrong += to.words[i] != expected.words[i];
  return wrong;
}

}  // namespace

TEST_CASE("automaton: all 256 rules equal the definition along rows and columns", "[algo][oracle]") {
  const Boundary boundary = GENERATE(Boundary::zero, Boundary::periodic);
  const Evolution evolution = GENERATE(Evolution::rows, Evolution::columns);
  for (auto [height, width] : {std::pair{3, 28}, {4, 64}, {70, 65}, {5, 130}, {1, 2}, {2, 1}, {7, 63}}) {
    const PlainPlane plane = random_plane(height, width, 11);
    int wrong = 0;
    for (unsigned rule = 0; rule < 256; ++rule)
      wrong += differences({.evolution = evolution, .rule = rule}, boundary, plane);
    INFO(height << " x " << width);
    CHECK(wrong == 0);
  }
}

TEST_CASE("automaton: every additive rule and random B/S rules equal the definition", "[algo][oracle]") {
  const Boundary boundary = GENERATE(Boundary::zero, Boundary::periodic);
  for (auto [height, width] : {std::pair{6, 28}, {5, 64}, {4, 67}, {3, 3}, {4, 128}}) {
    const PlainPlane plane = random_plane(height, width, 12);
    int wrong = 0;
    for (unsigned cells = 1; cells < 32; ++cells)
      wrong += differences({.evolution = Evolution::additive, .cells = cells}, boundary, plane);
    for (std::uint64_t n = 0; n < 64; ++n) {
      const std::uint64_t sets = random_bits(3, RandomStream::shuffle, n);
      wrong += differences({.evolution = Evolution::totalistic,
                            .born = static_cast<unsigned>(sets & 511),
                            .survive = static_cast<unsigned>(sets >> 9 & 511)},
                           boundary, plane);
    }
    INFO(height << " x " << width);
    CHECK(wrong == 0);
  }
}

TEST_CASE("automaton: rule 90 from one cell is Pascal's triangle modulo 2", "[algo][oracle]") {
  BitPlane state(1, 201), next(1, 201);
  state.set(0, 100);
  for (int t = 0; t <= 60; ++t) {
    for (int k = 0; k <= t; ++k) {
      // Lucas: C(t, k) is odd exactly when k's binary digits are among t's.
      CHECK(state.get(0, 100 - t + 2 * k) == ((k & ~t) == 0));
      if (k < t) CHECK_FALSE(state.get(0, 100 - t + 2 * k + 1));
    }
    step({.evolution = Evolution::rows, .rule = 90}, Boundary::zero, state, next);
    std::swap(state, next);
  }
}

TEST_CASE("automaton: a glider of Life moves one cell down and right in four steps", "[algo][oracle]") {
  constexpr std::pair<int, int> glider[] = {{0, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}};
  BitPlane state(9, 70), next(9, 70), expected(9, 70);
  for (auto [y, x] : glider) {
    state.set((y + 7) % 9, (x + 68) % 70);
    expected.set((y + 8) % 9, (x + 69) % 70);
  }
  for (int t = 0; t < 4; ++t) {
    step({.evolution = Evolution::totalistic}, Boundary::periodic, state, next);
    std::swap(state, next);
  }
  CHECK(state.words == expected.words);
}

TEST_CASE("automaton: the local rule names the cells that matter", "[algo]") {
  const LocalRule xor_rule = local_rule({.evolution = Evolution::columns, .rule = 90});
  REQUIRE(xor_rule.offsets.size() == 2);
  CHECK(xor_rule.offsets[0].dy == 1);
  CHECK(xor_rule.offsets[1].dy == -1);
  CHECK(xor_rule.next == std::vector<bool>{false, true, true, false});
  CHECK(local_rule({.evolution = Evolution::rows, .rule = 204}).offsets.size() == 1);
  CHECK(local_rule({.evolution = Evolution::rows, .rule = 0}).offsets.empty());
  CHECK(local_rule({.evolution = Evolution::rows, .rule = 255}).next == std::vector<bool>{true});
  CHECK(local_rule({.evolution = Evolution::additive, .cells = centre | west}).offsets.size() == 2);
  CHECK(local_rule({.evolution = Evolution::totalistic}).offsets.size() == 9);
}

TEST_CASE("automaton: B/S rules are read and written, others refused", "[algo][bad-input][message]") {
  Automaton automaton;
  parse_born_survive("B36/S0128", "here", automaton);
  CHECK(automaton.born == (1u << 3 | 1u << 6));
  CHECK(automaton.survive == (1u << 0 | 1u << 1 | 1u << 2 | 1u << 8));
  CHECK(born_survive_text(automaton) == "B36/S0128");
  for (const char* bad : {"", "/", "B3", "B3/23", "S23/B3", "B9/S2", "b3/s23", "B3/S23/S", "B3S23"})
    CHECK_THROWS_WITH(parse_born_survive(bad, "c.json: 'rule'", automaton),
                      Contains("c.json: 'rule'") && Contains("B3/S23"));
}
