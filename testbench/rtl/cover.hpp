// SPDX-License-Identifier: Apache-2.0
// Functional cover points of a block's bench: each has a name, and each has to be reached.
#pragma once

#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wd {

class Cover {
 public:
  Cover(std::initializer_list<const char*> points) {
    for (const char* point : points) hits_.emplace(point, 0);
  }

  /// A point that was not declared is a mistake of the bench.
  void hit(std::string_view point, bool reached = true) {
    const auto found = hits_.find(point);
    if (found == hits_.end()) throw std::logic_error("no cover point " + std::string(point));
    found->second += reached;
  }

  /// Names of the points that were not reached, with commas between; empty if all were.
  std::string missed() const {
    std::string names;
    for (const auto& [point, count] : hits_)
      if (count == 0) names += (names.empty() ? "" : ", ") + point;
    return names;
  }

 private:
  std::map<std::string, int, std::less<>> hits_;
};

}  // namespace wd
