// SPDX-License-Identifier: Apache-2.0
// Writes signals as GTKWave's compressed waves (FST), with GTKWave's own library, which comes with Verilator.
//
// Errors    a file that cannot be written, also for want of space: wd::Error with the path.
// Test      sim/fst_writer_test.cpp
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/wave_writer.hpp"

namespace wd::sim {

class FstWriter : public WaveWriter {
 public:
  explicit FstWriter(const std::filesystem::path& path);
  ~FstWriter() override;
  FstWriter(const FstWriter&) = delete;
  FstWriter& operator=(const FstWriter&) = delete;

  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override;
  void time(std::uint64_t half_cycles) override;
  void change(std::size_t number, std::string_view bits) override;
  void finish(std::uint64_t half_cycles) override;

 private:
  void enter(const std::string& scope);
  /// The library does not tell of a write that fails; its reader sees what lacks.
  void require_whole(std::uint64_t end) const;

  std::string origin_;
  void* file_;                      // the library's writer
  std::vector<std::string> scope_;  // where the next name comes
  std::vector<unsigned> handles_;   // by the signal's number; 0: not declared yet
  std::uint64_t names_ = 0;         // declared, with those that share a signal
};

}  // namespace wd::sim
