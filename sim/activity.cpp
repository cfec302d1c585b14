// SPDX-License-Identifier: Apache-2.0
#include "sim/activity.hpp"

#include <algorithm>

namespace wd::sim {
namespace {

std::uint64_t ones_of(std::string_view bits) {
  return static_cast<std::uint64_t>(std::count(bits.begin(), bits.end(), '1'));
}

std::uint64_t differing(std::string_view a, std::string_view b) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  return count;
}

bool below(const std::string& scope, const std::string& domain) {
  return scope.size() > domain.size() && scope.starts_with(domain) && scope[domain.size()] == '.';
}

}  // namespace

void ActivityCounter::declare(std::size_t number, const std::string& scope, const std::string& name,
                              int width) {
  const bool first_frame = activity_.frames == 0;
  for (const SignalRole& role : roles_of_(scope, name)) {
    if (signals_.size() <= number) signals_.resize(number + 1);
    BlockActivity& block = activity_.blocks[role.block];
    if (role.enable) {
      ClockActivity& clocks = block.clocks[role.name];
      if (first_frame) clocks.bits += width;
      signals_[number].enables.push_back(enables_.size());
      enables_.push_back({scope, role.domain, number, &clocks, -1, {}, 0});
    } else {
      PortActivity& port = block.ports[role.name];
      if (first_frame) {
        port.width = width;
        ++port.instances;
      }
      signals_[number].ports.push_back(&port);
    }
  }
}

/// Finds the enable that each one depends on: the one with the narrowest domain around it.
void ActivityCounter::link() {
  for (Enable& enable : enables_) {
    std::size_t longest = 0;
    for (std::size_t i = 0; i < enables_.size(); ++i) {
      const std::string& domain = enables_[i].domain;
      if (&enables_[i] == &enable || domain.size() <= longest || !below(enable.scope, domain) ||
          domain == enable.domain)
        continue;
      longest = domain.size();
      enable.above = static_cast<std::ptrdiff_t>(i);
    }
  }
}

void ActivityCounter::time(std::uint64_t) {
  if (cycle_ == 0) link();
  clock();
  ++cycle_;
  ++activity_.cycles;
}

void ActivityCounter::change(std::size_t number, std::string_view bits) {
  if (number >= signals_.size()) return;
  Signal& signal = signals_[number];
  if (!signal.ports.empty()) {
    settle(signal);
    const std::uint64_t toggles = signal.bits.empty() ? 0 : differing(signal.bits, bits);
    for (PortActivity* port : signal.ports) port->toggles += toggles;
    signal.ones = ones_of(bits);
  }
  signal.bits = bits;
  changed_ |= !signal.enables.empty();
}

/// Books the cycles for which a signal has had its value.
void ActivityCounter::settle(Signal& signal) {
  if (signal.since != 0)
    for (PortActivity* port : signal.ports) port->ones += signal.ones * (cycle_ - signal.since);
  signal.since = cycle_;
}

/// The cycle before is over: its clocks.
void ActivityCounter::clock() {
  if (cycle_ == 0) return;
  if (changed_)
    for (Enable& enable : enables_) enable.bits.clear();
  if (changed_)
    for (Enable& enable : enables_) refresh(enable);
  changed_ = false;
  for (Enable& enable : enables_) enable.counts->clocks += enable.ones;
}

void ActivityCounter::refresh(Enable& enable) {
  if (!enable.bits.empty()) return;
  enable.bits = signals_[enable.signal].bits;
  if (enable.above >= 0) {
    Enable& above = enables_[static_cast<std::size_t>(enable.above)];
    refresh(above);
    if (above.bits.size() == enable.bits.size()) {
      for (std::size_t i = 0; i < enable.bits.size(); ++i)
        if (above.bits[i] == '0') enable.bits[i] = '0';
    } else if (above.bits.find('1') == std::string::npos) {
      std::fill(enable.bits.begin(), enable.bits.end(), '0');
    }
  }
  enable.ones = ones_of(enable.bits);
}

void ActivityCounter::end_frame() {
  clock();
  ++cycle_;
  for (Signal& signal : signals_) settle(signal);
  signals_.clear();
  enables_.clear();
  cycle_ = 0;
  changed_ = false;
  ++activity_.frames;
}

}  // namespace wd::sim
