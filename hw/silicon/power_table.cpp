// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/power_table.hpp"

#include <algorithm>
#include <cstddef>

namespace wd::silicon {
namespace {

struct Place {
  std::size_t below = 0, above = 0;
  double part = 0;  // of the way from below to above
};

Place place(const std::vector<double>& axis, double x) {
  if (axis.size() < 2) return {};
  const auto next = std::upper_bound(axis.begin() + 1, axis.end() - 1, x);
  const auto above = static_cast<std::size_t>(next - axis.begin());
  return {above - 1, above, (x - axis[above - 1]) / (axis[above] - axis[above - 1])};
}

}  // namespace

double PowerTable::at(double slew_ns, double load_ff) const {
  const Place s = place(slews_ns, slew_ns), l = place(loads_ff, load_ff);
  const std::size_t width = std::max<std::size_t>(1, loads_ff.size());
  const auto row = [&](std::size_t slew) {
    const double low = energy_fj[slew * width + l.below], high = energy_fj[slew * width + l.above];
    return low + (high - low) * l.part;
  };
  const double low = row(s.below);
  return low + (row(s.above) - low) * s.part;
}

}  // namespace wd::silicon
