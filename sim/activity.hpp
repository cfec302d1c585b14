// SPDX-License-Identifier: Apache-2.0
// Counts what signals do, cycle by cycle, and keeps the counts alone: toggles of blocks' ports, clocks that clock gates let through.
//
// Units     a toggle is a bit of a port that differs from the cycle before; settled values, so without glitches. A clock counts for
//           each bit of an enable in each cycle, where the enables above it are on too. Sums over a block's instances.
// Test      sim/activity_test.cpp, testbench/signals_test.cpp
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/signals.hpp"

namespace wd::sim {

struct PortActivity {
  int width = 0, instances = 0;
  std::uint64_t toggles = 0;
  std::uint64_t ones = 0;  // bits that are 1, over all cycles
};

struct ClockActivity {
  int bits = 0;              // of all instances
  std::uint64_t clocks = 0;  // that reached them
};

struct BlockActivity {
  std::map<std::string, PortActivity> ports;
  std::map<std::string, ClockActivity> clocks;  // by what is clocked
};

struct Activity {
  std::uint64_t cycles = 0, frames = 0;
  std::map<std::string, BlockActivity> blocks;
};

/// What a signal is to the counts; some are a port and an enable.
struct SignalRole {
  std::string block, name;
  bool enable = false;  // else a port
  std::string domain;   // of an enable: the path below which others depend on it; empty: none do
};
using RolesOf = std::function<std::vector<SignalRole>(const std::string& scope, const std::string& name)>;

class ActivityCounter : public SignalSink {
 public:
  explicit ActivityCounter(RolesOf roles_of) : roles_of_(std::move(roles_of)) {}

  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override;
  void time(std::uint64_t half_cycles) override;
  void change(std::size_t number, std::string_view bits) override;
  /// The frame's cycles are over.
  void end_frame();

  const Activity& activity() const { return activity_; }

 private:
  struct Signal {
    std::string bits;
    std::vector<PortActivity*> ports;  // that have this value
    std::uint64_t ones = 0, since = 0;
    std::vector<std::size_t> enables;
  };
  struct Enable {
    std::string scope, domain;
    std::size_t signal = 0;
    ClockActivity* counts = nullptr;
    std::ptrdiff_t above = -1;  // another enable; -1: none
    std::string bits;           // that reach their registers
    std::uint64_t ones = 0;
  };

  void link();
  void settle(Signal& signal);
  void clock();
  void refresh(Enable& enable);

  RolesOf roles_of_;
  Activity activity_;
  std::vector<Signal> signals_;
  std::vector<Enable> enables_;
  std::uint64_t cycle_ = 0;  // of the frame, from 1
  bool changed_ = false;     // an enable
};

}  // namespace wd::sim
