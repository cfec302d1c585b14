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

RtlProgram random_program(const model::Network& network, const std::string& name, const arch::Arch& arch,
                          StreamOptions options, Context& context) {
  options.inputs.data.data = "random";
  options.inputs.inputs.clear();
  program::Program program;
  try {
    program = compiler::compile(network, {.arch = arch});
  } catch (const Error& error) {
    fail("characterize: the random network that blocks are measured in does not fit this chip (",
         error.what(),
         "); --program names the folder of one that does, --block array_slice leaves the blocks out");
  }
  const Bytes file = program::encode_program(program, name).serialize();
  return rtl_program(program, name + sha256({file.data(), file.size()}), options, context);
}

}  // namespace

std::vector<RtlProgram> block_programs(const std::vector<std::filesystem::path>& folders,
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
  if (!folders.empty()) return list;
  list.push_back(random_program(model::hidden_fold_network({}, options.draw),
                                "random network of the demo's shape ", arch, options, context));
  list.push_back(random_program(model::residual_network(various_seed),
                                "random network of all kinds of layers ", arch, options, context));
  return list;
}

}  // namespace wd::flow
