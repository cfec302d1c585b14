// SPDX-License-Identifier: Apache-2.0
// Signals of a model of the hardware, as they change: an engine that has some tells them, whoever records takes them.
//
// Units     time in half cycles: 2c, when cycle c begins (the rising edge), and 2c + 1, when it has settled (the falling edge).
// Shape     a value is its bits as a VCD has them, '0' and '1', the most significant first.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace wd::sim {

using WantedSignal = std::function<bool(const std::string& scope, const std::string& name)>;

/// What of a frame is told.
struct SignalWindow {
  std::uint64_t first = 0, last = 0;  // cycles from the frame's start, both of them told
  std::string scope;                  // a block by its path; empty: all
  int depth = 0;                      // levels of blocks from that one down; 0: all
  WantedSignal wanted = {};           // without scope and depth; empty: all of those
  bool edges = true;                  // at both edges of the clock; else once a cycle, settled
  bool idle = false;                  // cycles without a program, too, as long as the clock runs
};

/// Whether a window is of a signal.
bool is_told(const SignalWindow& window, const std::string& scope, const std::string& name);

class SignalSink {
 public:
  virtual ~SignalSink() = default;
  /// Before all else, in the order of the hierarchy. Names of one signal share its number; all have the same width.
  /// @param scope the block's path, "wd_top.u_post"
  virtual void declare(std::size_t number, const std::string& scope, const std::string& name, int width) = 0;
  /// The time of the changes that follow; the first one's are the values of all signals.
  virtual void time(std::uint64_t half_cycles) = 0;
  virtual void change(std::size_t number, std::string_view bits) = 0;
};

/// Refuses a block that is not among those that there are, with the ones beside it.
[[noreturn]] void refuse_block(const std::string& engine, const std::string& scope,
                               const std::set<std::string>& known);

/// Collects the blocks alone.
class BlockNames : public SignalSink {
 public:
  void declare(std::size_t, const std::string& scope, const std::string&, int) override {
    names.insert(scope);
  }
  void time(std::uint64_t) override {}
  void change(std::size_t, std::string_view) override {}

  std::set<std::string> names;
};

}  // namespace wd::sim
