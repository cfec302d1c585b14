// SPDX-License-Identifier: Apache-2.0
// What users of a library ask it.
#include <algorithm>

#include "base/error.hpp"
#include "hw/silicon/liberty.hpp"

namespace wd::silicon {

int Cell::pin(const std::string& wanted) const {
  for (std::size_t i = 0; i < pins.size(); ++i)
    if (pins[i].name == wanted) return static_cast<int>(i);
  return -1;
}

bool Cell::has_power() const {
  return std::any_of(pins.begin(), pins.end(), [](const Pin& pin) { return !pin.powers.empty(); });
}

void Library::require_power() const {
  WD_REQUIRE(std::any_of(cells.begin(), cells.end(), [](const auto& one) { return one.second.has_power(); }),
             origin,
             ": no cell has an internal_power table; power needs a library that was characterized for it");
}

const Cell& Library::powered(const std::string& wanted) const {
  const auto found = cells.find(wanted);
  WD_REQUIRE(found != cells.end(), origin, ": has no cell '", wanted,
             "'; the netlist was made for another library");
  const Cell& cell = found->second;
  WD_REQUIRE(cell.has_leakage, origin, ":", cell.line, ": cell ", wanted, " has no leakage power");
  bool computes = false;
  for (const Pin& pin : cell.pins)
    computes =
        computes || (pin.direction == Direction::output && !(pin.function && pin.function->constant()));
  WD_REQUIRE(cell.has_power() || !computes, origin, ":", cell.line, ": cell ", wanted,
             " has no internal_power");
  return cell;
}

}  // namespace wd::silicon
