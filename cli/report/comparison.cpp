// SPDX-License-Identifier: Apache-2.0
#include "cli/report/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/roofline.hpp"

namespace wd::report {
namespace {

using nlohmann::json;
using Value = std::optional<double>;

/// Of a path like "engines.fast.cycles"; nothing where it is not there or null.
Value at(const json& object, const std::string& path) {
  const json* value = &object;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t dot = std::min(path.find('.', from), path.size());
    const auto key = path.substr(from, dot - from);
    if (!value->is_object() || !value->contains(key)) return std::nullopt;
    value = &value->at(key);
    from = dot + 1;
  }
  return value->is_number() ? Value(value->get<double>()) : std::nullopt;
}

Value ratio(Value part, Value whole, double factor = 1) {
  return part && whole && *whole > 0 ? Value(factor * *part / *whole) : std::nullopt;
}

Value first_of(const Value& one, const Value& other) { return one ? one : other; }

Value offchip_bytes(const json& run) {
  const Value read = at(run, "counters.beats_read"), written = at(run, "counters.beats_written");
  return read && written ? Value(16 * (*read + *written)) : std::nullopt;
}

enum class Shown { percent, count, number };

/// A figure of a run.
struct Figure {
  const char *key, *title;
  Shown shown;
  bool plotted;
  std::function<Value(const Results&)> value;
};

const std::vector<Figure>& figures() {
  using R = const Results&;
  static const std::vector<Figure> list{
      {"accuracy_fp32", "Accuracy, FP32 activations", Shown::percent, false,
       [](R r) { return first_of(at(r.train, "accuracy_fp32"), at(r.train, "accuracy_fp32.mean")); }},
      {"accuracy_hw", "Accuracy, chip", Shown::percent, true,
       [](R r) {
         return first_of(at(r.run, "accuracy_hw"),
                         first_of(at(r.train, "accuracy_hw"), at(r.train, "accuracy_hw.mean")));
       }},
      {"weights", "Weights", Shown::count, false, [](R r) { return at(r.compress, "weights"); }},
      {"compressed_bytes", "Compressed bytes", Shown::count, false,
       [](R r) {
         return first_of(at(r.compress, "compressed_bytes"), at(r.train, "compressed_bytes.mean"));
       }},
      {"bits_per_weight", "Bits per weight", Shown::number, false,
       [](R r) { return first_of(at(r.compress, "bits_per_weight"), at(r.train, "bits_per_weight.mean")); }},
      {"offchip_ratio", "Off-chip ratio", Shown::number, true,
       [](R r) { return first_of(at(r.compress, "offchip_ratio"), at(r.train, "offchip_ratio.mean")); }},
      {"onchip_ratio", "On-chip ratio", Shown::number, false,
       [](R r) { return first_of(at(r.run, "onchip.ratio"), at(r.train, "onchip_ratio.mean")); }},
      {"cycles", "Cycles per image", Shown::count, true,
       [](R r) { return first_of(at(r.run, "counters.cycles"), at(r.train, "cycles.mean")); }},
      {"microseconds", "Microseconds per image", Shown::number, false,
       [](R r) { return ratio(at(r.run, "counters.cycles"), at(r.run, "energy.megahertz")); }},
      {"energy_pj", "Chip energy per image (pJ)", Shown::count, false,
       [](R r) { return first_of(at(r.run, "energy.chip_picojoule"), at(r.train, "energy_pj.mean")); }},
      {"offchip_pj", "Off-chip energy per image (pJ)", Shown::count, false,
       [](R r) { return first_of(at(r.run, "energy.offchip_picojoule"), at(r.train, "offchip_pj.mean")); }},
      {"offchip_bytes", "Off-chip bytes per image", Shown::count, true,
       [](R r) { return offchip_bytes(r.run); }},
      {"tflops_per_watt_executed", "TFLOPS/W, executed", Shown::number, false,
       [](R r) { return ratio(at(r.run, "counters.bit_ops"), at(r.run, "energy.chip_picojoule"), 2); }},
      {"tflops_per_watt_dense", "TFLOPS/W, dense-equivalent", Shown::number, true,
       [](R r) { return ratio(at(r.run, "dense_macs"), at(r.run, "energy.chip_picojoule"), 2); }},
      {"images", "Images", Shown::count, false, [](R r) { return at(r.run, "images"); }},
      {"switches", "Switches (bits)", Shown::count, false, [](R r) { return at(r.run, "switches"); }},
      {"volt", "Volt", Shown::number, false, [](R r) { return at(r.run, "energy.volt"); }},
      {"megahertz", "MHz", Shown::number, false, [](R r) { return at(r.run, "energy.megahertz"); }}};
  return list;
}

bool any_has(const std::vector<NamedRun>& runs, const Figure& figure) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const NamedRun& run) { return figure.value(run.results).has_value(); });
}

