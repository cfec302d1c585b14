// SPDX-License-Identifier: Apache-2.0
#include "flow/block_programs.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "compiler/compile.hpp"
#include "flow/chip.hpp"
#include "flow/content_key.hpp"
#include "flow/frames.hpp"
#include "hw/formats/model/random_network.hpp"

namespace wd::flow {
namespace {

constexpr std::uint64_t various_seed = 3;  // of a residual_network() that has every kind of layer

RtlProgram rtl_program(const program::Program& program, const std::string& name, const StreamOptions& options,
                       Context& context) {
  const Inputs inputs =
      open_inputs(options.inputs, program.dataset, program.input_transform, options.image + 1, context);
  const Frames frames(program, *inputs, (options.image + 1) * static_cast<std::size_t>(program.batch));
  WD_REQUIRE(options.image < frames.count(), "--image ", options.image, ": the set has ", frames.count(),
             " frames");
  RtlProgram what{program, frames.input(options.image), {}, {}};
  what.sha256 = sha256_of(name + std::string(what.input.begin(), what.input.end()));
  what.origin = {{"program", name}, {"inputs", inputs_json(inputs.source)}, {"image", options.image}};
  return what;
}

/// The input of a CONV, to scratch memory from `mem_addr` on.
arch::Instr store_of_input(const arch::Instr& conv, std::int64_t mem_addr) {
  arch::Instr store = arch::make(arch::Op::StoreTensor);
  store.in_h = conv.in_h, store.in_w = conv.in_w, store.in_blocks = conv.in_blocks;
  store.in_rows = conv.in_rows, store.in_base = conv.in_base;
  store.count = conv.in_h * conv.in_w * conv.in_blocks;
  store.mem_addr = static_cast<decltype(store.mem_addr)>(mem_addr);
  return store;
}

RtlProgram random_program(const model::Network& network, const std::string& name, const arch::Arch& arch,
                          StreamOptions options, Context& context) {
  options.inputs.data.data = "random";
  options.inputs.inputs.clear();
  program::Program program;
  try {
    program = compiler::compile(network, {.arch = arch});
    store_inputs(program);
    program::check(program, name);
  } catch (const Error& error) {
    fail("characterize: the random network that blocks are measured in does not fit this chip (",
         error.what(),
         "); --program names the folder of one that does, --block array_slice leaves the blocks out");
  }
  const Bytes file = program::encode_program(program, name).serialize();
  return rtl_program(program, name + sha256({file.data(), file.size()}), options, context);
}

}  // namespace

void store_inputs(program::Program& program) {
  const std::vector<arch::Instr> before = std::move(program.instrs);
  program.instrs.clear();
  const std::uint32_t load = program.load_entry, frame = program.frame_entry;
  bool in_frame = false;
  int loops = 0;
  std::uint32_t scratch = program.scratch_beats;
  if (scratch == 0) program.scratch_addr = program.score_addr + program.score_beats;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    const arch::Instr& instr = before[i];
    if (i == load) program.load_entry = static_cast<std::uint32_t>(program.instrs.size());
    if (i == frame) program.frame_entry = static_cast<std::uint32_t>(program.instrs.size());
    in_frame = i == load ? false : i == frame ? true : in_frame;
    const arch::Op op = instr.operation();
    loops += op == arch::Op::Loop ? 1 : op == arch::Op::EndLoop ? -1 : 0;
    if (!in_frame || loops > 0 || op != arch::Op::Conv || instr.in_wrap != 0 || instr.in_offset != 0) {
      program.instrs.push_back(instr);
      continue;
    }
    const arch::Instr store = store_of_input(instr, program.scratch_addr + scratch);
    scratch += static_cast<std::uint32_t>(store.count);
    for (const arch::Instr& one : {store, instr, arch::make(arch::Op::Wait)}) program.instrs.push_back(one);
  }
  program.scratch_beats = scratch;
}

std::vector<RtlProgram> block_programs(const std::vector<std::filesystem::path>& folders, bool random_too,
                                       const StreamOptions& options, arch::Arch& arch, Context& context) {
  std::vector<RtlProgram> list;
  for (const auto& folder : folders) {
    const Chip& chip = load_chip(context, folder, {});
    WD_REQUIRE(list.empty() || chip.program().arch == arch, folder.string(),
               ": its architecture is another one than that of ", folders[0].string(),
               "; compile both for the same");
    arch = chip.program().arch;
    list.push_back(rtl_program(chip.program(), "sha256 " + chip.sha256(), options, context));
  }
  if (!folders.empty() && !random_too) return list;
  list.push_back(random_program(model::hidden_fold_network({}, options.draw),
                                "random network of the demo's shape ", arch, options, context));
  list.push_back(random_program(model::residual_network(various_seed),
                                "random network of all kinds of layers ", arch, options, context));
  return list;
}

}  // namespace wd::flow
