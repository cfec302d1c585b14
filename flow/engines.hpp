// SPDX-License-Identifier: Apache-2.0
// The table of engines: what each can do, how it is made. Nothing else tells them apart.
//
// Errors    an unknown name, an architecture that an engine does not have: wd::Error with the remedy.
// Test      engines_test.cpp
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "flow/options.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/activity.hpp"
#include "sim/engine.hpp"
#include "sim/fast/kernels.hpp"

namespace wd::flow {

/// What the operands of a layer were.
struct ValueCounts {
  std::uint64_t activations = 0, zero_activations = 0;
};

/// Counters and operands per layer, by Instr::layer, since the engine was made.
struct LayerCounts {
  std::vector<arch::Counters> counters;
  std::vector<ValueCounts> values;

  LayerCounts& operator+=(const LayerCounts& other);
};

/// How an engine computes; no result depends on it.
struct EngineSettings {
  sim::fast::Kernel kernel = sim::fast::best_kernel();  // of the fast simulator
  unsigned threads = 1;                                 // of an engine that can use several
  bool signals = false;                                 // to watch, of an engine that is slower with them
};

struct EngineKind {
  const char* name;
  const char* title;   // in messages
  bool timed;          // counts cycles
  bool serial;         // one per process, image after image: a model of the hardware that steps its cycles
  std::size_t images;  // that `run` gives it by default; most: all there are
  /// Why it cannot execute programs for this architecture; empty if it can.
  std::string (*unfit)(const arch::Arch& arch);
  /// Why it has no signals to watch; empty if it has.
  std::string (*no_signals)(const arch::Arch& arch);
  std::unique_ptr<sim::Engine> (*make)(const program::Program& program, const arch::Switches& switches,
                                       const EngineSettings& settings);
  /// Another one for the same program, which shares what it can, while `first` does not run; null for an engine that can neither share nor use several threads.
  std::unique_ptr<sim::Engine> (*make_beside)(const sim::Engine& first, unsigned threads);
  /// What it counts per layer; null for an engine that does not.
  LayerCounts (*layer_counts)(const sim::Engine& engine);
  /// What its signals are to activity counts; null for an engine without signals.
  std::vector<sim::SignalRole> (*activity_roles)(const std::string& scope, const std::string& name);
};

inline constexpr std::size_t most_images = 10000;

/// In the order of reports, the plainest model first.
/// Why the RTL chip with its AXI buses (`platform --chip axi`) is not built for an array; empty if it is.
std::string unfit_for_axi(const arch::Arch& arch);
std::span<const EngineKind> engine_kinds();
const EngineKind& engine_kind(const std::string& name);
Names engine_names();

/// Refuses engines that do not have the architecture. @param origin of the architecture, in messages
void require_engines(const Names& engines, const arch::Arch& arch, const std::string& origin);

/// Refuses engines none of which has signals to watch. @param shown the option that asks for them
/// @return those that have
Names require_signals(const Names& engines, const arch::Arch& arch, const std::string& shown);

struct EngineOptions {
  Names engines = engine_names();

  void declare(OptionSink& sink);
};

/// How many images each engine gets.
struct ImageOptions {
  ImageOptions();

  std::size_t images = 0;                     // of engines that are not serial; 0: all there are
  std::map<std::string, std::size_t> serial;  // by name

  void declare(OptionSink& sink);
  std::size_t count_for(const EngineKind& kind, std::size_t available) const;
};

struct KernelOptions {
  sim::fast::Kernel kernel = sim::fast::best_kernel();

  void declare(OptionSink& sink);
};

struct SwitchOptions {
  arch::Switches switches;

  void declare(OptionSink& sink);
};

Names switch_names();

}  // namespace wd::flow
