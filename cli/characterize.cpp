// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show_check(const flow::CharacterizeOptions& options, const flow::CharacterizeResult& r) {
  std::string out =
      "weights  zeros    cycles  operands   lanes  walkers   group   slice   array   pJ/operand\n";
  for (const flow::CheckedPoint& point : r.checked) {
    double all = 0;
    out += line("%5.0f %%  %4.0f %%  %7.0f  %8.0f", 100 * point.point.density, 100 * point.point.zeros,
                point.events.cycles, static_cast<double>(point.events.counters.bit_ops));
    for (std::size_t b = 0; b < point.measured_fj.size(); ++b) {
      out += line("  %+5.1f %%", 100 * (point.predicted_fj[b] / point.measured_fj[b] - 1));
      all += point.measured_fj[b];
    }
    out += line("  %+5.1f %%  %+5.1f %%  %6.2f\n", 100 * point.error(), 100 * point.array_error(r.table.arch),
                all / static_cast<double>(point.events.counters.bit_ops) / 1000);
  }
  return out + options.check.string() +
         ": its prediction from counters against the netlist's energy; array: groups with their share of "
         "walkers and "
         "lanes\n";
}

std::string show_array(const flow::ArrayTable& array) {
  std::string out =
      line("%zu instances, slowest path %.2f ns, %llu cycles simulated%s\n", array.energy.instances,
           array.energy.worst_path_ns, static_cast<unsigned long long>(array.energy.cycles),
           array.energy.kept ? " (kept from before)" : "");
  out += "block     event             fJ       count   share\n";
  for (const auto& [block, energy_fj] : array.blocks) {
    for (const sim::EventPower& event : block.events) {
      out += line("%-9s %-16s %8.1f %9.0f", block.block.c_str(), event.event.c_str(), event.fj,
                  event.count.value_or(0));
      out += event.origin == "fitted"
                 ? line(" %6.1f %%\n", 100 * event.fj * event.count.value_or(0) / energy_fj)
                 : "\n";
    }
    out += line(
        "%-9s %.0f um2, leakage %.1f nW, glitches %.1f %%, wires %.1f %%, residual %.1f %%, held out %+.1f "
        "%%\n",
        block.block.c_str(), block.area_um2, block.leakage_nw, 100 * block.glitch_share.value_or(0),
        100 * block.wire_share.value_or(0), 100 * block.residual.value_or(0),
        100 * block.held_out_error.value_or(0));
  }
  out += line(
      "all: glitches %.1f %%, residual %.1f %%, held out %+.1f %%; %.2f pJ per operand, %.1f fJ per dense "
      "MAC\n",
      100 * array.glitch_share, 100 * array.quality.residual, 100 * array.quality.held_out,
      array.energy_fj() / static_cast<double>(array.events.counters.bit_ops) / 1000,
      array.energy_fj() / array.events.dense_macs);
  if (array.ungated_error)
    out += line("all gates off: predicted %+.1f %% from simulated\n", 100 * *array.ungated_error);
  if (array.without_delays)
    out += line("without delays: %.1f %% of the energy\n", 100 * *array.without_delays);
  return out;
}

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

std::string show(const flow::CharacterizeOptions& options, const flow::CharacterizeResult& r) {
  if (!r.checked.empty()) return show_check(options, r);
  std::string out =
      (r.array.blocks.empty() ? "" : show_array(r.array)) + (r.blocks.empty() ? "" : show_blocks(r));
  for (std::size_t v = 0; v < r.variants.size(); ++v)
    out += r.table.variants[v].name + "\n" + show_array(r.variants[v]);
  return out + options.table.string() + " written\n";
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
