// SPDX-License-Identifier: Apache-2.0
// Made-up results for tests: every key of docs/result-files.md that a report reads.
//
// Not       plausible as a whole; figures are chosen so that derived ones are easy by hand.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/report/results.hpp"
#include "hw/arch/arch.hpp"

namespace wd::report {

inline const std::vector<std::string> layer_names = {"stem",
                                                     "stage1.projection.conv1",
                                                     "stage1.projection.shortcut",
                                                     "stage1.fold.conv1",
                                                     "stage1.fold.conv2",
                                                     "stage2.projection.conv1",
                                                     "stage2.fold.conv1",
                                                     "stage2.fold.conv2",
                                                     "classifier<b>&\"x\""};

/// A made-up SHA-256.
inline std::string digest(char digit) { return std::string(64, digit); }

inline nlohmann::json sample_train() {
  nlohmann::json history = nlohmann::json::array();
  for (int epoch = 1; epoch <= 10; ++epoch)
    history.push_back({{"phase", epoch <= 7 ? "fp32" : "fp8"},
                       {"epoch", epoch},
                       {"steps", 469},
                       {"loss", 0.3 + 0.9 / epoch + (epoch == 8 ? 0.05 : 0)},
                       {"train_accuracy", 0.9 - 0.3 / epoch},
                       {"accuracy", 0.88 - 0.25 / epoch},
                       {"learning_rate", 0.1 / epoch},
                       {"seconds", 12.5}});
  return {{"config", {{"name", "hfn_fmnist"}, {"epochs", 10}, {"note", "a < b"}}},
          {"seed", 7},
          {"model_sha256", digest('a')},
          {"threads", 2},
          {"seconds", 125.0},
          {"accuracy_fp32", 0.881},
          {"accuracy_fp8", 0.879},
          {"history", history}};
}

inline nlohmann::json sample_compress() {
  nlohmann::json layers = nlohmann::json::array();
  for (std::size_t i = 0; i < layer_names.size(); ++i)
    layers.push_back({{"name", layer_names[i]},
                      {"count", 4608 * (i + 1)},
                      {"bytes", 720 * (i + 1)},
                      {"bits_per_weight", 1.25 + 0.2 / (1.0 + static_cast<double>(i))},
                      {"entropy_bits", 1.24},
                      {"nonzero_fraction", 0.3}});
  return {{"model_sha256", digest('a')},
          {"compressed_sha256", digest('b')},
          {"weights", 200000},
          {"dense_fp32_bytes", 4000000},
          {"compressed_bytes", 40000},
          {"offchip_ratio", 100.0},
          {"bits_per_weight", 1.26},
          {"entropy_bits_per_weight", 1.24},
          {"paper_bits_per_weight", 1.3788},
          {"paper_bytes", 47000},
          {"bytes_without_huffman", 58500},
          {"bytes_with_stored_signs", 47500},
          {"bytes_without_folding", 118000},
          {"norm_bytes", 7200},
          {"description_bytes", 1100},
          {"container_bytes", 200},
          {"seconds", 0.4},
          {"layers", layers}};
}

inline nlohmann::json sample_compile() {
  return {{"arch",
           {{"groups_y", 4},
            {"groups_x", 4},
            {"pes_per_group", 64},
            {"bus_bits", 128},
            {"window", 2},
            {"memory_latency", 24}}},
          {"compressed_sha256", digest('b')},
          {"program_sha256", digest('c')},
          {"instructions", 61},
          {"memory_bytes", 123456},
          {"weight_rows", 1400},
          {"resident", true},
          {"layers", nlohmann::json::array()}};
}

inline nlohmann::json sample_engine(double images, nlohmann::json cycles, nlohmann::json rate) {
  return {{"images", images},          {"threads", 2},      {"seconds", 8.25},
          {"cycles", cycles},          {"total_cycles", 0}, {"macs_per_second", 1.5e9},
          {"cycles_per_second", rate}, {"accuracy", 0.878}};
}

inline nlohmann::json sample_energy() {
  return {
      {"table", "45nm-reference"},
      {"library", "45-nm typical library, 1.1 V, 25 C"},
      {"missing", {"sequencer"}},
      {"caveat",
       "energies are made up for a test, in a sentence that is long enough to need more than one line of a "
       "terminal"},
      {"volt", 1.1},
      {"megahertz", 500.0},
      {"blocks",
       {{{"block", "PE accumulate"},
         {"picojoule", 6e6},
         {"leakage_picojoule", 1e5},
         {"provenance", "gate-level simulation <typical>"}},
        {{"block", "PE idle"},
         {"picojoule", 1e6},
         {"leakage_picojoule", 1e5},
         {"provenance", "gate-level simulation"}},
        {{"block", "weight buffer"},
         {"picojoule", 3e6},
         {"leakage_picojoule", 1e5},
         {"provenance", "CACTI 7 fit"}}}},
      {"sensitivity",
       {{{"what", "wires"}, {"factor", 0.5}, {"chip_picojoule", 9.5e6}},
        {{"what", "wires"}, {"factor", 2.0}, {"chip_picojoule", 1.25e7}}}},
      {"chip_picojoule", 1e7},
      {"offchip_picojoule", 2e5}};
}

/// A layer's energy: of the sample's three blocks.
inline nlohmann::json sample_layer_energy(double accumulate, double idle, double buffer, double offchip) {
  return {{"chip_picojoule", accumulate + idle + buffer},
          {"offchip_picojoule", offchip},
          {"blocks", {{"PE accumulate", accumulate}, {"PE idle", idle}, {"weight buffer", buffer}}}};
}

inline nlohmann::json sample_run() {
  nlohmann::json layers = nlohmann::json::array();
  for (std::size_t i = 0; i < layer_names.size(); ++i)
    layers.push_back({{"name", layer_names[i]},
                      {"executions", 1 + i % 3},
                      {"dense_macs", i == 0 ? 3e6 : 1e6},
                      {"cycles", 9000 - 700 * i},
                      {"run_cycles", 7000 - 600 * i},
                      {"walk_ops", 500000.0},
                      {"bit_ops", 500000.0},
                      {"utilization", 0.2 + 0.05 * static_cast<double>(i)},
                      {"walker_utilization", 0.4 + 0.05 * static_cast<double>(i)},
                      {"activation_sparsity", i == 0 ? 0.1 : 0.5},
                      {"weight_sparsity", 0.7},
                      {"weight_bit_sparsity", 0.85},
                      {"saturations", 0.25},
                      {"offchip_bytes", i == 2 ? 0.0 : 4000.0 * static_cast<double>(i + 1)},
                      {"energy", sample_layer_energy(6e5, 5e4, 3e5, 1e4)}});
  return {{"program_sha256", digest('c')},
          {"switches", arch::Switches{}.bits()},
          {"window", 0},
          {"images", 10000},
          {"batch", 1},
          {"accuracy_hw", 0.878},
          {"inputs", nullptr},
          {"dense_macs", 1.1e7},
          {"load", {{"cycles", 30000}}},
          {"engines",
           {{"golden", sample_engine(10000, nullptr, nullptr)},
            {"fast", sample_engine(10000, 60000.5, 4.1e7)},
            {"systemc", sample_engine(20, 60010, 2.5e5)},
            {"rtl", sample_engine(5, 60020, 3.2e4)}}},
          {"equal", {{"values", true}, {"cycles", true}, {"counters", true}}},
          {"counters", {{"cycles", 60000.5}, {"bit_ops", 2.5e6}}},
          {"onchip", {{"fold", 1.5}, {"ratio", 211.2}}},
          {"layers", layers},
          {"between_layers", {{"cycles", 3000.0}, {"energy", sample_layer_energy(6e5, 5.5e5, 3e5, 1.1e5)}}},
          {"energy", sample_energy()}};
}

inline nlohmann::json sample_cosim() {
  return {{"program_sha256", digest('c')},
          {"switches", arch::Switches{}.bits()},
          {"window", 0},
          {"images", 2},
          {"inputs", nullptr},
          {"engines", {"fast", "systemc", "rtl"}},
          {"tiles", 812},
          {"convolutions", 44},
          {"values_equal", true},
          {"cycles_equal", true},
          {"counters_equal", false},
          {"difference", "layer stem: bit_ops 4 < 5"},
          {"layers", nlohmann::json::array()}};
}

inline nlohmann::json sample_ablation() {
  nlohmann::json entries = nlohmann::json::array();
  double cycles = 60000, energy = 1e7;
  for (const std::string name : {"baseline", "skip_zero_activations", "skip_zero_weights", "skip_zero_bits",
                                 "gate_array", "gate_group", "gate_walker", "gate_operand", "gate_sum",
                                 "gate_segment", "all_off", "window_1", "no_folding"}) {
    entries.push_back({{"name", name},
                       {"off", name == "baseline" ? nlohmann::json::array() : nlohmann::json{name}},
                       {"cycles", cycles},
                       {"energy_pj", energy},
                       {"offchip_pj", name == "no_folding" ? 9e7 : 1e7},
                       {"run_cycles", cycles * 0.8},
                       {"beats_read", 1200}});
    cycles *= 1.2, energy *= 1.15;
  }
  return {{"program_sha256", digest('c')},
          {"compressed_sha256", digest('b')},
          {"images", 100},
          {"inputs", nullptr},
          {"entries", entries}};
}

inline Results sample() {
  return {"",           sample_train(), sample_compress(), sample_compile(),
          sample_run(), sample_cosim(), sample_ablation()};
}

}  // namespace wd::report
