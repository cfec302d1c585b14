// SPDX-License-Identifier: Apache-2.0
#include "flow/engines.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/activity_roles.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/activity_roles.hpp"
#include "sim/systemc/systemc_engine.hpp"

namespace wd::flow {
namespace {

using program::Program;

std::string fits_all(const arch::Arch&) { return {}; }

std::string unfit_for_hardware(const arch::Arch& arch) {
  const int chunk = arch::Arch{}.chunk;
  return arch.chunk == chunk ? "" : text("'chunk' is ", arch.chunk, ", SystemC and RTL have ", chunk);
}

/// Names what differs from the nearest array that is built, then all of those as files for --arch have them.
std::string unfit_for_arrays(const arch::Arch& arch, const std::vector<arch::Arch>& built,
                             const std::string& what) {
  if (std::string reason = unfit_for_hardware(arch); !reason.empty()) return reason;
  const arch::Arch nearest =
      *std::min_element(built.begin(), built.end(), [&](const arch::Arch& a, const arch::Arch& b) {
        return arch::changes(arch, a).size() < arch::changes(arch, b).size();
      });
  if (arch == nearest) return {};
  std::string wrong, all;
  const nlohmann::json its = arch::to_json(nearest), differs = arch::changes(arch, nearest);
  for (const auto& [name, value] : differs.items())
    wrong += text(wrong.empty() ? "'" : ", '", name, "' is ", value, ", not ", its.at(name));
  for (const arch::Arch& one : built) all += text(all.empty() ? "" : " ", arch::changes(one));
  return text(wrong, "; ", what, " for the arrays ", all);
}

std::string unfit_for_rtl(const arch::Arch& arch) {
  const std::vector<arch::Arch> built = sim::rtl_configurations();
  const std::string reason = unfit_for_arrays(arch, built, "the RTL is built");
  // Verilator takes minutes for a chip, so that only these are built unless asked for.
  return reason.empty() ? reason : reason + "; others with cmake -DWD_RTL_ARCHS=FILES, as for --arch";
}

std::unique_ptr<sim::Engine> make_golden(const Program& program, const arch::Switches&,
                                         const EngineSettings&) {
  return std::make_unique<sim::GoldenEngine>(program);
}

std::unique_ptr<sim::Engine> make_systemc(const Program& program, const arch::Switches& switches,
                                          const EngineSettings&) {
  return std::make_unique<sim::SystemCEngine>(program, switches);
}

std::unique_ptr<sim::Engine> make_rtl(const Program& program, const arch::Switches& switches,
                                      const EngineSettings& settings) {
  return std::make_unique<sim::RtlEngine>(program, switches, 0, settings.signals);
}

std::string golden_has_no_signals(const arch::Arch&) { return "the golden model has no signals"; }
std::string fast_has_no_signals(const arch::Arch&) { return "the fast simulator has no signals"; }
std::string systemc_has_signals(const arch::Arch&) { return {}; }
std::string rtl_has_no_signals(const arch::Arch& arch) {
  const std::vector<arch::Arch> built = sim::rtl_configurations_with_signals();
  if (std::find(built.begin(), built.end(), arch) != built.end()) return {};
  std::string all;
  for (const arch::Arch& one : built) all += text(all.empty() ? "" : " ", arch::changes(one));
  return text("the RTL is built with signals for the arrays ", all,
              "; others with cmake -DWD_RTL_SIGNALS=ON and -DWD_RTL_ARCHS=FILES");
}

std::unique_ptr<sim::Engine> make_fast(const Program& program, const arch::Switches& switches,
                                       const EngineSettings& settings) {
  return std::make_unique<sim::FastEngine>(
      program, switches, sim::FastOptions{.kernel = settings.kernel, .threads = settings.threads});
}

std::unique_ptr<sim::Engine> make_beside_fast(const sim::Engine& first, unsigned threads) {
  return std::make_unique<sim::FastEngine>(dynamic_cast<const sim::FastEngine&>(first), threads);
}

LayerCounts fast_counts(const sim::Engine& engine) {
  const auto& fast = dynamic_cast<const sim::FastEngine&>(engine);
  LayerCounts counts{fast.layer_counters(), {}};
  for (const auto& s : fast.layer_sparsity()) counts.values.push_back({s.activations, s.zero_activations});
  return counts;
}

constexpr EngineKind kinds[] = {
    {"golden", "the golden model", false, false, most_images, fits_all, golden_has_no_signals, make_golden,
     nullptr, nullptr, nullptr},
    {"fast", "the fast simulator", true, false, most_images, fits_all, fast_has_no_signals, make_fast,
     make_beside_fast, fast_counts, nullptr},
    {"systemc", "SystemC", true, true, 100, unfit_for_hardware, systemc_has_signals, make_systemc, nullptr,
     nullptr, sim::systemc::activity_roles},
    {"rtl", "the RTL", true, true, 4, unfit_for_rtl, rtl_has_no_signals, make_rtl, nullptr, nullptr,
     sim::rtl::activity_roles}};

}  // namespace

LayerCounts& LayerCounts::operator+=(const LayerCounts& other) {
  counters.resize(std::max(counters.size(), other.counters.size()));
  values.resize(counters.size());
  for (std::size_t i = 0; i < other.counters.size(); ++i) {
    counters[i] += other.counters[i];
    values[i].activations += other.values[i].activations;
    values[i].zero_activations += other.values[i].zero_activations;
  }
  return *this;
}

std::string unfit_for_axi(const arch::Arch& arch) {
  return unfit_for_arrays(arch, sim::rtl_chip_configurations(), "the RTL chip with its AXI buses is built");
}

std::span<const EngineKind> engine_kinds() { return kinds; }

const EngineKind& engine_kind(const std::string& name) {
  for (const EngineKind& kind : kinds)
    if (name == kind.name) return kind;
  fail("engine '", name, "' is unknown; engines are ", join(engine_names()));
}

Names engine_names() {
  Names names;
  for (const EngineKind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

void require_engines(const Names& engines, const arch::Arch& arch, const std::string& origin) {
  Names fit;
  for (const EngineKind& kind : kinds)
    if (kind.unfit(arch).empty()) fit.emplace_back(kind.name);
  for (const std::string& name : engines) {
    const std::string reason = engine_kind(name).unfit(arch);
    WD_REQUIRE(reason.empty(), origin, ": ", reason, "; give --engines ", join(fit));
  }
}

Names require_signals(const Names& engines, const arch::Arch& arch, const std::string& shown) {
  Names able, given;
  std::string reasons;
  for (const EngineKind& kind : kinds)
    if (kind.no_signals(arch).empty()) able.emplace_back(kind.name);
  for (const std::string& name : engines) {
    const std::string reason = engine_kind(name).no_signals(arch);
    if (reason.empty())
      given.push_back(name);
    else
      reasons += (reasons.empty() ? "" : ", ") + reason;
  }
  WD_REQUIRE(!given.empty(), shown, ": ", reasons, "; give --engines ", join(able));
  return given;
}

void EngineOptions::declare(OptionSink& sink) {
  sink.choices("engines", engines, "engine", engine_names(), "engines");
}

ImageOptions::ImageOptions() {
  for (const EngineKind& kind : kinds)
    if (kind.serial) serial[kind.name] = kind.images;
}

void ImageOptions::declare(OptionSink& sink) {
  std::string others;
  for (const EngineKind& kind : kinds)
    if (!kind.serial) others += std::string(others.empty() ? "" : ", ") + kind.title;
  sink.whole("images", images, 1, most_images, "images for " + others, "all; 16 of random ones");
  for (auto& [name, count] : serial)
    sink.whole(name + "-images", count, 1, most_images,
               std::string("test images for ") + engine_kind(name).title);
}

std::size_t ImageOptions::count_for(const EngineKind& kind, std::size_t available) const {
  const std::size_t wanted = kind.serial ? serial.at(kind.name) : images;
  return wanted == 0 ? available : std::min(wanted, available);
}

void KernelOptions::declare(OptionSink& sink) {
  Names all;
  for (const sim::fast::Kernel one : sim::fast::all_kernels()) all.emplace_back(name_of(one));
  sink.add({"kernel", "kernel of the fast simulator: " + join(all) + "; results do not change",
            "the best of the processor", Takes::word(all),
            [this](const std::string& given, const std::string& shown) {
              kernel = sim::fast::kernel_named(given, shown);
            }});
}

Names switch_names() {
  return {
#define ARCH_SWITCH(name, sv, value, meaning) #name,
#include "hw/arch/switches.def"
  };
}

void SwitchOptions::declare(OptionSink& sink) {
  sink.add({"off", "comma-separated switches to turn off: " + join(switch_names()), "none",
            Takes::word(switch_names()).list(), [this](const std::string& given, const std::string& shown) {
              for (const std::string& one : choose(given, shown, "switch", switch_names())) {
#define ARCH_SWITCH(name, sv, value, meaning) \
  if (one == #name) switches.name = false;
#include "hw/arch/switches.def"
              }
            }});
  const arch::Arch arch;
#define ARCH_SWITCH_VALUE(name, sv, bits, highest, otherwise, meaning) \
  sink.whole(#name, switches.name, 1, highest, meaning, otherwise);
#include "hw/arch/switches.def"
}

}  // namespace wd::flow
