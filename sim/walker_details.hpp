// SPDX-License-Identifier: Apache-2.0
// What every timed engine reports of a tile on the organisation "walker sets", beside the figures of all organisations.
#pragma once

#include <utility>

#include "sim/engine.hpp"

namespace wd::sim {

/// In the order in which a cause is looked for: a PE's walks come before rows that are issued late.
/// @param pe_walks walked positions by PE, group-major
/// @param row_issue RUN cycle E(r) of each row
/// @param pe_last RUN cycle of each PE's last walk, 0 if none
inline std::vector<TileDetail> walker_details(std::vector<std::uint32_t> pe_walks,
                                              std::vector<std::uint32_t> row_issue,
                                              std::vector<std::uint32_t> pe_last) {
  std::vector<TileDetail> details(3);
  details[0] = {TileDetail::pe, "walked positions", false, std::move(pe_walks)};
  details[1] = {"row", "is issued", true, std::move(row_issue)};
  details[2] = {TileDetail::pe, "last walk", true, std::move(pe_last)};
  return details;
}

}  // namespace wd::sim
