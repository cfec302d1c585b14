// SPDX-License-Identifier: Apache-2.0
#include "flow/ablate.hpp"

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

/// Which array an entry has instead of the chip's, and that its energy is extrapolated, where that is so.
std::string array_line(const flow::AblationEntry& entry) {
  std::string out;
  for (const auto& item : entry.arch.items())
    out += text(out.empty() ? "" : ", ", item.key(), " ", item.value());
  if (!entry.extrapolated.empty())
    out += text(out.empty() ? "" : "; ", "energy is extrapolated, the table's chip did not have ",
                flow::join(entry.extrapolated));
  return out.empty() ? out : text(entry.name, ": ", out, "\n");
}

std::string show(const flow::AblateOptions&, const flow::AblateResult& result) {
  std::string out =
      "energy in nJ/image          cycles/image        x        chip        x    off-chip       total        "
      "x\n";
  const flow::AblationEntry& base = result.entries.front();
  for (const flow::AblationEntry& e : result.entries)
    out += line("%-22s %17.1f %8.2f %11.1f %8.2f %11.1f %11.1f %8.2f\n", e.name.c_str(), e.cycles,
                e.cycles / base.cycles, e.energy_pj / 1000, e.energy_pj / base.energy_pj, e.offchip_pj / 1000,
                e.total_pj() / 1000, e.total_pj() / base.total_pj());
  for (const flow::AblationEntry& e : result.entries) out += array_line(e);
  return out + batch_line(result.batch) + result.caveat + "\n";
}

}  // namespace

Command ablate_command() {
  return make_command("ablate", "cycles and energy with each switch off, and with other arrays",
                      "  whitedwarf ablate --out run1 --ablation-images 50\n", flow::ablate, show);
}

}  // namespace wd::cli
