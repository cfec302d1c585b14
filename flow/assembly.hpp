// SPDX-License-Identifier: Apache-2.0
// objdump, asm and check: program.wdp to text, a text to program.wdp, and what either has to be.
//
// Errors    asm: a text that read_program_text refuses, a folder with a compiled program, whose model's would be replaced:
//           wd::Error, before anything is written.
// Test      cli/asm_test.sh, testbench/program_text_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "flow/context.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::flow {

struct ObjdumpOptions {
  CommonOptions common;
  bool no_memory = false;

  void declare(OptionSink& sink);
};

struct ObjdumpResult {
  program::Program program;

  /// Meta data, instructions by field, and what the memory image holds.
  nlohmann::json to_json() const;
};

ObjdumpResult objdump(const ObjdumpOptions& options, Context& context);

struct AsmOptions {
  CommonOptions common;
  std::filesystem::path file;

  void declare(OptionSink& sink);
};

struct AsmResult {
  std::filesystem::path file;
  std::size_t instructions = 0, memory_bytes = 0;
  std::string program_sha256;

  nlohmann::json to_json() const;
};

AsmResult assemble(const AsmOptions& options, Context& context);

struct CheckOptions {
  CommonOptions common;
  std::filesystem::path file;  // a program, or the text of one; empty: the folder's program.wdp

  void declare(OptionSink& sink);
};

struct CheckResult {
  std::filesystem::path file;
  std::size_t instructions = 0, bursts = 0, memory_bytes = 0;

  nlohmann::json to_json() const;
};

/// @throw wd::Error that names the first instruction, or the line of a text, that program::check refuses
CheckResult check(const CheckOptions& options, Context& context);

}  // namespace wd::flow
