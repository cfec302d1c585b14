// SPDX-License-Identifier: Apache-2.0
#include "sim/tlm/program_image.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/program/input_tensor.hpp"

namespace whitedwarf {

std::vector<std::uint16_t> ProgramImage::scores(const std::vector<std::uint8_t>& score_memory) const {
  std::vector<std::uint16_t> result;
  for (const std::uint32_t at : score_offsets)
    result.push_back(static_cast<std::uint16_t>(score_memory.at(at) | score_memory.at(at + 1) << 8));
  return result;
}

namespace {

std::vector<std::uint8_t> encode(const wd::program::InputTensor& tensor,
                                 std::span<const std::uint8_t> pixels) {
  const std::size_t of_image = tensor.image_bytes();
  WD_REQUIRE(!pixels.empty() && pixels.size() % of_image == 0, "the input has ", pixels.size(),
             " bytes, must be whole images of ", of_image);
  std::vector<wd::program::InputTensor::Image> images;
  for (std::size_t at = 0; at < pixels.size(); at += of_image) images.push_back(pixels.subspan(at, of_image));
  return tensor.encode(images);
}

}  // namespace

ProgramImage program_image(const wd::program::Program& program) {
  ProgramImage image;
  image.network = program.network;
  image.architecture = wd::arch::changes(program.arch).dump();
  for (const wd::arch::Instr& instr : program.instrs)
    for (const std::uint64_t word : wd::arch::encode(instr)) {
      image.instructions.push_back(static_cast<std::uint32_t>(word));
      image.instructions.push_back(static_cast<std::uint32_t>(word >> 32));
    }
  image.load_entry = program.load_entry;
  image.frame_entry = program.frame_entry;
  image.memory = program.memory;
  image.input_address = std::uint64_t{program.input_addr} * wd::program::beat_bytes;
  image.input_bytes = std::uint64_t{program.input_beats} * wd::program::beat_bytes;
  image.score_address = std::uint64_t{program.score_addr} * wd::program::beat_bytes;
  image.score_bytes = std::uint64_t{program.score_beats} * wd::program::beat_bytes;
  image.memory_bytes = std::uint64_t{program.memory_beats()} * wd::program::beat_bytes;
  image.classes = program.classes;
  image.batch = program.batch;
  for (int i = 0; i < program.batch; ++i)
    for (std::uint32_t c = 0; c < program.classes; ++c)
      image.score_offsets.push_back(static_cast<std::uint32_t>(2 * program.score_index(i, c)));
  return image;
}

ProgramImage read_program(const std::string& path) {
  const wd::program::Program program = wd::program::read_program(path);
  ProgramImage image = program_image(program);
  const wd::program::InputTensor tensor(program);
  image.image_bytes = tensor.image_bytes();
  image.input = [tensor](std::span<const std::uint8_t> pixels) { return encode(tensor, pixels); };
  return image;
}

}  // namespace whitedwarf