Cell cell_of(const Figure& figure, const NamedRun& run) {
  const Value value = figure.value(run.results);
  if (!value) return "–";
  return figure.shown == Shown::percent ? percent_cell(*value)
         : figure.shown == Shown::count ? grouped_cell(*value)
                                        : compact_cell(*value);
}

std::string runs_table(const std::vector<NamedRun>& runs, Exhibits& out) {
  Row columns{"Run"};
  for (const Figure& figure : figures())
    if (any_has(runs, figure)) columns.emplace_back(std::string("#") + figure.title);
  std::vector<Row> rows;
  for (const NamedRun& run : runs) {
    rows.push_back({run.name});
    for (const Figure& figure : figures())
      if (any_has(runs, figure)) rows.back().push_back(cell_of(figure, run));
  }
  return out.table("Runs side by side", columns, rows);
}

std::string figure_plots(const std::vector<NamedRun>& runs, Exhibits& out) {
  std::string plots;
  for (const Figure& figure : figures()) {
    if (!figure.plotted) continue;
    BarChart chart;
    chart.title = figure.title;
    chart.value_label = figure.shown == Shown::percent ? std::string(figure.title) + " (%)" : figure.title;
    chart.series = {{figure.title, {}}};
    for (const NamedRun& run : runs)
      if (const Value value = figure.value(run.results)) {
        chart.labels.push_back(run.name);
        chart.series[0].values.push_back(*value * (figure.shown == Shown::percent ? 100 : 1));
        chart.notes.push_back(cell_of(figure, run).text);
      }
    if (!chart.labels.empty())
      plots += out.figure(
          chart, "One bar for each run that has this figure, in the order in which they were named.");
  }
  return plots;
}

std::vector<const NamedRun*> counted(const std::vector<NamedRun>& runs) {
  std::vector<const NamedRun*> list;
  for (const NamedRun& run : runs)
    if (!run.results.run.is_null()) list.push_back(&run);
  return list;
}

/// The chip's blocks that take most over all runs have colours of their own.
std::string energy_plot(const std::vector<const NamedRun*>& runs, Exhibits& out) {
  std::map<std::string, double> sums;
  double greatest = 0;
  for (const NamedRun* run : runs) {
    for (const json& block : run->results.run.at("energy").at("blocks"))
      sums[block.at("block").get<std::string>()] += number(block, "picojoule");
    greatest = std::max(greatest, number(run->results.run.at("energy"), "chip_picojoule"));
  }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [name, sum] : sums) order.emplace_back(-sum, name);
  std::sort(order.begin(), order.end());
  const std::size_t own = order.size() <= 5 ? order.size() : 4;
  const Scale scale = energy_scale(greatest);
  BarChart chart;
  chart.title = "Energy per image, by block";
  chart.value_label = std::string(scale.unit) + " per image";
  chart.unit = scale.unit;
  chart.layout = Layout::stacked;
  for (std::size_t b = 0; b < own; ++b) chart.series.push_back({order[b].second, {}});
  if (own < order.size()) chart.series.push_back({text(order.size() - own, " other blocks"), {}});
  chart.series.push_back({"off-chip memory", {}});
  for (const NamedRun* run : runs) {
    const json& energy = run->results.run.at("energy");
    chart.labels.push_back(run->name);
    std::vector<double> values(chart.series.size());
    for (const json& block : energy.at("blocks")) {
      std::size_t series = 0;
      while (series < own && order[series].second != block.at("block")) ++series;
      values[series] += number(block, "picojoule") * scale.factor;
    }
    values.back() = number(energy, "offchip_picojoule") * scale.factor;
    for (std::size_t s = 0; s < values.size(); ++s) chart.series[s].values.push_back(values[s]);
  }
  return out.figure(chart, "Where each run's energy goes, on the chip and in the memory outside of it.");
}

