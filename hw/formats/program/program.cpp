// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/program.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::program {
using arch::Instr;
using nlohmann::json;

json meta_of(const Program& program) {
  json layers = json::array();
  for (const Layer& layer : program.layers) {
    layers.push_back({{"name", layer.name}, {"dense_macs", layer.dense_macs}});
    const LayerPart& part = layer.part;
    if (part != LayerPart{}) layers.back()["part"] = {part.layer, part.iteration, part.row, part.block};
  }
  const model::InputTransform& t = program.input_transform;
  return {{"network", program.network},
          {"dataset", program.dataset},
          {"arch", arch::to_program_json(program.arch)},
          {"load_entry", program.load_entry},
          {"frame_entry", program.frame_entry},
          {"input_addr", program.input_addr},
          {"input_beats", program.input_beats},
          {"score_addr", program.score_addr},
          {"score_beats", program.score_beats},
          {"scratch_addr", program.scratch_addr},
          {"scratch_beats", program.scratch_beats},
          {"classes", program.classes},
          {"batch", program.batch},
          {"image_height", t.image_height},
          {"image_width", t.image_width},
          {"patch", t.patch},
          {"split", t.split},
          {"mean", t.mean},
          {"deviation", t.deviation},
          {"input_scale_exp", program.input_scale_exp},
          {"layers", layers}};
}

namespace {

/// [layer, iteration, row, block]; files of programs whose layers are whole have none.
LayerPart part_of(JsonReader& layer) {
  const auto part = layer.get<std::vector<int>>("part");
  constexpr int most[] = {4095, arch::most_iterations - 1, 65535, 511};
  WD_REQUIRE(part.size() == std::size(most), layer.origin(), ": 'part' has ", part.size(),
             " numbers, must be ", std::size(most), ": layer, iteration, row, block");
  for (std::size_t i = 0; i < part.size(); ++i)
    WD_REQUIRE(part[i] >= 0 && part[i] <= most[i], layer.origin(), ": 'part' has ", part[i],
               ", must be 0 to ", most[i]);
  return {part[0], part[1], part[2], part[3]};
}

}  // namespace

Program program_of_meta(const json& meta, const std::string& origin) {
  JsonReader reader(meta, origin);
  Program program;
  program.network = reader.get<std::string>("network");
  program.dataset = reader.get<std::string>("dataset");
  program.arch = arch::arch_from_json(reader.child("arch"), origin + ": arch");
  program.load_entry = reader.get<std::uint32_t>("load_entry");
  program.frame_entry = reader.get<std::uint32_t>("frame_entry");
  program.input_addr = reader.get<std::uint32_t>("input_addr");
  program.input_beats = reader.get<std::uint32_t>("input_beats");
  program.score_addr = reader.get<std::uint32_t>("score_addr");
  program.score_beats = reader.get<std::uint32_t>("score_beats");
  program.scratch_addr = reader.get<std::uint32_t>("scratch_addr");
  program.scratch_beats = reader.get<std::uint32_t>("scratch_beats");
  program.classes = reader.get<std::uint32_t>("classes");
  program.batch = reader.get<int>("batch");
  program.input_transform = {reader.get<int>("image_height"),
                             reader.get<int>("image_width"),
                             reader.get<int>("patch"),
                             reader.get<bool>("split"),
                             reader.get<std::vector<double>>("mean"),
                             reader.get<std::vector<double>>("deviation")};
  model::check(program.input_transform, origin);
  program.input_scale_exp = reader.get<int>("input_scale_exp");
  for (const json& value : reader.list("layers")) {
    JsonReader layer(value, origin + ": layers");
    program.layers.push_back({layer.get<std::string>("name"), layer.get<std::uint64_t>("dense_macs")});
    if (layer.has("part")) program.layers.back().part = part_of(layer);
    layer.refuse_unknown();
  }
  reader.refuse_unknown();
  return program;
}

Container encode_program(const Program& program, const std::string& origin) {
  check(program, origin);
  Container container(program_kind);
  container.set_json("meta", meta_of(program));
  std::vector<std::uint64_t> words;
  for (const Instr& instr : program.instrs)
    for (std::uint64_t word : arch::encode(instr)) words.push_back(word);
  container.set_array("instructions", words);
  container.set("memory", program.memory);
  return container;
}

Program decode_program(const Container& container) {
  const std::string& origin = container.origin();
  Program program = program_of_meta(container.get_json("meta"), origin);
  const auto words = container.get_array<std::uint64_t>("instructions");
  constexpr std::size_t per_instr = arch::instr_bits / 64;
  WD_REQUIRE(words.size() % per_instr == 0, origin, ": section 'instructions' is cut off");
  for (std::size_t i = 0; i < words.size(); i += per_instr) {
    arch::InstrWord word;
    for (std::size_t j = 0; j < per_instr; ++j) word[j] = words[i + j];
    program.instrs.push_back(arch::decode(word));
  }
  program.memory = container.get("memory");
  check(program, origin);
  return program;
}

void write_program(const Program& program, const std::filesystem::path& path) {
  encode_program(program, path.string()).write(path);
}

Program read_program(const std::filesystem::path& path) {
  return decode_program(Container::read(path, program_kind));
}

}  // namespace wd::program
