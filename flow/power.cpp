// SPDX-License-Identifier: Apache-2.0
#include "flow/power.hpp"

#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "flow/chip.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

constexpr const char* again = "; run `whitedwarf run` again, with fast among --engines";

const json& member(const json& value, const std::string& key, const std::string& origin) {
  WD_REQUIRE(value.is_object() && value.contains(key), origin, ": key '", key, "' is missing", again);
  return value.at(key);
}

double amount(const json& value, const std::string& key, const std::string& origin) {
  const json& number = member(value, key, origin);
  WD_REQUIRE(number.is_number() && number.get<double>() >= 0, origin, ": '", key, "' is ", shown(number),
             ", must be a number from 0", again);
  return number.get<double>();
}

template <typename Amount>
sim::CounterAmounts counters_by(Amount amount_of) {
  sim::CounterAmounts out;
#define ARCH_COUNTER(name, sv, unit, meaning) out.name = amount_of(#name);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return out;
}

CountedRun::Layer layer_of(const json& value, const std::string& origin) {
  CountedRun::Layer layer;
  const json& name = member(value, "name", origin);
  WD_REQUIRE(name.is_string(), origin, ": 'name' is ", shown(name), ", must be a text", again);
  layer.name = name.get<std::string>();
  const json& ranges = member(value, "ranges", origin);
  layer.counters = counters_by([&](const char* counter) {
    return amount(member(ranges, counter, origin + ".ranges"), "mean", origin + ".ranges." + counter);
  });
  layer.dense_macs = amount(value, "dense_macs", origin);
  layer.activation_sparsity = amount(value, "activation_sparsity", origin);
  layer.weight_sparsity = amount(value, "weight_sparsity", origin);
  layer.weight_bit_sparsity = amount(value, "weight_bit_sparsity", origin);
  return layer;
}

Efficiency efficiency_of(const sim::CounterAmounts& counters, double dense_macs, double picojoule) {
  if (picojoule <= 0) return {};
  return {2 * counters.bit_ops / picojoule, 2 * dense_macs / picojoule};
}

LayerPower layer_power(const std::string& name, const sim::CounterAmounts& counters, double dense_macs,
                       const CountedRun& run, const sim::PowerTable& table,
                       const sim::OperatingPoint& point) {
  LayerPower layer{
      name, counters.cycles, sim::estimate_power(table, counters, run.arch, run.switches, point), {}, {}};
  layer.efficiency = efficiency_of(counters, dense_macs, layer.energy.chip_pj());
  return layer;
}

bool is_gate(const std::string& name) { return name.rfind("gate_", 0) == 0; }

