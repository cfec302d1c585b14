// SPDX-License-Identifier: Apache-2.0
#include "flow/ablate.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "compiler/compile.hpp"
#include "flow/chain.hpp"
#include "flow/chip.hpp"
#include "flow/engines.hpp"
#include "flow/fast_run.hpp"
#include "flow/frames.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

/// One row of the ablation: what is off or other than in the chip, and the program that it needs.
struct Variant {
  std::string name;
  Names off;
  arch::Switches switches;
  arch::Arch arch;
  bool fold = true, huffman = true, on_chip_signs = true;

  bool recompiled() const { return !fold || !huffman || !on_chip_signs; }
};

bool has_coded_bursts(const program::Program& program) {
  return std::any_of(program.instrs.begin(), program.instrs.end(),
                     [](const arch::Instr& instr) { return instr.coded != 0; });
}

/// The chip with another array, where that can be built: programs are the same for all of them.
void add_arrays(const arch::Arch& chip, std::vector<Variant>& list) {
  const auto add = [&](const char* name, const arch::Arch& array) {
    Names changed;
    const nlohmann::json changes = arch::changes(array, chip);
    for (const auto& item : changes.items()) changed.push_back(item.key());
    if (!changed.empty() && arch::fault(array).empty()) list.push_back({name, std::move(changed), {}, array});
  };
  arch::Arch array = chip;
  array.groups_per_walker = 1;
  add("walker_in_every_pe", array);
  array = chip;
  array.groups_per_walker = chip.groups();
  add("walker_of_all_groups", array);
  array = chip;
  array.planes_per_row = 1;
  array.window = std::max(chip.window, 4);  // a chunk is several rows
  add("single_planes", array);
  array = chip;
  array.planes_per_row = 2;
  add("plane_pairs", array);
  array = chip;
  array.planes_per_row = 3;
  add("multiplier", array);
  array = chip;
  array.sum_segment = 0;
  array.latch_operand = 0;
  add("plain_sum", array);
}

/// @param coded whether the chip's program has coded weights
std::vector<Variant> variants(const arch::Arch& chip, bool coded) {
  std::vector<Variant> list{{"baseline", {}, {}, chip}};
  Variant all{"all_off", switch_names(), {}, chip};
#define ARCH_SWITCH(switch_name, sv, value, meaning)             \
  {                                                              \
    Variant one{#switch_name, {#switch_name}, {}, chip};         \
    one.switches.switch_name = all.switches.switch_name = false; \
    list.push_back(one);                                         \
  }
#include "hw/arch/switches.def"
  list.push_back(all);
  Variant window{"window_1", {"window"}, {}, chip};
  window.switches.window = 1;
  list.push_back(window);
  add_arrays(chip, list);
  list.push_back({"no_folding", {"folding"}, {}, chip, false, coded});
  if (coded) {
    list.push_back({"no_on_chip_signs", {"on_chip_signs"}, {}, chip, true, true, false});
    list.push_back({"no_huffman", {"huffman", "on_chip_signs"}, {}, chip, true, false, false});
  }
  return list;
}

std::vector<std::uint16_t> scores_of(const program::Program& program, const arch::Switches& switches,
                                     std::span<const std::uint8_t> input) {
  sim::FastEngine engine(program, switches);
  engine.load();
  return engine.frame(input).scores;
}

/// A variant's program and what its frames counted.
struct Measured {
  program::Program program;
  arch::Counters total;

  AblationEntry entry(const Variant& variant, const arch::Arch& chip, double images,
                      const sim::PowerTable& table) const;
};

AblationEntry Measured::entry(const Variant& variant, const arch::Arch& chip, double images,
                              const sim::PowerTable& table) const {
  const sim::PowerEstimate energy = sim::estimate_power(
      table, sim::CounterAmounts(total, images), program.arch, variant.switches, sim::operating_point(table));
  return {variant.name,
          variant.off,
          arch::changes(variant.arch, chip),
          energy.extrapolated,
          static_cast<double>(total.cycles) / images,
          static_cast<double>(total.run_cycles) / images,
          static_cast<double>(total.beats_read) / images,
          energy.chip_pj(),
          energy.offchip_pj};
}

}  // namespace

void AblateOptions::declare(OptionSink& sink) {
  common.declare(sink);
  inputs.declare(sink);
  power.declare(sink);
  declare_images(sink);
  sink.flag("whole", whole,
            "compute values for every entry, not for the baseline alone: the same results, later");
}