std::string cycles_plot(const std::vector<const NamedRun*>& runs, Exhibits& out) {
  BarChart chart;
  chart.title = "Cycles per image, by layer and run";
  chart.value_label = "cycles (all executions of the layer)";
  chart.unit = "cycles";
  for (const NamedRun* run : runs)
    for (const json& layer : run->results.run.at("layers")) {
      const auto name = layer.at("name").get<std::string>();
      if (std::find(chart.labels.begin(), chart.labels.end(), name) == chart.labels.end())
        chart.labels.push_back(name);
    }
  for (const NamedRun* run : runs) {
    Series series{run->name, std::vector<double>(chart.labels.size(), std::nan(""))};
    for (const json& layer : run->results.run.at("layers")) {
      const auto found =
          std::find(chart.labels.begin(), chart.labels.end(), layer.at("name").get<std::string>());
      double& value = series.values[static_cast<std::size_t>(found - chart.labels.begin())];
      value = (std::isnan(value) ? 0 : value) + number(layer, "cycles");
    }
    chart.series.push_back(std::move(series));
  }
  return out.figure(chart,
                    "Where a run's bar is shorter than another's, its layer is faster; a layer that a run "
                    "does not have has no bar.");
}

/// Of runs whose architecture is known.
std::string roofline_plot(const std::vector<const NamedRun*>& runs, Exhibits& out) {
  std::vector<RooflineGroup> groups;
  for (const NamedRun* run : runs)
    if (!run->results.compile.is_null())
      groups.push_back(
          {run->name, roofs_of(run->results.compile.at("arch")), roofline_layers(run->results.run)});
  const Scatter chart = roofline_chart("Roofline, by layer and run", groups);
  if (chart.groups.empty()) return "";
  return out.figure(
      chart,
      "Each chip has a slope, its memory port, and a flat roof, its array; a dot's number is its "
      "layer's in the run, and what it lacks to its chip's roof is what it could be faster.");
}

std::string layers_table(const std::vector<const NamedRun*>& runs, Exhibits& out) {
  std::vector<Row> rows;
  for (const NamedRun* run : runs)
    for (const json& layer : run->results.run.at("layers"))
      rows.push_back({run->name, layer.at("name").get<std::string>(), grouped_cell(number(layer, "cycles")),
                      grouped_cell(number(layer, "bit_ops")), percent_cell(number(layer, "utilization")),
                      grouped_cell(number(layer, "offchip_bytes")),
                      grouped_cell(number(layer.at("energy"), "chip_picojoule")),
                      percent_cell(number(layer, "activation_sparsity")),
                      percent_cell(number(layer, "weight_sparsity"))});
  return out.table("Layers of all runs, per image",
                   {"Run", "Layer", "#Cycles", "#Operands", "#Utilization", "#Off-chip bytes",
                    "#Chip energy (pJ)", "#Zero activations", "#Zero weights"},
                   rows);
}

