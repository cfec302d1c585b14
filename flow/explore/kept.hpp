// SPDX-License-Identifier: Apache-2.0
// What was measured before, by content: a study that is repeated, changed or interrupted computes only what is new.
//
// What      a file of lines, one JSON object each, that only grows. A last line that a killed process left unfinished is dropped.
// Errors    a file that cannot be read or written, lines that are something else: wd::Error naming file and line.
// Test      kept_test.cpp, cli/explore_test.sh
#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "hw/arch/arch.hpp"

namespace wd::flow::explore {

/// Counters of all frames, or why there is no program, or a model's accuracy.
struct Measured {
  arch::Counters counters;
  double places = 0;    // images that the counters are divided by for one
  std::string refused;  // of the compiler; empty: it has a program
  std::optional<double> accuracy;
};

class KeptResults {
 public:
  /// Reads what the file holds; it is made with the first line.
  explicit KeptResults(std::filesystem::path path);
  ~KeptResults();
  KeptResults(const KeptResults&) = delete;
  KeptResults& operator=(const KeptResults&) = delete;

  std::optional<Measured> find(const std::string& key) const;
  /// From any thread; on the disk when it returns.
  void keep(const std::string& key, const Measured& measured);

 private:
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::map<std::string, Measured> results_;
  std::FILE* file_ = nullptr;
};

/// The SHA-256 of the running program: other code, other results.
const std::string& program_identity();

}  // namespace wd::flow::explore
