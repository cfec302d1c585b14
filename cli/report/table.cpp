// SPDX-License-Identifier: Apache-2.0
#include "cli/report/table.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/summary.hpp"

namespace wd::report {
namespace {

using nlohmann::json;
using Lines = std::vector<std::vector<std::string>>;

std::string padded(const std::string& cell, std::size_t width, bool right) {
  const std::string blank(width - std::min(width, text_length(cell)), ' ');
  return right ? blank + cell : cell + blank;
}

/// @param right whether the columns after the first are numbers.
std::string aligned(const Lines& lines, bool right) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], text_length(line[i]));
    }
  std::string out;
  for (const auto& line : lines) {
    std::string row = " ";
    for (std::size_t i = 0; i < line.size(); ++i)
      row += text(" ", padded(line[i], widths[i] + 1, right && i > 0));
    out += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string with_ascii_unit(double value, Scale scale) {
  return compact(value * scale.factor) + " " + scale.ascii;
}

Lines model_lines(const json& s) {
  return {{"accuracy, FP32", percent(number(s, "accuracy_fp32")), "test images, FP32 activations"},
          {"accuracy, hardware", percent(number(s, "accuracy_hw")),
           grouped(number(s, "images")) + " images, bit-exact"},
          {"weights", grouped(number(s, "weights")), "stored"},
          {"dense FP32", grouped(number(s, "dense_fp32_bytes")) + " B", "unfolded"},
          {"compressed", grouped(number(s, "compressed_bytes")) + " B",
           compact(number(s, "offchip_ratio")) + "x smaller"},
          {"on chip", compact(number(s, "onchip_ratio")) + "x", "fewer weight bits stored and applied"},
          {"code length", fixed(number(s, "bits_per_weight"), 3) + " bit", "per weight"}};
}

std::string batch_text(double batch) {
  return batch == 1 ? "" : " (a frame's figures by its " + grouped(batch) + " images)";
}

Lines chip_lines(const json& s) {
  const double seconds = number(s, "seconds_per_image"), energy = number(s, "energy_pj_per_image");
  const double offchip = number(s, "offchip_pj_per_image");
  return {
      {"cycles", grouped(number(s, "cycles_per_image")),
       with_ascii_unit(seconds, time_scale(seconds)) + " at " + compact(number(s, "megahertz")) + " MHz"},
      {"chip energy", with_ascii_unit(energy, energy_scale(energy)),
       "at " + compact(number(s, "volt")) + " V; off-chip " +
           with_ascii_unit(offchip, energy_scale(offchip)) + " more"},
      {"efficiency, executed", fixed(number(s, "tflops_per_watt_executed"), 3) + " TFLOPS/W",
       "2 per operand"},
      {"efficiency, dense", fixed(number(s, "tflops_per_watt_dense"), 3) + " TFLOPS/W", "2 per dense MAC"},
      {"zeros", percent(number(s, "activation_sparsity")),
       "of activations; " + percent(number(s, "weight_sparsity")) + " of weights, " +
           percent(number(s, "weight_bit_sparsity")) + " of weight bits"}};
}

Lines engine_lines(const json& engines) {
  Lines lines{{"engine", "images", "cycles/image", "seconds", "MAC/s/core", "cycles/s/core"}};
  for (const std::string& name : engine_order(engines)) {
    const json& e = engines.at(name);
    const auto rate = [&](const char* key) { return e.at(key).is_null() ? "-" : compact(number(e, key)); };
    lines.push_back({name, grouped(number(e, "images")),
                     e.at("cycles").is_null() ? "-" : grouped(number(e, "cycles")),
                     compact(number(e, "seconds")), rate("macs_per_second"), rate("cycles_per_second")});
  }
  return lines;
}

/// @param of_study rows are what it names, else elements that are off
Lines ablation_lines(const json& entries, bool of_study) {
  const auto total = [](const json& e) { return number(e, "energy_pj") + number(e, "offchip_pj"); };
  const double cycles = number(entries[0], "cycles"), energy = number(entries[0], "energy_pj"),
               all = total(entries[0]);
  const Scale scale = energy_scale(energy);
  const std::string unit = scale.ascii;
  Lines lines{{of_study ? "row of the study" : "switched off", "cycles", "x", "chip (" + unit + ")", "x",
               "off-chip", "total", "x"}};
  for (const json& e : entries)
    lines.push_back({e.at("name").get<std::string>(), grouped(number(e, "cycles")),
                     fixed(number(e, "cycles") / cycles, 2), fixed(number(e, "energy_pj") * scale.factor, 2),
                     fixed(number(e, "energy_pj") / energy, 2),
                     fixed(number(e, "offchip_pj") * scale.factor, 2), fixed(total(e) * scale.factor, 2),
                     fixed(total(e) / all, 2)});
  return lines;
}

/// In lines of at most 96 characters, indented like the tables.
std::string wrapped(const std::string& sentence) {
  std::string out = " ";
  std::size_t column = 1;
  std::istringstream words(sentence);
  for (std::string word; words >> word; column += word.size() + 1) {
    if (column + word.size() > 95) {
      out += "\n ";
      column = 1;
    }
    out += " " + word;
  }
  return out + "\n";
}

/// Which arrays the entries have instead of the chip's, and whose energy is extrapolated.
std::string array_text(const json& entries) {
  std::string arrays;
  for (const json& e : entries)
    if (!e.value("arch", json::object()).empty())
      arrays += text(arrays.empty() ? "" : "; ", e.at("name").get<std::string>(), ": ", off_text(e));
  const std::string why = extrapolated_text(entries);
  return text(arrays.empty() ? "" : wrapped(text("Other arrays: ", arrays, ".")),
              why.empty() ? "" : wrapped(why));
}

}  // namespace

std::string make_table(const Results& results, const json& summary) {
  check(results);
  const bool of_study = results.ablation.contains("name");
  std::string verdict;
  for (const std::string what : {"values", "cycles", "counters"})
    verdict += "  " + what + " " + verdict_text(summary.at(what + "_equal"));
  return "WhiteDwarf " + summary.at("version").get<std::string>() + ", seed " + summary.at("seed").dump() +
         "\n\nModel\n" + aligned(model_lines(summary), false) + "\nChip, per image" +
         batch_text(number(summary, "batch")) + "\n" + aligned(chip_lines(summary), false) +
         wrapped(summary.at("energy_caveat").get<std::string>()) + "\nEngines\n" +
         aligned(engine_lines(summary.at("engines")), true) + "  agreement:" + verdict + "\n\n" +
         (of_study ? "Rows of the study " + results.ablation.at("name").get<std::string>()
                   : "Elements, each off alone") +
         "\n" + aligned(ablation_lines(results.ablation.at("entries"), of_study), true) +
         array_text(results.ablation.at("entries"));
}

}  // namespace wd::report
