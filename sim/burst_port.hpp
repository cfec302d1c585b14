// SPDX-License-Identifier: Apache-2.0
// The memory port's other end, cycle by cycle: for cores that step their cycles, where memory has times of its own.
//
// Timing    each call is of the present cycle. request() and send() as the core's signals are in it; next() or hold() once in each cycle, and
//           accepts(), before them.
#pragma once

#include <cstdint>

namespace wd::sim {

class BurstPort {
 public:
  virtual ~BurstPort() = default;
  virtual void request(bool write, std::uint32_t first, std::uint32_t count) = 0;
  /// The read burst's beat that comes in this cycle; null: none does.
  virtual const std::uint8_t* next() = 0;
  /// Instead of next(): the core has not taken the last one yet.
  virtual void hold() = 0;
  /// Whether the next beat of a write burst may be sent in this cycle.
  virtual bool accepts() const = 0;
  /// It is sent.
  virtual void send(const std::uint8_t* beat) = 0;
};

}  // namespace wd::sim
