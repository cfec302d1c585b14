// SPDX-License-Identifier: Apache-2.0
// What every timed engine reports of a tile on the organisation "walker sets", beside the figures of all organisations:
//
//   walker_details(walks, pe_operands, row_issue, last_walk): four vectors of 32-bit numbers, to four TileDetails.
#pragma once

#include <utility>

#include "sim/engine.hpp"

namespace wd::sim {

/// In the order in which a cause is looked for: walks come before rows that are issued late.
/// @param walks walked positions by walker, walker s * PesPerGroup + p serving PE p of set s
/// @param pe_operands operands by PE, group-major
/// @param row_issue RUN cycle E(r) of each row
/// @param last_walk RUN cycle of each walker's last walk, 0 if none
inline std::vector<TileDetail> walker_details(std::vector<std::uint32_t> walks,
                                              std::vector<std::uint32_t> pe_operands,
                                              std::vector<std::uint32_t> row_issue,
                                              std::vector<std::uint32_t> last_walk) {
  std::vector<TileDetail> details(4);
  details[0] = {TileDetail::walker, "walked positions", false, std::move(walks)};
  details[1] = {TileDetail::pe, "operands", false, std::move(pe_operands)};
  details[2] = {"row", "is issued", true, std::move(row_issue)};
  details[3] = {TileDetail::walker, "last walk", true, std::move(last_walk)};
  return details;
}

}  // namespace wd::sim
