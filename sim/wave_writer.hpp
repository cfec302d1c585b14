// SPDX-License-Identifier: Apache-2.0
// Writes signals into a file of waves, a cycle a nanosecond.
//
// Errors    a file that cannot be written: wd::Error with the path and the reason.
// Test      sim/vcd_writer_test.cpp, sim/fst_writer_test.cpp
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sim/signals.hpp"

namespace wd::sim {

enum class WaveFormat { vcd, fst };

/// "vcd" or "fst", as a file ends.
WaveFormat wave_format(const std::string& name);

class WaveWriter : public SignalSink {
 public:
  /// The last cycle ends: its time, and all is on the disk.
  virtual void finish(std::uint64_t half_cycles) = 0;
};

std::unique_ptr<WaveWriter> make_wave_writer(WaveFormat format, const std::filesystem::path& path);

}  // namespace wd::sim
