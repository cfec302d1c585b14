// SPDX-License-Identifier: Apache-2.0
// Memory outside of the fast simulator's chip, with times of its own: that of a system in which the chip is one device.
//
// Units     cycles of the program, from its start; beats of 16 bytes, addresses in beats.
// Not       the ideal memory of Engine::frame, which BurstTimes has by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace wd::sim::fast {

/// Beats of a transaction end where an address is a multiple of these: a burst of the system's bus.
inline constexpr std::uint64_t bus_beats = 16;

class ChipMemory {
 public:
  virtual ~ChipMemory() = default;
  /// Says in which cycle a beat is taken that is shown from one on. Empty: in the same.
  using Take = std::function<std::uint64_t(std::uint64_t shown, const std::uint8_t* beat)>;
  /// A burst is requested in a cycle. Bursts come one after another, in the order of time. @return the cycle in which its last beat is taken
  virtual std::uint64_t read(std::uint64_t request, std::uint64_t first, std::span<std::uint8_t> beats,
                             const Take& take) = 0;
  /// The last of these beats is sent in a cycle.
  virtual void write(std::uint64_t sent, std::uint64_t first, std::span<const std::uint8_t> beats) = 0;
  /// The first cycle in which a write burst's first beat may be sent, as far as that depends on the writes before it.
  virtual std::uint64_t accepts_from() const { return 0; }
  /// What most likely comes, without time: what depends on it is held to what does. @return whether that is known
  virtual bool peek(std::uint64_t, std::span<std::uint8_t>) { return false; }
};

}  // namespace wd::sim::fast
