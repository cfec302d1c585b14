// SPDX-License-Identifier: Apache-2.0
// What users of a library ask it.
#include <algorithm>

#include "base/error.hpp"
#include "hw/silicon/liberty.hpp"

namespace wd::silicon {
namespace {

/// @param has of a cell and an output pin
template <typename Has>
void require_in_some_cell(const Library& library, const char* what, Has has) {
  const Cell* first = nullptr;  // that ought to have it
  for (const auto& [name, cell] : library.cells)
    for (std::size_t pin = 0; pin < cell.pins.size(); ++pin) {
      if (!cell.computes(pin)) continue;
      if (has(cell, pin)) return;
      if (first == nullptr || cell.line < first->line) first = &cell;
    }
  WD_REQUIRE(first != nullptr, library.origin, ": no cell has an output");
  fail(library.origin, ":", first->line, ": no cell has ", what, ", from ", first->name,
       " on; power needs a library that was characterized for it");
}

}  // namespace

int Cell::pin(const std::string& wanted) const {
  for (std::size_t i = 0; i < pins.size(); ++i)
    if (pins[i].name == wanted) return static_cast<int>(i);
  return -1;
}

bool Cell::has_power() const {
  return std::any_of(pins.begin(), pins.end(), [](const Pin& pin) { return !pin.powers.empty(); });
}

bool Cell::computes(std::size_t pin) const {
  const Pin& one = pins[pin];
  return one.direction == Direction::output && !(one.function && one.function->constant());
}

bool Cell::has_delays(std::size_t pin) const {
  return std::any_of(pins[pin].timings.begin(), pins[pin].timings.end(),
                     [](const Timing& timing) { return timing.delays; });
}

void Library::require_power() const {
  require_in_some_cell(*this, "an internal_power table",
                       [](const Cell& cell, std::size_t) { return cell.has_power(); });
}

void Library::require_delays() const {
  require_in_some_cell(*this, "a timing table (cell_rise, cell_fall)",
                       [](const Cell& cell, std::size_t pin) { return cell.has_delays(pin); });
  for (const auto& [_, cell] : cells)
    for (std::size_t pin = 0; pin < cell.pins.size(); ++pin) {
      const bool chosen = cell.state.kind == State::Kind::none && !cell.dont_use && cell.pins[pin].function &&
                          !cell.pins[pin].three_state && cell.computes(pin);
      WD_REQUIRE(
          !chosen || cell.has_delays(pin), origin, ":", cell.line, ": cell ", cell.name, ": pin ",
          cell.pins[pin].name,
          " has a function, but no timing table (cell_rise, cell_fall); give it one, or dont_use : true");
    }
}

const Cell& Library::powered(const std::string& wanted) const {
  const auto found = cells.find(wanted);
  WD_REQUIRE(found != cells.end(), origin, ": has no cell '", wanted,
             "'; the netlist was made for another library");
  const Cell& cell = found->second;
  WD_REQUIRE(cell.has_leakage, origin, ":", cell.line, ": cell ", wanted, " has no leakage power");
  bool computes = false;
  for (std::size_t pin = 0; pin < cell.pins.size(); ++pin) computes = computes || cell.computes(pin);
  WD_REQUIRE(cell.has_power() || !computes, origin, ":", cell.line, ": cell ", wanted,
             " has no internal_power");
  return cell;
}

}  // namespace wd::silicon
