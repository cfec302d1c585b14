// SPDX-License-Identifier: Apache-2.0
#include "flow/port_reader.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::flow {

PortReader::PortReader(std::string clock, std::function<void(PortReader&)> watch,
                       std::function<void(const PortReader&)> cycle)
    : clock_(std::move(clock)), watch_(std::move(watch)), cycle_(std::move(cycle)) {}

void PortReader::declare(std::size_t number, const std::string& scope, const std::string& name, int width) {
  declared_[scope + "." + name] = {number, width};
}

int PortReader::watch(const std::string& signal) {
  const auto found = declared_.find(signal);
  if (found == declared_.end()) return -1;
  const Declared& one = found->second;
  if (by_number_.size() <= one.number) by_number_.resize(one.number + 1, -1);
  int& own = by_number_[one.number];
  if (own < 0) {
    own = static_cast<int>(values_.size());
    values_.emplace_back().bits.assign(at(one.width), 0);
  }
  return own;
}

void PortReader::change(std::size_t number, std::string_view bits) {
  if (number >= by_number_.size() || by_number_[number] < 0) return;
  std::string& next = values_[at(by_number_[number])].next;
  if (next.empty()) pending_.push_back(by_number_[number]);
  next = bits;
}

void PortReader::time(std::uint64_t) {
  if (failed_) return;
  try {
    begin_or_end();
  } catch (...) {
    failed_ = std::current_exception();
  }
}

/// The values of a time are known when the next one is told.
void PortReader::begin_or_end() {
  if (!begun_) {
    begun_ = true;
    clock_number_ = watch(clock_);
    WD_REQUIRE(clock_number_ >= 0, "the RTL's signals lack ", clock_);
    watch_(*this);
    return;
  }
  const Value& clock = values_[at(clock_number_)];
  const bool ends = clock.bits[0] == 0 && clock.next == "1";
  if (ends) {
    for (const int number : pending_) {
      Value& one = values_[at(number)];
      one.rises = one.bits.size() == 1 && one.bits[0] == 0 && one.next == "1";
    }
    cycle_(*this);
    for (Value& one : values_) one.changed = one.rises = false;
  }
  for (const int number : pending_) {
    Value& one = values_[at(number)];
    std::fill(one.bits.begin(), one.bits.end(), std::uint8_t{0});
    const std::size_t width = std::min(one.next.size(), one.bits.size());
    for (std::size_t bit = 0; bit < width; ++bit) one.bits[bit] = one.next[one.next.size() - 1 - bit] == '1';
    one.next.clear();
    one.changed = true;
  }
  pending_.clear();
}

}  // namespace wd::flow
