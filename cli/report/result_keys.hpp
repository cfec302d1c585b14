// SPDX-License-Identifier: Apache-2.0
// Lists the keys of the result files that the report reads, with the values they may have.
//
// Source    docs/result-files.md
// Test      report_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

namespace wd::report {

enum class Kind : std::uint8_t {
  number,
  amount,
  positive,
  whole,
  amount_or_null,
  fraction,
  fraction_or_null,
  text,
  text_or_null,
  flag,
  flag_or_null,
  texts,
  phase,
  object,
  digest,
  engines
};

/// In the order of the report; flow/engines_test.cpp holds them equal to those that there are.
inline constexpr std::string_view engine_names[] = {"golden", "fast", "systemc", "rtl"};

/// A key that the report reads. `[]` after a name: each element; `*`: each value of an object.
struct Need {
  std::string_view path;
  Kind kind;
};

inline constexpr Need train_needs[] = {{"config", Kind::object},
                                       {"seed", Kind::whole},
                                       {"model_sha256", Kind::digest},
                                       {"seconds", Kind::amount},
                                       {"accuracy_fp32", Kind::fraction},
                                       {"accuracy_fp8", Kind::fraction},
                                       {"history[].phase", Kind::phase},
                                       {"history[].epoch", Kind::whole},
                                       {"history[].loss", Kind::number},
                                       {"history[].train_accuracy", Kind::fraction},
                                       {"history[].accuracy", Kind::fraction}};

inline constexpr Need compress_needs[] = {{"model_sha256", Kind::digest},
                                          {"compressed_sha256", Kind::digest},
                                          {"weights", Kind::positive},
                                          {"dense_fp32_bytes", Kind::positive},
                                          {"compressed_bytes", Kind::positive},
                                          {"offchip_ratio", Kind::amount},
                                          {"bits_per_weight", Kind::amount},
                                          {"entropy_bits_per_weight", Kind::amount},
                                          {"paper_bits_per_weight", Kind::amount},
                                          {"paper_bytes", Kind::amount},
                                          {"bytes_without_huffman", Kind::amount},
                                          {"bytes_with_stored_signs", Kind::amount},
                                          {"bytes_without_folding", Kind::amount},
                                          {"norm_bytes", Kind::amount},
                                          {"description_bytes", Kind::amount},
                                          {"container_bytes", Kind::amount},
                                          {"layers[].name", Kind::text},
                                          {"layers[].count", Kind::whole},
                                          {"layers[].bytes", Kind::whole},
                                          {"layers[].bits_per_weight", Kind::amount},
                                          {"layers[].entropy_bits", Kind::amount},
                                          {"layers[].nonzero_fraction", Kind::fraction}};

inline constexpr Need compile_needs[] = {
    {"arch.*", Kind::whole},           {"arch.groups_y", Kind::positive},
    {"arch.groups_x", Kind::positive}, {"arch.pes_per_group", Kind::positive},
    {"arch.bus_bits", Kind::positive}, {"compressed_sha256", Kind::digest},
    {"program_sha256", Kind::digest},  {"instructions", Kind::whole},
    {"memory_bytes", Kind::whole},     {"weight_rows", Kind::whole},
    {"resident", Kind::flag}};

inline constexpr Need run_needs[] = {{"program_sha256", Kind::digest},
                                     {"switches", Kind::whole},
                                     {"window", Kind::whole},
                                     {"images", Kind::positive},
                                     {"batch", Kind::positive},
                                     {"accuracy_hw", Kind::fraction_or_null},
                                     {"inputs", Kind::text_or_null},
                                     {"dense_macs", Kind::positive},
                                     {"load.cycles", Kind::amount},
                                     {"engines.*.images", Kind::whole},
                                     {"engines.*.threads", Kind::whole},
                                     {"engines.*.seconds", Kind::amount},
                                     {"engines.*.cycles", Kind::amount_or_null},
                                     {"engines.*.total_cycles", Kind::amount_or_null},
                                     {"engines.*.macs_per_second", Kind::amount},
                                     {"engines.*.cycles_per_second", Kind::amount_or_null},
                                     {"engines.*.accuracy", Kind::fraction_or_null},
                                     {"equal.values", Kind::flag_or_null},
                                     {"equal.cycles", Kind::flag_or_null},
                                     {"equal.counters", Kind::flag_or_null},
                                     {"counters.cycles", Kind::positive},
                                     {"counters.bit_ops", Kind::amount},
                                     {"onchip.fold", Kind::positive},
                                     {"onchip.ratio", Kind::positive},
                                     {"layers[].name", Kind::text},
                                     {"layers[].executions", Kind::whole},
                                     {"layers[].dense_macs", Kind::amount},
                                     {"layers[].cycles", Kind::amount},
                                     {"layers[].run_cycles", Kind::amount},
                                     {"layers[].walk_ops", Kind::amount},
                                     {"layers[].bit_ops", Kind::amount},
                                     {"layers[].utilization", Kind::fraction},
                                     {"layers[].walker_utilization", Kind::fraction},
                                     {"layers[].activation_sparsity", Kind::fraction},
                                     {"layers[].weight_sparsity", Kind::fraction},
                                     {"layers[].weight_bit_sparsity", Kind::fraction},
                                     {"layers[].saturations", Kind::amount},
                                     {"layers[].offchip_bytes", Kind::amount},
                                     {"layers[].energy.chip_picojoule", Kind::amount},
                                     {"layers[].energy.offchip_picojoule", Kind::amount},
                                     {"layers[].energy.blocks.*", Kind::amount},
                                     {"between_layers.energy.chip_picojoule", Kind::amount},
                                     {"between_layers.energy.offchip_picojoule", Kind::amount},
                                     {"between_layers.energy.blocks.*", Kind::amount},
                                     {"energy.table", Kind::text},
                                     {"energy.library", Kind::text},
                                     {"energy.caveat", Kind::text},
                                     {"energy.missing", Kind::texts},
                                     {"energy.volt", Kind::positive},
                                     {"energy.megahertz", Kind::positive},
                                     {"energy.blocks[].block", Kind::text},
                                     {"energy.blocks[].picojoule", Kind::amount},
                                     {"energy.blocks[].leakage_picojoule", Kind::amount},
                                     {"energy.blocks[].provenance", Kind::text},
                                     {"energy.sensitivity[].what", Kind::text},
                                     {"energy.sensitivity[].factor", Kind::positive},
                                     {"energy.sensitivity[].chip_picojoule", Kind::positive},
                                     {"energy.chip_picojoule", Kind::positive},
                                     {"energy.offchip_picojoule", Kind::amount}};

inline constexpr Need cosim_needs[] = {{"program_sha256", Kind::digest},
                                       {"switches", Kind::whole},
                                       {"window", Kind::whole},
                                       {"images", Kind::whole},
                                       {"inputs", Kind::text_or_null},
                                       {"engines", Kind::engines},
                                       {"tiles", Kind::whole},
                                       {"convolutions", Kind::whole},
                                       {"values_equal", Kind::flag_or_null},
                                       {"cycles_equal", Kind::flag_or_null},
                                       {"counters_equal", Kind::flag_or_null},
                                       {"difference", Kind::text_or_null}};

inline constexpr Need ablation_needs[] = {{"program_sha256", Kind::digest},
                                          {"compressed_sha256", Kind::digest},
                                          {"images", Kind::whole},
                                          {"inputs", Kind::text_or_null},
                                          {"entries[].name", Kind::text},
                                          {"entries[].off", Kind::texts},
                                          {"entries[].cycles", Kind::positive},
                                          {"entries[].energy_pj", Kind::positive},
                                          {"entries[].offchip_pj", Kind::amount},
                                          {"entries[].run_cycles", Kind::amount},
                                          {"entries[].beats_read", Kind::amount}};

}  // namespace wd::report
