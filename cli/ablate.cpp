// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/ablation_page.hpp"
#include "cli/ablation_text.hpp"
#include "cli/command.hpp"
#include "cli/lines.hpp"
#include "cli/report/papers.hpp"
#include "flow/ablation/ablation.hpp"

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

std::string elements_text(const flow::AblateResult& result) {
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

struct AblatePageOptions : flow::ablation::AblationOptions {
  std::filesystem::path papers;  // empty: no files for papers

  void declare(flow::OptionSink& sink) {
    AblationOptions::declare(sink);
    sink.path("papers", papers, flow::Takes::Place::new_folder,
              "of a study: a folder for each table and plot as CSV, LaTeX and SVG");
    sink.need("papers", {"config"});
    sink.exclude({"papers", "row"});
  }
};

std::string show(const AblatePageOptions& options, const flow::ablation::AblationResult& result) {
  return result.study ? ablation_text(options, *result.study) : elements_text(*result.elements);
}

flow::ablation::AblationResult ablate_with_page(const AblatePageOptions& options, flow::Context& context) {
  report::check_papers(options.papers);
  flow::ablation::AblationResult result = flow::ablation::ablate(options, context);
  if (!result.study || !options.row.empty()) return result;
  report::Exhibits exhibits;
  write_file(options.elements.common.file("ablation.html"), ablation_page(*result.study, exhibits));
  if (!options.papers.empty()) report::write_papers(options.papers, exhibits.all());
  return result;
}

}  // namespace

Command ablate_command() {
  Command command = make_command(
      "ablate",
      "what each element of network, compression and chip is worth: accuracy, bytes, cycles, energy",
      "  whitedwarf ablate --out run1 --ablation-images 50          switches and arrays of its program\n"
      "  whitedwarf ablate algo/studies/ablation.json --out ablation         Fashion-MNIST, three seeds\n"
      "  whitedwarf ablate algo/studies/ablation.json --out ablation --row coats_7\n",
      ablate_with_page, show);
  command.first = "config";
  command.shared = true;
  return command;
}

}  // namespace wd::cli
