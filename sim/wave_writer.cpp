// SPDX-License-Identifier: Apache-2.0
#include "sim/wave_writer.hpp"

#include "base/error.hpp"
#include "sim/fst_writer.hpp"
#include "sim/vcd_writer.hpp"

namespace wd::sim {

WaveFormat wave_format(const std::string& name) {
  WD_ASSERT(name == "vcd" || name == "fst");
  return name == "fst" ? WaveFormat::fst : WaveFormat::vcd;
}

std::unique_ptr<WaveWriter> make_wave_writer(WaveFormat format, const std::filesystem::path& path) {
  if (format == WaveFormat::fst) return std::make_unique<FstWriter>(path);
  return std::make_unique<VcdWriter>(path);
}

}  // namespace wd::sim