void AblateOptions::declare_images(OptionSink& sink) {
  sink.whole("ablation-images", images, 1, most_images, "test images per ablation");
}

nlohmann::json AblationEntry::to_json() const {
  return {{"name", name},
          {"off", off},
          {"arch", arch},
          {"extrapolated", extrapolated},
          {"cycles", cycles},
          {"run_cycles", run_cycles},
          {"beats_read", beats_read},
          {"energy_pj", energy_pj},
          {"offchip_pj", offchip_pj},
          {"total_pj", total_pj()}};
}

nlohmann::json AblateResult::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const AblationEntry& entry : entries) list.push_back(entry.to_json());
  return {{"images", images},
          {"batch", batch},
          {"inputs", inputs_json(inputs)},
          {"program_crc", program_crc},
          {"program_sha256", program_sha256},
          {"compressed_sha256", compressed_sha256},
          {"table", table},
          {"caveat", caveat},
          {"entries", list}};
}

AblateResult ablate(const AblateOptions& options, Context& context) {
  const std::filesystem::path& out = options.common.out;
  const sim::PowerTable table = options.power.load();
  const Chip& chip = load_chip(context, out, {});
  const program::Program& folded = chip.program();
  HashedFile compressed = read_product(Product::compressed, out);
  require_chain(Product::compressed, out, compressed.sha256);
  OutputFolder folder(out);
  const model::Network network = stream::decode_network(Container::parse(
      std::move(compressed.bytes), stream::compressed_kind, file_of(Product::compressed, out).string()));
  const Inputs inputs =
      open_inputs(options.inputs, folded.dataset, folded.input_transform, options.images, context);
  const algo::ImageSet& set = *inputs;
  const Frames frames(folded, set, options.images);
  AblateResult result;
  result.images = frames.images();
  result.batch = folded.batch;
  result.inputs = inputs.source;
  result.program_crc = chip.crc();
  result.program_sha256 = chip.sha256();
  result.compressed_sha256 = compressed.sha256;
  const std::vector<Variant> list = variants(folded.arch, has_coded_bursts(folded));
  std::vector<Measured> measured;
  for (const Variant& variant : list) {
    measured.push_back({variant.recompiled()
                            ? compiler::compile(network, {.arch = folded.arch,
                                                          .fold = variant.fold,
                                                          .huffman = variant.huffman,
                                                          .on_chip_signs = variant.on_chip_signs,
                                                          .batch = folded.batch})
                            : folded,
                        {}});
    measured.back().program.arch = variant.arch;
  }
  const std::vector<std::uint16_t> scores = scores_of(folded, {}, frames.input(0));
  const std::size_t each = SharedMaps::part_frames(folded, frames.count());
  Progress progress("ablate", static_cast<double>(list.size() * frames.count()));
  double done = 0;
  for (std::size_t first = 0; first < frames.count(); first += each) {
    SharedMaps maps{first, std::vector<sim::fast::FrameMaps>(std::min(each, frames.count() - first)), {}};
    for (std::size_t v = 0; v < list.size(); ++v) {  // the first one records, all that fold replay
      const Frames own(measured[v].program, set, options.images);
      const auto results = run_part(context, measured[v].program, list[v].switches, own, maps,
                                    options.common.threads, options.whole || !list[v].fold, first == 0);
      WD_REQUIRE(first != 0 || results.front().scores == scores, "ablation ", list[v].name,
                 " changes results: a bug");
      for (const sim::FrameResult& frame : results) measured[v].total += frame.counters;
      progress.update(done += static_cast<double>(results.size()));
    }
  }
  for (std::size_t v = 0; v < list.size(); ++v)
    result.entries.push_back(
        measured[v].entry(list[v], folded.arch, static_cast<double>(frames.places()), table));
  const arch::Counters& baseline = measured.front().total;
  const sim::PowerEstimate energy =
      sim::estimate_power(table, sim::CounterAmounts(baseline), folded.arch, {}, sim::operating_point(table));
  result.table = energy.table;
  result.caveat = energy.caveat();
  folder.make();
  write_json(options.common.file("ablation.json"), result.to_json());
  std::filesystem::remove(options.common.file("ablation.study"));  // `demo` may write over one
  return result;
}

}  // namespace wd::flow
