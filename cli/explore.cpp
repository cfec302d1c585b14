// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/explore.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/explore_page.hpp"
#include "cli/lines.hpp"
#include "cli/report/papers.hpp"

namespace wd::cli {
namespace {

using flow::explore::ExploreOptions;
using flow::explore::ExplorePoint;
using flow::explore::ExploreResult;
using flow::explore::Metric;

constexpr std::size_t most_rows = 40;

struct ExplorePageOptions : ExploreOptions {
  std::filesystem::path papers;  // empty: no files for papers

  void declare(flow::OptionSink& sink) {
    ExploreOptions::declare(sink);
    sink.path("papers", papers, flow::Takes::Place::new_folder,
              "a folder for each table and plot as CSV, LaTeX and SVG");
    sink.exclude({"papers", "point"});
  }
};

/// Width of a column by its heading and what stands in it.
std::string cell(const std::string& value, std::size_t width) {
  return std::string(value.size() < width ? width - value.size() : 0, ' ') + value + "  ";
}

/// Points whose area is another array's.
std::string area_note(const std::vector<const ExplorePoint*>& rows) {
  flow::Names unknown;
  for (const ExplorePoint* row : rows)
    for (const std::string& one : row->evaluation.area_unknown)
      if (std::find(unknown.begin(), unknown.end(), one) == unknown.end()) unknown.push_back(one);
  if (unknown.empty()) return "";
  return "* area not measured for these parameters, it is another array's: " + flow::join(unknown) + "\n";
}

/// Why an engine did not confirm some points, for one of them.
std::string confirmation_gaps(const ExploreResult& result) {
  for (const ExplorePoint* point : result.front())
    for (const auto& [engine, verdict] : point->confirmed)
      if (verdict != flow::explore::confirmed_equal)
        return "; not by " + engine + ", for one: " + result.plan.space.name(point->point) + ": " + verdict;
  return "";
}

std::string show(const ExplorePageOptions& options, const ExploreResult& result) {
  std::vector<const ExplorePoint*> rows = result.front();
  const bool alone = !options.point.empty();
  if (alone) rows = {&result.points.front()};
  std::string out;
  std::vector<const Metric*> columns;
  for (const Metric& metric : flow::explore::metrics())
    if (metric.value != &flow::explore::Metrics::accuracy || result.plan.accuracy_images != 0)
      columns.push_back(&metric);
  for (const auto& dimension : result.plan.space.dimensions()) out += cell(dimension.knob, 5);
  for (const Metric* metric : columns) out += cell(metric->name, 9);
  out += "\n";
  for (std::size_t i = 0; i < rows.size() && i < most_rows; ++i) {
    for (const auto& item : rows[i]->values.items())
      out += cell(item.value().is_string() ? item.value().get<std::string>() : item.value().dump(),
                  std::max<std::size_t>(5, item.key().size()));
    if (!rows[i]->evaluation.refused.empty()) return out + "\nrefused: " + rows[i]->evaluation.refused + "\n";
    for (const Metric* metric : columns) {
      const bool unsure =
          metric->value == &flow::explore::Metrics::area_mm2 && !rows[i]->evaluation.area_unknown.empty();
      out += cell(line("%.6g", rows[i]->evaluation.metrics.*metric->value) + (unsure ? "*" : ""),
                  std::max<std::size_t>(9, std::string(metric->name).size()));
    }
    out += "\n";
  }
  if (rows.size() > most_rows) out += line("... %zu more: explore.csv\n", rows.size() - most_rows);
  out += area_note(rows);
  if (!result.plan.confirm.empty() && !result.front().empty())
    out += result.confirmation() + confirmation_gaps(result) + "\n";
  if (alone) return out;
  out += line("%zu points, %zu of them not beaten, %zu without chip or program, %zu computed now\n",
              result.points.size(), rows.size(), result.refused(), result.computed);
  if (!no_front(result).empty()) out += no_front(result) + "\n";
  if (result.tied() != 0) out += ties(result) + "\n";
  for (const ExplorePoint& point : result.points) {
    if (point.evaluation.refused.empty()) continue;
    out +=
        "without, for one: " + result.plan.space.name(point.point) + ": " + point.evaluation.refused + "\n";
    break;
  }
  std::size_t extrapolated = 0;
  std::string first;
  for (const ExplorePoint* row : rows)
    if (!row->evaluation.extrapolated.empty() && extrapolated++ == 0)
      first = flow::join(row->evaluation.extrapolated);
  if (extrapolated != 0)
    out += line(
        "%zu of the points not beaten have energies of another array's events, as the table has none of "
        "theirs (%s)\n",
        extrapolated, first.c_str());
  if (!result.caveat.empty()) out += "energy: " + result.caveat + "\n";
  if (!result.area_caveat.empty()) out += "area: " + result.area_caveat + "\n";
  out += "commands of the points start in " + result.folder + "\n";
  return out + "all figures: " + options.common.file("explore.json").string() +
         ", pictures: " + options.common.file("explore.html").string() + "\n";
}

ExploreResult explore_with_pictures(const ExplorePageOptions& options, flow::Context& context) {
  report::check_papers(options.papers);
  ExploreResult result = flow::explore::explore(options, context);
  if (!options.point.empty()) return result;
  const std::string picture = explore_picture(result);
  if (!picture.empty()) write_file(options.common.file("explore.svg"), picture);
  report::Exhibits exhibits;
  write_file(options.common.file("explore.html"), explore_page(result, exhibits));
  if (!options.papers.empty()) report::write_papers(options.papers, exhibits.all());
  return result;
}

}  // namespace

Command explore_command() {
  Command command = make_command(
      "explore", "designs of a study: cycles, energy, area, traffic, accuracy, and which are not beaten",
      "  whitedwarf explore --out run1 --ablation-images 100        chunks, windows and activation entries "
      "of its model\n"
      "  whitedwarf explore algo/studies/chip.json --out exploration\n"
      "  whitedwarf explore algo/studies/chip.json --out exploration --point window=2,entries=2,"
      "groups_per_walker=16,planes_per_row=2,weight_rows=1536,memory_latency=24,huffman=true,volt=1.1\n",
      explore_with_pictures, show);
  command.first = "config";
  command.shared = true;
  return command;
}

}  // namespace wd::cli
