// SPDX-License-Identifier: Apache-2.0
#include "flow/train_report.hpp"

#include <sys/resource.h>

#include <functional>

#include "algo/train/checkpoint.hpp"
#include "base/json.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

json spread_json(const std::optional<Spread>& spread) { return spread ? spread->to_json() : json(nullptr); }

std::optional<double> optional_number(JsonReader& reader, const char* key) {
  if (reader.child(key).is_null()) return std::nullopt;
  return reader.get<double>(key);
}

std::optional<CompressionForecast> compression_from(JsonReader& reader) {
  if (reader.child("compressed_bytes").is_null()) {
    for (const char* key : {"offchip_ratio", "onchip_ratio"})
      WD_REQUIRE(reader.child(key).is_null(), reader.origin(), ": '", key,
                 "' is there without 'compressed_bytes'; train again");
    return std::nullopt;
  }
  return CompressionForecast{reader.get<std::uint64_t>("compressed_bytes"),
                             reader.get<double>("offchip_ratio"), optional_number(reader, "onchip_ratio")};
}

std::optional<TrainingSpeed> speed_from(JsonReader& report) {
  if (!report.has("speed") || report.child("speed").is_null()) return std::nullopt;
  JsonReader reader(report.child("speed"), report.origin() + ": speed");
  const TrainingSpeed speed{reader.get<double>("images_per_second"), reader.get<double>("loading_share"),
                            reader.get<double>("peak_mib")};
  reader.refuse_unknown();
  return speed;
}

json speed_json(const std::optional<TrainingSpeed>& speed) {
  if (!speed) return nullptr;
  return {{"images_per_second", speed->images_per_second},
          {"loading_share", speed->loading_share},
          {"peak_mib", speed->peak_mib}};
}

std::optional<TrainingSpeed> speed_of(const algo::TrainConfig& config, const algo::TrainSpeed& speed) {
  if (speed.steps == 0) return std::nullopt;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return TrainingSpeed{static_cast<double>(speed.steps) * config.batch / speed.step_seconds,
                       speed.loading_seconds / speed.step_seconds,
                       static_cast<double>(usage.ru_maxrss) / 1024};
}

/// What spreads read of it.
json energy_from(const json& value, const std::string& origin) {
  if (value.is_null()) return value;
  const auto require = [&](bool good, const char* what) {
    WD_REQUIRE(good, origin, ": 'energy' has ", what, "; train again with --fresh");
  };
  const auto is_amount = [](const json& object, const char* key) {
    return object.is_object() && object.contains(key) && object.at(key).is_number();
  };
  for (const char* key : {"chip_picojoule", "offchip_picojoule"})
    require(is_amount(value, key), "no number 'chip_picojoule' or 'offchip_picojoule'");
  require(value.contains("layers") && value.at("layers").is_array(), "no list 'layers'");
  for (const json& layer : value.at("layers"))
    require(layer.is_object() && layer.contains("name") && layer.at("name").is_string() &&
                layer.contains("energy") && is_amount(layer.at("energy"), "chip_picojoule"),
            "a layer without name or energy.chip_picojoule");
  return value;
}

Spread spread_over(const std::vector<TrainReport>& runs,
                   const std::function<double(const TrainReport&)>& figure) {
  std::vector<double> values;
  for (const TrainReport& run : runs) values.push_back(figure(run));
  return spread_of(values);
}

std::optional<Spread> optional_spread_over(
    const std::vector<TrainReport>& runs,
    const std::function<std::optional<double>(const TrainReport&)>& figure) {
  for (const TrainReport& run : runs)
    if (!figure(run)) return std::nullopt;
  return spread_over(runs, [&](const TrainReport& run) { return *figure(run); });
}

