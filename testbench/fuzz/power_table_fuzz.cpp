// SPDX-License-Identifier: Apache-2.0
// Power tables, and energies by those that are accepted.
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "sim/power_model.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const sim::PowerTable table = sim::PowerTable::from_json(parse_json(data, "fuzz:"), "fuzz");
  const nlohmann::json written = table.to_json();
  WD_ASSERT(sim::PowerTable::from_json(written, "again").to_json() == written);
  arch::Counters counters;
  counters.cycles = counters.run_cycles = counters.bit_ops = counters.rows_issued = 1000;
  const sim::PowerEstimate power =
      sim::estimate_power(table, sim::CounterAmounts(counters), table.arch, {}, sim::operating_point(table));
  WD_ASSERT(power.chip_pj() >= 0 && !std::isnan(power.chip_pj()));
}

}  // namespace wd::fuzz