std::vector<GateVariant> gate_variants(const CountedRun& run, const sim::PowerTable& table,
                                       const sim::OperatingPoint& point) {
  const auto variant = [&](const std::string& name, const arch::Switches& switches) {
    const sim::PowerEstimate energy = sim::estimate_power(table, run.counters, run.arch, switches, point);
    return GateVariant{name, energy.chip_pj(), energy.unknown_gates};
  };
  std::vector<GateVariant> list{variant("as run", run.switches)};
  arch::Switches on = run.switches, off = run.switches;
#define ARCH_SWITCH(name, sv, value, meaning) \
  if (is_gate(#name)) on.name = true, off.name = false;
#include "hw/arch/switches.def"
  list.push_back(variant("all gates on", on));
#define ARCH_SWITCH(name, sv, value, meaning)   \
  if (is_gate(#name)) {                         \
    arch::Switches one = on;                    \
    one.name = false;                           \
    list.push_back(variant(#name " off", one)); \
  }
#include "hw/arch/switches.def"
  list.push_back(variant("all gates off", off));
  return list;
}

/// A layer's name may hold anything.
std::string csv_text(const std::string& name) {
  if (name.find_first_of(",\"\n\r") == std::string::npos) return name;
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

json json_of(const Efficiency& e) { return {{"executed", e.executed}, {"dense", e.dense}}; }

}  // namespace

void PowerOptions::declare(OptionSink& sink) {
  common.declare_out(sink);
  table.declare(sink);
  sink.real("voltage", volt, 0.1, 10, "supply to which the table is scaled", "the table's");
  sink.real("clock", megahertz, 0.001, 100000, "clock", "the table's, scaled with the voltage");
  sink.call_values({{"voltage", "V"}, {"clock", "MHz"}});
  sink.flag("gates", gates, "also energies with all clock gates on, each off, all off");
}

double CountedRun::sparsity(double Layer::*of) const {
  double macs = 0, zero = 0;
  for (const Layer& layer : layers) macs += layer.dense_macs, zero += layer.dense_macs * (layer.*of);
  return macs > 0 ? zero / macs : 0;
}

sim::CounterAmounts CountedRun::between() const {
  sim::CounterAmounts rest = counters;
  for (const Layer& layer : layers) rest -= layer.counters;
  return rest;
}

CountedRun counted_run(const json& value, const arch::Arch& arch, const std::string& origin) {
  CountedRun run;
  run.arch = arch;
  const double bits = amount(value, "switches", origin), most = (1 << arch::switch_count) - 1;
  WD_REQUIRE(bits <= most, origin, ": 'switches' is ", bits, ", must be at most ", most, again);
  run.switches = arch::Switches::from_bits(static_cast<std::uint32_t>(bits));
  const json& counters = member(value, "counters", origin);
  run.counters = counters_by([&](const char* name) { return amount(counters, name, origin + ": counters"); });
  WD_REQUIRE(run.counters.cycles > 0, origin, ": counters: 'cycles' is 0", again);
  run.dense_macs = amount(value, "dense_macs", origin);
  const json& layers = member(value, "layers", origin);
  WD_REQUIRE(layers.is_array(), origin, ": 'layers' is ", shown(layers), ", must be a list", again);
  for (const json& layer : layers)
    run.layers.push_back(layer_of(layer, text(origin, ": layers[", run.layers.size(), "]")));
  return run;
}

PowerResult power_of(const CountedRun& run, const sim::PowerTable& table, const sim::OperatingPoint& point,
                     bool gates) {
  PowerResult result;
  result.table = table;
  result.run = run;
  result.energy = sim::estimate_power(table, run.counters, run.arch, run.switches, point);
  result.efficiency = efficiency_of(run.counters, run.dense_macs, result.energy.chip_pj());
  for (const CountedRun::Layer& layer : run.layers) {
    result.layers.push_back(layer_power(layer.name, layer.counters, layer.dense_macs, run, table, point));
    if (layer.dense_macs > 0) result.layers.back().zeros = layer;
  }
  result.layers.push_back(layer_power("between layers", run.between(), 0, run, table, point));
  result.sensitivity = sim::sensitivities(result.energy);
  if (gates) result.gates = gate_variants(run, table, point);
  return result;
}

Efficiency PowerResult::efficiency_at(double picojoule) const {
  return efficiency_of(run.counters, run.dense_macs, picojoule);
}

json PowerResult::to_json() const {
  json out = energy_json(energy);
  out["watts"] = watts(energy.chip_pj());
  out["seconds_per_image"] = seconds();
  out["cycles_per_image"] = run.counters.cycles;
  out["tflops_per_watt"] = json_of(efficiency);
  out["activation_sparsity"] = run.sparsity(&CountedRun::Layer::activation_sparsity);
  out["weight_sparsity"] = run.sparsity(&CountedRun::Layer::weight_sparsity);
  out["weight_bit_sparsity"] = run.sparsity(&CountedRun::Layer::weight_bit_sparsity);
  out["provenance"] = table.provenance;
  out["layers"] = json::array();
  for (const LayerPower& layer : layers) {
    json blocks = json::object();
    for (const sim::BlockEnergy& block : layer.energy.blocks) blocks[block.block] = block.picojoule();
    out["layers"].push_back({{"name", layer.name},
                             {"cycles", layer.cycles},
                             {"chip_picojoule", layer.energy.chip_pj()},
                             {"offchip_picojoule", layer.energy.offchip_pj},
                             {"tflops_per_watt", json_of(layer.efficiency)},
                             {"blocks", blocks}});
    const auto zeros = [&](double CountedRun::Layer::*of) {
      return layer.zeros ? json((*layer.zeros).*of) : json();
    };
    out["layers"].back()["activation_sparsity"] = zeros(&CountedRun::Layer::activation_sparsity);
    out["layers"].back()["weight_sparsity"] = zeros(&CountedRun::Layer::weight_sparsity);
    out["layers"].back()["weight_bit_sparsity"] = zeros(&CountedRun::Layer::weight_bit_sparsity);
  }
  for (json& one : out["sensitivity"])
    one["tflops_per_watt"] = json_of(efficiency_at(one.at("chip_picojoule").get<double>()));
  out["gates"] = json::array();
  for (const GateVariant& one : gates)
    out["gates"].push_back({{"name", one.name}, {"chip_picojoule", one.chip_pj}, {"unknown", one.unknown}});
  return out;
}

std::string PowerResult::to_csv() const {
  std::ostringstream out;
  out.precision(9);
  out << "layer,block,dynamic_pj,leakage_pj,ungated_pj,wires_pj,total_pj\n";
  const auto rows = [&](const std::string& name, const sim::PowerEstimate& of) {
    for (const sim::BlockEnergy& b : of.blocks)
      out << csv_text(name) << ',' << b.block << ',' << b.dynamic_pj << ',' << b.leakage_pj << ','
          << b.ungated_pj << ',' << b.wires_pj << ',' << b.picojoule() << '\n';
    out << csv_text(name) << ",off-chip," << of.offchip_pj << ",0,0,0," << of.offchip_pj << '\n';
  };
  rows("all", energy);
  for (const LayerPower& layer : layers) rows(layer.name, layer.energy);
  return out.str();
}

PowerResult power(const PowerOptions& options, Context& context) {
  const sim::PowerTable table = options.table.load();
  const sim::OperatingPoint point = sim::operating_point(table, options.volt, options.megahertz);
  const Chip& chip = load_chip(context, options.common.out, {});
  const std::filesystem::path file = options.common.file("run.json");
  std::error_code code;
  WD_REQUIRE(std::filesystem::exists(file, code), file.string(),
             ": no such file; run `whitedwarf run`, which writes it");
  const json value = parse_json(read_file(file), file.string() + ":", again);
  const json& program = member(value, "program_sha256", file.string());
  WD_REQUIRE(program == chip.sha256(), file.string(), ": was made with another program than program.wdp",
             again);
  OutputFolder folder(options.common.out);
  const PowerResult result =
      power_of(counted_run(value, chip.program().arch, file.string()), table, point, options.gates);
  folder.make();
  write_json(options.common.file("power.json"), result.to_json());
  write_file(options.common.file("power.csv"), result.to_csv());
  return result;
}

}  // namespace wd::flow