/// Of runs with the same layers.
std::vector<std::pair<std::string, Spread>> layer_spreads(const std::vector<TrainReport>& runs) {
  const auto names = [](const TrainReport& run) {
    std::vector<std::string> list;
    if (!run.energy.is_null())
      for (const json& layer : run.energy.at("layers")) list.push_back(layer.at("name").get<std::string>());
    return list;
  };
  const std::vector<std::string> first = names(runs.front());
  for (const TrainReport& run : runs)
    if (names(run) != first) return {};
  std::vector<std::pair<std::string, Spread>> spreads;
  for (std::size_t i = 0; i < first.size(); ++i)
    spreads.emplace_back(first[i], spread_over(runs, [i](const TrainReport& run) {
                           return run.energy.at("layers")[i].at("energy").at("chip_picojoule").get<double>();
                         }));
  return spreads;
}

}  // namespace

json TrainReport::row_json() const {
  const std::optional<CompressionForecast>& c = compression;
  return {{"seed", seed},
          {"threads", threads},
          {"seconds", seconds},
          {"epoch", epoch},
          {"accuracy_fp32", accuracy_fp32},
          {"accuracy_fp8", accuracy_fp8},
          {"accuracy_hw", or_null(accuracy_hw)},
          {"no_hardware", no_hardware},
          {"no_network", no_network},
          {"weights", weights},
          {"dense_parameters", dense_parameters},
          {"value_sparsity", hardware.value_sparsity},
          {"bit_sparsity", hardware.bit_sparsity},
          {"activation_sparsity", hardware.activation_sparsity},
          {"bits_per_weight", hardware.bits_per_weight},
          {"bytes", hardware.bytes},
          {"cycles", or_null(hardware.cycles)},
          {"no_cycles", hardware.no_cycles},
          {"arch", arch::to_json(arch)},
          {"compressed_bytes", c ? json(c->bytes) : json(nullptr)},
          {"offchip_ratio", c ? json(c->offchip_ratio) : json(nullptr)},
          {"onchip_ratio", c ? or_null(c->onchip_ratio) : json(nullptr)},
          {"energy", energy},
          {"model_sha256", model_sha256},
          {"images_sha256", images_sha256},
          {"program_sha256", program_sha256},
          {"speed", speed_json(speed)}};
}

json TrainReport::to_json() const {
  json value = row_json();
  value["config"] = config;
  value["history"] = history;
  return value;
}

TrainReport TrainReport::from_json(const json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  TrainReport report;
  report.config = reader.child("config");
  report.history = reader.list("history");
  report.seed = reader.get<std::uint64_t>("seed");
  report.threads = reader.get<unsigned>("threads");
  report.seconds = reader.get<double>("seconds");
  report.epoch = reader.get<int>("epoch");
  report.accuracy_fp32 = reader.get<double>("accuracy_fp32");
  report.accuracy_fp8 = reader.get<double>("accuracy_fp8");
  report.accuracy_hw = optional_number(reader, "accuracy_hw");
  report.no_hardware = reader.get<std::string>("no_hardware");
  report.no_network = reader.get<std::string>("no_network");
  report.weights = reader.get<std::size_t>("weights");
  report.dense_parameters = reader.get<std::size_t>("dense_parameters");
  algo::HardwareFigures& h = report.hardware;
  h.value_sparsity = reader.get<double>("value_sparsity");
  h.bit_sparsity = reader.get<double>("bit_sparsity");
  h.activation_sparsity = reader.get<double>("activation_sparsity");
  h.bits_per_weight = reader.get<double>("bits_per_weight");
  h.bytes = reader.get<std::uint64_t>("bytes");
  h.cycles = optional_number(reader, "cycles");
  h.no_cycles = reader.get<std::string>("no_cycles");
  report.arch = arch::arch_from_json(reader.child("arch"), origin + ": arch");
  report.compression = compression_from(reader);
  if (reader.has("energy"))
    report.energy = energy_from(reader.child("energy"), origin);          // older trainings have none
  report.model_sha256 = reader.get("model_sha256", report.model_sha256);  // older trainings have none
  report.images_sha256 = reader.get("images_sha256", report.images_sha256);
  report.program_sha256 = reader.get("program_sha256", report.program_sha256);
  report.speed = speed_from(reader);
  reader.refuse_unknown();
  return report;
}

