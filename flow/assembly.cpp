// SPDX-License-Identifier: Apache-2.0
#include "flow/assembly.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/output_folder.hpp"
#include "flow/chain.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/program/memory_blocks.hpp"
#include "hw/formats/program/program_text.hpp"

namespace wd::flow {

using nlohmann::json;

void ObjdumpOptions::declare(OptionSink& sink) {
  common.declare_out(sink);
  sink.flag("no-memory", no_memory, "leave the memory image out");
}

json ObjdumpResult::to_json() const {
  json instructions = json::array(), blocks = json::array();
  for (const arch::Instr& instr : program.instrs) {
    json fields = {{"op", arch::op_name(instr.operation())}};
    arch::for_each_field(instr, [&](const arch::Field& field, std::int64_t value) {
      if (&field != &arch::fields[0] && value != 0) fields[field.name] = value;
    });
    instructions.push_back(std::move(fields));
  }
  for (const program::MemoryBlock& block : program::memory_blocks(program)) {
    const char* kinds[] = {"weights", "coded", "norms", "beats"};
    blocks.push_back(
        {{"kind", kinds[static_cast<int>(block.kind)]}, {"first", block.first}, {"beats", block.beats}});
  }
  return {{"meta", program::meta_of(program)}, {"instructions", instructions}, {"memory", blocks}};
}

ObjdumpResult objdump(const ObjdumpOptions& options, Context&) {
  HashedFile file = read_product(Product::program, options.common.out);
  return {program::decode_program(Container::parse(std::move(file.bytes), program::program_kind,
                                                   file_of(Product::program, options.common.out).string()))};
}

void CheckOptions::declare(OptionSink& sink) {
  common.declare_out(sink);
  sink.path("file", file, Takes::Place::file,
            "a program, or its text as objdump prints it (default: OUT/program.wdp)");
}

json CheckResult::to_json() const {
  return {{"file", file.string()},
          {"instructions", instructions},
          {"bursts", bursts},
          {"memory_bytes", memory_bytes}};
}

CheckResult check(const CheckOptions& options, Context&) {
  const std::filesystem::path file =
      options.file.empty() ? file_of(Product::program, options.common.out) : options.file;
  Bytes bytes = read_file(file);
  const auto& magic = program::program_kind.magic;
  const bool binary = bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
  // Both readers check what they read.
  const program::Program program =
      binary
          ? program::decode_program(Container::parse(std::move(bytes), program::program_kind, file.string()))
          : program::read_program_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                       file.string());
  const auto bursts =
      std::count_if(program.instrs.begin(), program.instrs.end(),
                    [](const arch::Instr& instr) { return arch::is_burst(instr.operation()); });
  return {file, program.instrs.size(), static_cast<std::size_t>(bursts), program.memory.size()};
}

void AsmOptions::declare(OptionSink& sink) {
  common.declare_out(sink);
  sink.path("file", file, Takes::Place::file, "the text, as objdump prints it");
}

json AsmResult::to_json() const {
  return {{"file", file.string()},
          {"instructions", instructions},
          {"memory_bytes", memory_bytes},
          {"program_sha256", program_sha256}};
}

AsmResult assemble(const AsmOptions& options, Context&) {
  WD_REQUIRE(!options.file.empty(), "--file is missing: a text, as `whitedwarf objdump` prints it");
  const std::filesystem::path& out = options.common.out;
  const std::filesystem::path compiled = options.common.file("compile.json");
  WD_REQUIRE(!std::filesystem::exists(compiled), compiled.string(),
             ": the folder holds a compiled program, which would be replaced; choose another --out");
  OutputFolder folder(out);
  const Bytes contents = read_file(options.file);
  const program::Program program = program::read_program_text(
      {reinterpret_cast<const char*>(contents.data()), contents.size()}, options.file.string());
  const std::size_t beats = program::transformed_beats(program);
  WD_REQUIRE(beats == program.input_beats, options.file.string(),
             ": image_height, image_width, patch, split and the image's channels make ", beats,
             " beats a frame, input_beats is ", program.input_beats, "; change the ones or the other");
  const Bytes bytes = program::encode_program(program, options.file.string()).serialize();
  folder.make();
  return {file_of(Product::program, out), program.instrs.size(), program.memory.size(),
          write_product(Product::program, out, bytes)};
}

}  // namespace wd::flow
