// SPDX-License-Identifier: Apache-2.0
// A program and the engines that are loaded with it.
//
// Not       more than one SystemC engine in a process: its library elaborates once. Stages that follow each other share
//           a chip for that reason.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "flow/context.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/engine.hpp"

namespace wd::flow {

class Chip {
 public:
  /// @param sha256, crc of the program's file
  Chip(program::Program loaded, std::string sha256, std::uint32_t crc, const arch::Switches& switches);

  const program::Program& program() const { return program_; }
  const std::string& sha256() const { return sha256_; }
  std::uint32_t crc() const { return crc_; }
  const arch::Switches& switches() const { return switches_; }

  /// Made and loaded at the first call.
  sim::Engine& engine(const std::string& name);
  /// The engine is to have signals to watch; if it was made without, another one is made.
  void want_signals(const std::string& name);
  /// What the engine's load entry counted.
  const arch::Counters& load_counters(const std::string& name);

 private:
  struct Loaded {
    std::unique_ptr<sim::Engine> engine;
    arch::Counters counters;
  };
  Loaded& loaded(const std::string& name);

  const program::Program program_;
  const std::string sha256_;
  const std::uint32_t crc_;
  const arch::Switches switches_;
  std::map<std::string, Loaded> engines_;
  std::set<std::string> with_signals_;
};

/// The chip with the folder's program.wdp, the context's own if that is of the same bytes and switches. Errors: a
/// missing or damaged program, one that the folder's files contradict (chain.hpp).
Chip& load_chip(Context& context, const std::filesystem::path& folder, const arch::Switches& switches);

}  // namespace wd::flow
