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

std::string optional_count(const json& value) { return value.is_null() ? "–" : grouped(value.get<double>()); }
std::string optional_rate(const json& value) { return value.is_null() ? "–" : compact(value.get<double>()); }

std::string engine_table(const json& engines) {
  std::vector<Row> rows;
  for (const std::string& name : engine_order(engines)) {
    const json& e = engines.at(name);
    rows.push_back({name, grouped(number(e, "images")), grouped(number(e, "threads")),
                    compact(number(e, "seconds")), optional_count(e.at("cycles")),
                    compact(number(e, "macs_per_second")), optional_rate(e.at("cycles_per_second")),
                    e.at("accuracy").is_null() ? "–" : percent(e.at("accuracy").get<double>())});
  }
  return html_table({"Engine", "#Images", "#Threads", "#Seconds", "#Cycles per image",
                     "#Dense MACs/s and core", "#Cycles/s and core", "#Accuracy on its images"},
                    rows);
}

std::string agreement_table(const Results& results) {
  std::vector<Row> rows;
  for (const std::string what : {"values", "cycles", "counters"})
    rows.push_back({what, verdict_text(results.run.at("equal").at(what)),
                    verdict_text(results.cosim.at(what + "_equal"))});
  return html_table({"Agreement", "Over all images that engines share", "In co-simulation, tile by tile"},
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
      rows.push_back({p.name, arch.at(p.name).dump(), p.unit, p.meaning});
      rest.erase(p.name);
    }
  for (const auto& item : rest.items()) rows.push_back({item.key(), item.value().dump(), "", ""});
  return rows;
}

}  // namespace

std::string engines_section(const Results& results, const json&) {
  return html_section(
      "engines", "Engines",
      engine_table(results.run.at("engines")) + agreement_table(results) +
          html_paragraph(
              "Cycles are averages over each engine's own images; agreement is tested image by image. " +
              cosim_text(results.cosim)));
}

std::string architecture_section(const Results& results, const json&) {
  const json& compile = results.compile;
  const std::vector<Row> program = {
      {"instructions", grouped(number(compile, "instructions"))},
      {"memory image", grouped(number(compile, "memory_bytes")) + " bytes"},
      {"weight rows", grouped(number(compile, "weight_rows"))},
      {"weights", compile.at("resident").get<bool>() ? "stay on chip" : "are loaded anew for each image"}};
  return html_section(
      "architecture", "Architecture and program",
      html_table({"Parameter", "#Value", "Unit", "Meaning"}, parameter_rows(compile.at("arch"))) +
          html_table({"Program", "#Value"}, program));
}

}  // namespace wd::report
