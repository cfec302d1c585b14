// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show_blocks(const flow::CharacterizeResult& r) {
  std::string out = "block          cells       um2  leak nW  path ns  glitches  residual  held out\n";
  const auto percent = [](const std::optional<double>& value) { return 100 * value.value_or(0); };
  for (const flow::BlockResult& block : r.blocks) {
    const sim::BlockPower& p = block.power;
    out += line("%-13s %6.0f %9.0f %8.1f %8.2f %7.1f %% %7.1f %% %+7.1f %%%s\n", p.block.c_str(),
                p.cells.value_or(0), p.area_um2, p.leakage_nw, p.worst_path_ns.value_or(0),
                percent(p.glitch_share), percent(p.residual), percent(p.held_out_error),
                block.kept ? "  (kept from before)" : "");
    for (const sim::EventPower& event : p.events)
      out += line("    %-16s %12.1f fJ each, fitted to %.0f\n", event.event.c_str(), event.fj,
                  event.count.value_or(0));
  }
  return out;
}

std::string show_slice(const flow::CharacterizeResult& r) {
  std::string out = line("%zu instances, slowest path %.2f ns, %llu cycles simulated%s\n", r.energy.instances,
                         r.energy.worst_path_ns, static_cast<unsigned long long>(r.energy.cycles),
                         r.energy.kept ? " (kept from before)" : "");
  out += "part      event             fJ       count   share\n";
  for (const flow::PartTable& part : r.parts) {
    double sum = 0;
    for (const flow::EventEnergy& event : part.events) sum += event.femtojoule * event.count;
    for (const flow::EventEnergy& event : part.events)
      out += line("%-9s %-16s %8.1f %9.0f %6.1f %%\n", part.part.c_str(), event.event.c_str(),
                  event.femtojoule, event.count, sum > 0 ? 100 * event.femtojoule * event.count / sum : 0);
    out += line("%-9s %.0f um2, leakage %.1f nW, glitches %.1f %%, residual %.1f %%, held out %+.1f %%\n",
                part.part.c_str(), part.area_um2, part.leakage_nw, 100 * part.glitch_share,
                100 * part.residual, 100 * part.held_out);
  }
  double all = 0;
  for (const flow::PartTable& part : r.parts) all += part.energy_fj;
  return out +
         line(
             "all: glitches %.1f %%, residual %.1f %%, held out %+.1f %%; %.2f pJ per operand, %.1f fJ per "
             "dense MAC\n",
             100 * r.glitch_share, 100 * r.residual, 100 * r.held_out, all / r.events.operands() / 1000,
             all / r.dense_macs);
}

std::string show(const flow::CharacterizeOptions& options, const flow::CharacterizeResult& r) {
  return (r.blocks.empty() ? "" : show_blocks(r)) + (r.slice ? show_slice(r) : "") + options.table.string() +
         " written\n";
}

}  // namespace

Command characterize_command() {
  return make_command("characterize",
                      "energy of the array's events in a cell library, from the RTL's netlist",
                      "  whitedwarf characterize --liberty /usr/share/qflow/tech/osu018/osu018_stdcells.lib "
                      "--program run1 --out table.json\n"
                      "  whitedwarf characterize --liberty my.lib --program run1 --out table.json --cycles "
                      "1000 --data random\n",
                      flow::characterize, show);
}

}  // namespace wd::cli
