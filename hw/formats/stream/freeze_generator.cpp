// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/freeze_generator.hpp"

#include <cmath>

#include "base/error.hpp"

namespace wd::stream {

std::uint32_t freeze_fraction(double fraction) {
  WD_REQUIRE(fraction >= 0 && fraction <= 1, "freezing: the fraction is ", fraction, ", must be 0 to 1");
  return static_cast<std::uint32_t>(std::lround(fraction * freeze_one));
}

FreezeGenerator::FreezeGenerator(std::uint64_t seed, std::uint32_t pruned, std::uint32_t locked)
    : blocks_(seed ^ freeze_domain), pruned_(pruned), frozen_(pruned + locked) {
  WD_REQUIRE(pruned <= freeze_one && locked <= freeze_one && frozen_ <= freeze_one,
             "freezing: pruned and locked are ", pruned, " and ", locked,
             " of 65536, their sum must be at most 65536");
}

std::vector<std::uint8_t> FreezeGenerator::pattern(std::size_t count) const {
  std::vector<std::uint8_t> states(count);
  for (std::size_t weight = 0; weight < count; ++weight)
    states[weight] = static_cast<std::uint8_t>(state(weight));
  return states;
}

}  // namespace wd::stream
