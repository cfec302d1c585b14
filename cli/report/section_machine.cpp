// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/sections.hpp"
#include "cli/report/summary.hpp"
#include "hw/arch/arch.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

Cell optional_count(const json& value) { return value.is_null() ? "–" : grouped_cell(value.get<double>()); }
Cell optional_rate(const json& value) { return value.is_null() ? "–" : compact_cell(value.get<double>()); }

std::string engine_table(Exhibits& out, const json& engines) {
  std::vector<Row> rows;
  for (const std::string& name : engine_order(engines)) {
    const json& e = engines.at(name);
    rows.push_back({name, grouped_cell(number(e, "images")), grouped_cell(number(e, "threads")),
                    compact_cell(number(e, "seconds")), optional_count(e.at("cycles")),
                    compact_cell(number(e, "macs_per_second")), optional_rate(e.at("cycles_per_second")),
                    e.at("accuracy").is_null() ? Cell("–") : percent_cell(e.at("accuracy").get<double>())});
  }
  return out.table("Engines, accuracy and speed",
                   {"Engine", "#Images", "#Threads", "#Seconds", "#Cycles per image",
                    "#Dense MACs/s and core", "#Cycles/s and core", "#Accuracy on its images"},
                   rows);
}

std::string agreement_table(Exhibits& out, const Results& results) {
  std::vector<Row> rows;
  for (const std::string what : {"values", "cycles", "counters"})
    rows.push_back({what, verdict_text(results.run.at("equal").at(what)),
                    verdict_text(results.cosim.at(what + "_equal"))});
  return out.table("Agreement of engines",
                   {"Agreement", "Over all images that engines share", "In co-simulation, tile by tile"},
                   rows);
}

std::string cosim_text(const json& cosim) {
  std::string engines;
  for (const json& name : cosim.at("engines"))
    engines += (engines.empty() ? "" : ", ") + name.get<std::string>();
  const std::string compared = "Co-simulation compared " + engines + " on " +
                               grouped(number(cosim, "images")) +
                               " images: " + grouped(number(cosim, "tiles")) + " tiles and " +
                               grouped(number(cosim, "convolutions")) + " convolutions. ";
  return compared + (cosim.at("difference").is_null()
                         ? "There is no difference."
                         : "First difference: " + cosim.at("difference").get<std::string>());
}

struct Parameter {
  const char *name, *unit, *meaning;
};

constexpr auto parameters = std::to_array<Parameter>({
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) {#name, unit, meaning},
#include "hw/arch/params.def"
#undef ARCH_PARAM
});

/// Known parameters in the order of their declaration, also those that old files lack, then any others.
std::vector<Row> parameter_rows(const json& named) {
  std::vector<Row> rows;
  const json arch = arch::completed(named);
  json rest = arch;
  for (const Parameter& p : parameters)
    if (arch.contains(p.name)) {
      rows.push_back({p.name, {arch.at(p.name).dump(), arch.at(p.name).get<double>()}, p.unit, p.meaning});
      rest.erase(p.name);
    }
  for (const auto& item : rest.items())
    rows.push_back({item.key(), {item.value().dump(), item.value().get<double>()}, "", ""});
  return rows;
}

}  // namespace

std::string engines_section(const Results& results, const json&, Exhibits& out) {
  return html_section(
      "engines", "Engines",
      engine_table(out, results.run.at("engines")) + agreement_table(out, results) +
          html_paragraph(
              "Cycles are averages over each engine's own images; agreement is tested image by image. " +
              cosim_text(results.cosim)));
}

std::string architecture_section(const Results& results, const json&, Exhibits& out) {
  const json& compile = results.compile;
  const std::vector<Row> program = {
      {"instructions", grouped_cell(number(compile, "instructions"))},
      {"memory image",
       {grouped(number(compile, "memory_bytes")) + " bytes", number(compile, "memory_bytes")}},
      {"weight rows", grouped_cell(number(compile, "weight_rows"))},
      {"weights", compile.at("resident").get<bool>() ? "stay on chip" : "are loaded anew for each image"}};
  return html_section("architecture", "Architecture and program",
                      out.table("Parameters of the architecture", {"Parameter", "#Value", "Unit", "Meaning"},
                                parameter_rows(compile.at("arch"))) +
                          out.table("Program", {"Program", "#Value"}, program));
}

}  // namespace wd::report
