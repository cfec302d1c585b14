// SPDX-License-Identifier: Apache-2.0
// What the tracer reads of an organisation's inside: one adapter per organisation, over the Verilated core's root.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.hpp"

namespace wd::sim::rtl {

class ArrayProbe {
 public:
  virtual ~ArrayProbe() = default;
  /// A tile begins: in its SETUP cycle.
  virtual void begin() = 0;
  /// In every settled RUN cycle, counted from 0.
  virtual void observe(std::uint32_t run_cycle) = 0;
  /// After RUN.
  virtual std::vector<TileDetail> details() = 0;
};

}  // namespace wd::sim::rtl
