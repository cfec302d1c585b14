// SPDX-License-Identifier: Apache-2.0
// What was measured before, by content: a study that is repeated, changed or interrupted computes only what is new, and processes
// that work on one study at once do each piece of it once.
//
// What      a folder with a file of lines for every process, one JSON object each, that only grows. A last line that is not whole
//           (its process was killed, or writes it now) does not count.
// Errors    files that cannot be read or written, lines that are something else: wd::Error naming file and line.
// Test      kept_test.cpp, cli/explore_test.sh
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/work_shares.hpp"
#include "hw/arch/arch.hpp"

namespace wd::flow::explore {

/// What a study says that is stopped.
inline constexpr const char* stopped = "interrupted; what was measured is kept: run it again to go on";

/// Counters of all frames, or why there is no program, or a model's accuracy, or that another engine agrees.
struct Measured {
  arch::Counters counters;
  double places = 0;    // images that the counters are divided by for one
  std::string refused;  // of the compiler; empty: it has a program
  std::optional<double> accuracy;
  bool confirmed = false;  // by an engine, which the key names
};

class KeptResults {
 public:
  /// Reads what the folder holds; it is made with the first result.
  explicit KeptResults(std::filesystem::path folder);
  ~KeptResults();
  KeptResults(const KeptResults&) = delete;
  KeptResults& operator=(const KeptResults&) = delete;

  std::optional<Measured> find(const std::string& key) const;
  /// From any thread; in the file when it returns.
  void keep(const std::string& key, const Measured& measured);
  /// Reads what other processes have kept since.
  void refresh();
  /// What is to be computed here, and kept while the share lasts. None: it is kept by now, or another process has it.
  std::optional<WorkShares::Share> take(const std::string& key);

 private:
  void read_on(const std::filesystem::path& file);

  std::filesystem::path folder_, own_;
  mutable std::mutex mutex_;
  std::map<std::string, Measured> results_;
  struct Read {
    std::uint64_t bytes = 0, lines = 0;
  };
  std::map<std::filesystem::path, Read> read_;
  std::FILE* file_ = nullptr;
  WorkShares shares_;
};

}  // namespace wd::flow::explore
