// SPDX-License-Identifier: Apache-2.0
// compile: model.wdz to program.wdp and its listing, for an architecture; or what a pass of the compiler makes.
//
// Test      cli/compile_test.sh, compiler/*_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compiler/explain.hpp"
#include "flow/context.hpp"

namespace wd::flow {

struct CompileOptions {
  CommonOptions common;
  ArchOptions arch;
  bool no_fold = false;            // every iteration of a fold gets its own weights
  bool no_space_to_depth = false;  // a stem of stride 2 stays one
  bool no_huffman = false;         // bursts bring rows, not coded weights
  bool no_on_chip_signs = false;   // coded weights bring all signs
  bool weigh_cycles = false;       // rows where a run would wait for decoding
  int batch = 1;                   // images of a frame
  std::string dump_after;          // a pass, behind which nothing more is done; empty: none
  bool explain = false;

  void declare(OptionSink& sink);
  /// Those that decide what program is made: without the ones that print instead.
  void declare_program(OptionSink& sink);
};

struct CompiledLayer {
  std::string name;
  std::uint64_t executions = 0, dense_macs = 0;  // of a frame; of one execution and image
  std::int64_t rows = 0;
};

/// Why a layer's weights come when they come, and what that costs.
struct ExplainedLayer {
  compiler::LayerReason reason;
  std::uint64_t cycles = 0, idle = 0;  // of an image; between the layer before and its first tile
  int stripes = 1;                     // that it is computed in; the figures are theirs together
};

struct CompileResult {
  nlohmann::ordered_json dumped;  // what the pass made; null without dump_after, and all else is there
  std::vector<ExplainedLayer> explained;  // only if asked for, of a random image on the fast simulator
  std::uint64_t cycles = 0;               // of that image
  nlohmann::ordered_json stripes;         // groups and rings; null where the network fits whole
  std::int64_t activation_beats = 0;      // of a frame's tensors, input included, over the memory port

  arch::Arch arch;
  int batch = 1;  // images of a frame
  std::size_t instructions = 0, memory_bytes = 0;
  std::int64_t weight_rows = 0;
  int activation_rows = 0, activation_rows_unshared = 0;  // of a bank; without sharing
  bool resident = false;                                  // all weights stay on chip
  int weight_loads = 0, coded_loads = 0;           // LOAD_WEIGHTS of the program, and those that are coded
  std::int64_t weight_beats = 0, coded_beats = 0;  // their beats
  std::uint32_t program_crc = 0;
  std::string compressed_sha256, program_sha256;
  std::vector<CompiledLayer> layers;

  /// compile.json, and the reasons if they were asked for; or the pass's tables.
  nlohmann::json to_json() const;
};

CompileResult compile(const CompileOptions& options, Context& context);

}  // namespace wd::flow
