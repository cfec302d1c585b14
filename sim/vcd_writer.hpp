// SPDX-License-Identifier: Apache-2.0
// Writes signals as value changes (VCD), a cycle a nanosecond.
//
// Errors    a file that cannot be written: wd::Error with the path and the reason.
// Source    IEEE 1364-2005, 18.2
// Test      sim/vcd_writer_test.cpp
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/wave_writer.hpp"

namespace wd::sim {

class VcdWriter : public WaveWriter {
 public:
  explicit VcdWriter(const std::filesystem::path& path);
  ~VcdWriter() override;
  VcdWriter(const VcdWriter&) = delete;
  VcdWriter& operator=(const VcdWriter&) = delete;

  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override;
  void time(std::uint64_t half_cycles) override;
  void change(std::size_t number, std::string_view bits) override;
  void finish(std::uint64_t half_cycles) override;

 private:
  void enter(const std::string& scope);
  void flush();
  static std::string code(std::size_t number);

  std::string origin_;
  std::FILE* file_;
  std::string text_;
  std::vector<std::string> scope_, codes_;
  bool header_ = true;
};

}  // namespace wd::sim
