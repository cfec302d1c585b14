// SPDX-License-Identifier: Apache-2.0
// characterize: energy of the chip's events in a library, block by block, from the RTL's own netlist on operands of programs.
//
// Units     fJ per event, nW, um2 as the library has them, ns.
// Errors    a library, a program or tools that lack something, before anything is made: wd::Error.
// Test      slice_test.cpp, cli/characterize_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/blocks.hpp"
#include "flow/context.hpp"
#include "flow/slice_check.hpp"

namespace wd::flow {

/// Among the folders of --program: random programs and operands, too.
inline constexpr const char* random_programs = "random";

struct CharacterizeOptions {
  std::filesystem::path liberty, table = "power.json", source, keep;
  std::vector<std::filesystem::path> programs;  // none: random operands
  bool random_too = false;                      // beside the programs'
  std::vector<std::filesystem::path> variants;  // other arrays
  std::filesystem::path check;                  // a table; nothing is written then
  Names blocks;                                 // all
  std::string name;
  ArchOptions arch;
  StreamOptions streams;  // cycles: of all streams
  silicon::WireAssumption wires{1, 1};
  bool ungated = false, no_delays = false;
  int node_nm = 0;          // 0: by the library's name
  double chip_path_ns = 0;  // 0: unknown

  CharacterizeOptions();
  void declare(OptionSink& sink);
};

struct CharacterizeResult {
  sim::PowerTable table;
  ArrayTable array;                   // if it was wanted: its blocks are there
  std::vector<BlockResult> blocks;    // around the array
  std::vector<ArrayTable> variants;   // as in the table
  std::vector<CheckedPoint> checked;  // of a check, and nothing else then

  nlohmann::json to_json() const;
};

CharacterizeResult characterize(const CharacterizeOptions& options, Context& context);

}  // namespace wd::flow
