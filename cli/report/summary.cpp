// SPDX-License-Identifier: Apache-2.0
#include "cli/report/summary.hpp"

#include "base/error.hpp"
#include "cli/report/result_keys.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

/// Over the layers' dense multiply-accumulates: a large layer counts more.
double mean_sparsity(const json& layers, const char* key) {
  double macs = 0, zero = 0;
  for (const json& layer : layers) {
    const double weight = number(layer, "dense_macs");
    macs += weight;
    zero += weight * number(layer, key);
  }
  return zero / macs;
}

json engines(const json& run) {
  json result = json::object();
  for (const auto& item : run.at("engines").items())
    for (const char* key :
         {"images", "threads", "cycles", "total_cycles", "seconds", "macs_per_second", "cycles_per_second"})
      result[item.key()][key] = item.value().at(key);
  return result;
}

json ablation(const json& entries) {
  json result = json::object();
  for (const json& entry : entries)
    result[entry.at("name").get<std::string>()] = {{"cycles", entry.at("cycles")},
                                                   {"energy_pj", entry.at("energy_pj")},
                                                   {"offchip_pj", entry.at("offchip_pj")}};
  return result;
}

/// Null where neither compared anything.
json both(const json& a, const json& b) {
  if (a.is_null()) return b;
  if (b.is_null()) return a;
  return a.get<bool>() && b.get<bool>();
}

void add_chip(json& summary, const json& run) {
  const json& energy = run.at("energy");
  const double chip = number(energy, "chip_picojoule");
  const double cycles = number(run.at("counters"), "cycles");
  const double megahertz = number(energy, "megahertz");
  const double seconds = cycles / (1e6 * megahertz);
  summary["energy_pj_per_image"] = energy.at("chip_picojoule");
  summary["offchip_pj_per_image"] = energy.at("offchip_picojoule");
  summary["tflops_per_watt_executed"] = 2 * number(run.at("counters"), "bit_ops") / chip;
  summary["tflops_per_watt_dense"] = 2 * number(run, "dense_macs") / chip;
  summary["onchip_ratio"] = run.at("onchip").at("ratio");
  summary["batch"] = run.at("batch");
  summary["cycles_per_image"] = run.at("counters").at("cycles");
  summary["seconds_per_image"] = seconds;
  summary["chip_watts"] = 1e-12 * chip / seconds;
  for (const char* key : {"volt", "megahertz"}) summary[key] = energy.at(key);
  summary["energy_table"] = energy.at("table");
  summary["energy_caveat"] = energy.at("caveat");
  for (const char* key : {"activation_sparsity", "weight_sparsity", "weight_bit_sparsity"})
    summary[key] = mean_sparsity(run.at("layers"), key);
}

}  // namespace

std::string off_text(const json& entry) {
  const json arch = entry.value("arch", json::object());
  std::string out;
  for (const json& item : entry.at("off")) {
    const auto name = item.get<std::string>();
    out += text(out.empty() ? "" : ", ", name);
    if (arch.contains(name)) out += text(" ", arch.at(name));
  }
  return out.empty() ? "–" : out;
}

std::string extrapolated_text(const json& entries) {
  std::string out;
  for (const json& entry : entries) {
    std::string why;
    for (const json& one : entry.value("extrapolated", json::array()))
      why += text(why.empty() ? "" : ", ", one.get<std::string>());
    if (!why.empty()) out += text(out.empty() ? "" : "; ", entry.at("name").get<std::string>(), ": ", why);
  }
  if (out.empty()) return out;
  return text(
      "The array's energy is extrapolated where the chip of the power table did not have its parameters: ",
      out, ".");
}

std::vector<std::string> engine_order(const json& engines) {
  std::vector<std::string> names;
  for (const std::string_view name : engine_names)
    if (engines.contains(name)) names.emplace_back(name);
  return names;
}

json make_summary(const Results& results, const std::string& version) {
  check(results);
  const json& run = results.run;
  json summary;
  summary["version"] = version;
  for (const char* key : {"seed", "accuracy_fp32", "accuracy_fp8"}) summary[key] = results.train.at(key);
  summary["accuracy_hw"] = run.at("accuracy_hw");
  summary["images"] = run.at("images");
  for (const char* key :
       {"weights", "dense_fp32_bytes", "compressed_bytes", "bits_per_weight", "offchip_ratio"})
    summary[key] = results.compress.at(key);
  summary["engines"] = engines(run);
  for (const std::string key : {"values", "cycles", "counters"})
    summary[key + "_equal"] = both(run.at("equal").at(key), results.cosim.at(key + "_equal"));
  summary["ablation"] = ablation(results.ablation.at("entries"));
  add_chip(summary, run);
  return summary;
}

}  // namespace wd::report