std::string conditions(const std::vector<const NamedRun*>& runs) {
  std::set<std::string> tables, inputs;
  for (const NamedRun* run : runs) {
    const json& energy = run->results.run.at("energy");
    tables.insert(energy.at("table").get<std::string>() + " at " + compact(number(energy, "volt")) + " V, " +
                  compact(number(energy, "megahertz")) + " MHz");
    const json& from = run->results.run.at("inputs");
    inputs.insert(from.is_null() ? "test images" : from.get<std::string>());
  }
  const auto joined = [](const std::set<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
    return out;
  };
  if (runs.empty()) return "";
  return html_paragraph(std::string(tables.size() == 1
                                        ? "Energies: power table "
                                        : "Energies are not comparable, as they are of different power "
                                          "tables or operating points: ") +
                        joined(tables) + ". Inputs: " + joined(inputs) + ".");
}

}  // namespace

std::vector<NamedRun> load_runs(const std::vector<std::string>& folders) {
  std::vector<NamedRun> runs;
  std::map<std::string, int> names;
  const auto short_name = [](const std::string& folder) {
    const std::filesystem::path path = std::filesystem::path(folder + "/").lexically_normal();
    return path.parent_path().filename().string();
  };
  std::set<std::filesystem::path> seen;
  for (const std::string& folder : folders) {
    WD_REQUIRE(!folder.empty(), "--runs has an empty name; give folders with single commas between them");
    WD_REQUIRE(seen.insert(std::filesystem::weakly_canonical(folder)).second, "--runs names ", folder,
               " twice; name each folder once");
    ++names[short_name(folder)];
  }
  for (const std::string& folder : folders) {
    const std::string name = short_name(folder);
    runs.push_back({names[name] == 1 && !name.empty() ? name : folder, load_present(folder)});
    if (has_seeds(runs.back().results.train))
      runs.back().name += text(" (mean of ", runs.back().results.train.at("seeds").size(), " seeds)");
  }
  return runs;
}

json comparison_json(const std::vector<NamedRun>& runs, const std::string& version) {
  json list = json::array();
  for (const NamedRun& run : runs) {
    json row{{"name", run.name}, {"folder", run.results.folder.string()}};
    for (const Figure& figure : figures())
      if (any_has(runs, figure)) {
        const Value value = figure.value(run.results);
        row[figure.key] = value ? json(*value) : json(nullptr);
      }
    list.push_back(std::move(row));
  }
  return {{"version", version}, {"runs", list}};
}

std::string comparison_page(const std::vector<NamedRun>& runs, Exhibits& out) {
  const std::vector<const NamedRun*> with_layers = counted(runs);
  std::string body =
      html_section("runs", "Runs",
                   conditions(with_layers) + runs_table(runs, out) + html_columns(figure_plots(runs, out)));
  if (!with_layers.empty()) {
    body += html_section("energy", "Energy", html_columns(energy_plot(with_layers, out)));
    body += html_section("layers", "Layers",
                         html_columns(cycles_plot(with_layers, out) + roofline_plot(with_layers, out)) +
                             layers_table(with_layers, out));
  }
  return html_page(text("WhiteDwarf: ", runs.size(), runs.size() == 1 ? " run" : " runs side by side"), body);
}

std::string comparison_text(const std::vector<NamedRun>& runs) {
  std::vector<std::vector<std::string>> lines{{""}};
  for (const NamedRun& run : runs) lines[0].push_back(run.name);
  for (const Figure& figure : figures()) {
    if (!any_has(runs, figure)) continue;
    lines.push_back({figure.title});
    for (const NamedRun& run : runs) {
      const std::string shown = cell_of(figure, run).text;
      lines.back().push_back(shown == "–" ? "-" : shown);
    }
  }
  std::vector<std::size_t> widths(lines[0].size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], text_length(line[i]));
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string blank(widths[i] - text_length(line[i]), ' ');
      out += i == 0 ? line[i] + blank : "  " + blank + line[i];
    }
    out += "\n";
  }
  return out;
}

}  // namespace wd::report