TrainReport report_of(const algo::TrainConfig& config, const algo::TrainResult& result) {
  TrainReport report;
  report.config = algo::to_json(config);
  report.seed = config.seed;
  report.seconds = result.seconds;
  report.epoch = result.chosen_epoch;
  report.accuracy_fp32 = result.accuracy_fp32;
  report.accuracy_fp8 = result.accuracy_fp8;
  report.accuracy_hw = result.accuracy_hw;
  report.no_hardware = result.no_hardware;
  report.no_network = result.no_network;
  report.weights = result.weights;
  report.dense_parameters = result.dense_parameters;
  report.hardware = result.hardware;
  report.speed = speed_of(config, result.speed);
  report.history = json::array();
  for (const algo::EpochRecord& record : result.history) report.history.push_back(algo::to_json(record));
  return report;
}

json TrainSpreads::to_json() const {
  json layers = json::array();
  for (const auto& [name, spread] : layer_energy_pj) {
    layers.push_back(spread.to_json());
    layers.back()["name"] = name;
  }
  return {{"accuracy_fp32", accuracy_fp32.to_json()},
          {"accuracy_fp8", accuracy_fp8.to_json()},
          {"accuracy_hw", spread_json(accuracy_hw)},
          {"seconds", seconds.to_json()},
          {"bits_per_weight", bits_per_weight.to_json()},
          {"bytes", bytes.to_json()},
          {"value_sparsity", value_sparsity.to_json()},
          {"cycles", spread_json(cycles)},
          {"compressed_bytes", spread_json(compressed_bytes)},
          {"offchip_ratio", spread_json(offchip_ratio)},
          {"onchip_ratio", spread_json(onchip_ratio)},
          {"energy_pj", spread_json(energy_pj)},
          {"offchip_pj", spread_json(offchip_pj)},
          {"layer_energy_pj", layers}};
}

TrainSpreads spreads_of(const std::vector<TrainReport>& runs) {
  using Run = const TrainReport&;
  using Optional = std::optional<double>;
  TrainSpreads s;
  s.accuracy_fp32 = spread_over(runs, [](Run r) { return r.accuracy_fp32; });
  s.accuracy_fp8 = spread_over(runs, [](Run r) { return r.accuracy_fp8; });
  s.seconds = spread_over(runs, [](Run r) { return r.seconds; });
  s.bits_per_weight = spread_over(runs, [](Run r) { return r.hardware.bits_per_weight; });
  s.bytes = spread_over(runs, [](Run r) { return static_cast<double>(r.hardware.bytes); });
  s.value_sparsity = spread_over(runs, [](Run r) { return r.hardware.value_sparsity; });
  s.accuracy_hw = optional_spread_over(runs, [](Run r) { return r.accuracy_hw; });
  s.cycles = optional_spread_over(runs, [](Run r) { return r.hardware.cycles; });
  s.compressed_bytes = optional_spread_over(runs, [](Run r) {
    return r.compression ? Optional(static_cast<double>(r.compression->bytes)) : std::nullopt;
  });
  s.offchip_ratio = optional_spread_over(
      runs, [](Run r) { return r.compression ? Optional(r.compression->offchip_ratio) : std::nullopt; });
  s.onchip_ratio = optional_spread_over(
      runs, [](Run r) { return r.compression ? r.compression->onchip_ratio : std::nullopt; });
  const auto energy = [](const char* key) {
    return
        [key](Run r) { return r.energy.is_null() ? std::nullopt : Optional(r.energy.at(key).get<double>()); };
  };
  s.energy_pj = optional_spread_over(runs, energy("chip_picojoule"));
  s.offchip_pj = optional_spread_over(runs, energy("offchip_picojoule"));
  s.layer_energy_pj = layer_spreads(runs);
  return s;
}

}  // namespace wd::flow
