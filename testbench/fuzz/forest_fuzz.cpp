// SPDX-License-Identifier: Apache-2.0
// The forest behind right checksums, its sections as sections.hpp packs them; then one classification.
#include "algo/reservoir/random_forest.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const algo::Forest forest = algo::forest_from(unpack_sections(data, algo::forest_kind));
  WD_ASSERT(algo::forest_from(algo::to_container(forest)) == forest);
  WD_ASSERT(algo::classify(forest, [](std::uint32_t feature) { return feature % 3 == 1; }) < forest.classes);
  algo::measure(forest);
}

}  // namespace wd::fuzz
