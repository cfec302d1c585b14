// SPDX-License-Identifier: Apache-2.0
#include "flow/platform.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::PlatformOptions&, const flow::PlatformResult& r) {
  std::string out = line("chip %s, memory %s, %zu images%s\n", r.chip.c_str(), r.memory.c_str(), r.images,
                         r.accuracy ? (", accuracy " + percent(*r.accuracy)).c_str() : "") +
                    batch_line(r.batch);
  out += line("load   %14.0f cycles\n", r.load_cycles);
  out += line("frame  %14.1f cycles, %.1f with an ideal memory: %.3f times\n", r.cycles, r.ideal_cycles,
              r.cycles / r.ideal_cycles);
  out += line("       %14.3f us from start to interrupt\n", r.frame_seconds * 1e6);
  out += line("clock  first frame from cycle %llu to its interrupt in %llu, all ends in %llu\n",
              static_cast<unsigned long long>(r.first_frame.first),
              static_cast<unsigned long long>(r.first_frame.second), static_cast<unsigned long long>(r.end));
  out += line("memory %14.0f bytes read, %.0f written a frame: %.1f MB/s", r.bytes_read, r.bytes_written,
              (r.bytes_read + r.bytes_written) / r.frame_seconds / 1e6);
  out += r.peak_bytes_per_second > 0 ? line(" of %.0f\n", r.peak_bytes_per_second / 1e6) : std::string("\n");
  if (r.accesses != 0)
    out +=
        line("DRAM   %14llu accesses, %s to an open row, %llu conflicts, %llu refreshes\n",
             static_cast<unsigned long long>(r.accesses),
             percent(static_cast<double>(r.row_hits) / static_cast<double>(r.accesses)).c_str(),
             static_cast<unsigned long long>(r.row_conflicts), static_cast<unsigned long long>(r.refreshes));
  out += line("scores equal the fast simulator's; %.3g cycles/s simulated, %.3g a second of CPU time%s\n",
              r.cycles_per_second, r.cycles_per_cpu_second, r.dmi ? ", memory by DMI" : "");
  out += line("chip energy %.4g nJ/image at %.2f V, %.0f MHz; ", r.energy.chip_pj() / 1000,
              r.energy.point.volt, r.energy.point.megahertz) +
         r.energy.caveat() + "\n";
  out += line("off-chip memory %.4g nJ/image: %s\n", r.energy.offchip_pj / 1000,
              r.energy.offchip_origin.c_str());
  return out;
}

}  // namespace

Command platform_command() {
  return make_command(
      "platform", "a host program drives the chip over TLM-2.0, with a DRAM",
      "  whitedwarf platform --out run1\n"
      "  whitedwarf platform --out run1 --memory ideal --images 100\n"
      "  whitedwarf platform --out run1 --memory lpddr4-3200 --chip systemc\n"
      "  whitedwarf platform --out run1 --chip rtl --waves 1000:1999     signals into platform.vcd\n"
      "  whitedwarf platform --out run1 --chip axi --waves 0:999 --waves-scope wd_chip_shell\n",
      flow::platform, show);
}

}  // namespace wd::cli
