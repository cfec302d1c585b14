// SPDX-License-Identifier: Apache-2.0
// Functional cover points of a block's bench: each has a name, and each has to be reached. Where WD_COVERAGE_FOLDER names a folder, the counts go
// there, too (scripts/coverage.sh).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wd {

class Cover {
 public:
  /// @param module  of the RTL, whose points they are
  Cover(std::string_view module, std::initializer_list<const char*> points) : module_(module) {
    for (const char* point : points) hits_.emplace(point, 0);
  }
  Cover(const Cover&) = delete;
  Cover& operator=(const Cover&) = delete;

  ~Cover() {
    const char* folder = std::getenv("WD_COVERAGE_FOLDER");
    if (folder == nullptr) return;
    std::ofstream file(std::string(folder) + "/" + std::to_string(getpid()) + ".points", std::ios::app);
    for (const auto& [point, count] : hits_) file << module_ << '\t' << point << '\t' << count << '\n';
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
  std::string module_;
  std::map<std::string, int, std::less<>> hits_;
};

}  // namespace wd
