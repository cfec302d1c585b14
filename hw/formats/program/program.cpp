// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/program.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::program {
namespace {

using arch::Instr;
using arch::Op;
using nlohmann::json;

int ceil_div(std::int64_t a, std::int64_t b) { return static_cast<int>((a + b - 1) / b); }

/// Checks one instruction's addresses and shapes against the architecture.
class InstrCheck {
 public:
  InstrCheck(const Program& program, const Instr& instr, const std::string& what)
      : program_(program), arch_(program.arch), instr_(instr), what_(what) {}

  void run() const {
    switch (instr_.operation()) {
      case Op::LoadWeights:
        weight_rows();
        break;
      case Op::LoadNorms:
        burst(0, static_cast<std::int64_t>(program_.memory.size()) / beat_bytes);
        within("norm_row", instr_.norm_row + ceil_div(instr_.count, 4), 1, arch_.norm_rows);
        WD_REQUIRE(instr_.count % 4 == 0, what_, "'count' is ", instr_.count, ", must be a multiple of 4");
        break;
      case Op::LoadInput:
        WD_REQUIRE(frame_, what_, "the input is loaded in the frame entry only");
        WD_REQUIRE(instr_.mem_addr == program_.input_addr && instr_.count == program_.input_beats, what_,
                   "must load the whole input: ", program_.input_beats, " beats at ", program_.input_addr);
        WD_REQUIRE(instr_.count == instr_.in_h * instr_.in_w * instr_.in_blocks, what_, "'count' is ",
                   instr_.count, ", the tensor has ", instr_.in_h * instr_.in_w * instr_.in_blocks, " words");
        tensor("out_base", instr_.out_base, instr_.in_h, instr_.in_w, instr_.in_blocks);
        break;
      case Op::StoreScores:
        burst(program_.score_addr, program_.score_addr + program_.score_beats);
        within("out_base", instr_.out_base, 0, 0);  // the host looks for class 0 in score row 0
        within("count", instr_.count, 2, std::int64_t{2} * arch_.score_rows);
        break;
      case Op::Conv:
        conv();
        break;
      default:
        break;
    }
  }

 private:
  void within(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) const {
    WD_REQUIRE(value >= low && value <= high, what_, "'", field, "' reaches ", value, ", must be ", low,
               " to ", high);
  }

  void burst(std::int64_t first, std::int64_t end) const {
    WD_REQUIRE(instr_.count >= 1 && instr_.mem_addr >= first && instr_.mem_addr + instr_.count <= end, what_,
               "burst of ", instr_.count, " beats at ", instr_.mem_addr, " leaves ", first, " to ", end);
  }

  /// Activation rows of a tensor.
  std::int64_t rows(std::int64_t h, std::int64_t w, std::int64_t words) const {
    return std::int64_t{ceil_div(h, arch_.groups_y)} * ceil_div(w, arch_.groups_x) * words;
  }

  void tensor(const char* field, std::int64_t base, std::int64_t h, std::int64_t w,
              std::int64_t blocks) const {
    WD_REQUIRE(h >= 1 && w >= 1 && blocks >= 1, what_, "empty tensor at '", field, "'");
    within(field, base + rows(h, w, blocks), 1, arch_.act_rows);
  }

  /// From the first row of the computed channels to behind the last one.
  std::int64_t out_rows() const {
    const auto words = [&](std::int64_t blocks) { return ceil_div(blocks * arch::block, arch_.chunk); };
    return rows(instr_.out_h, instr_.out_w, words(instr_.out_pitch)) - words(instr_.out_pitch) +
           words(instr_.out_blocks);
  }

  void weight_rows() const {
    burst(0, static_cast<std::int64_t>(program_.memory.size()) / beat_bytes);
    const auto rows = expand_rows({program_.memory.data() + instr_.mem_addr * beat_bytes,
                                   static_cast<std::size_t>(instr_.count * beat_bytes)},
                                  arch_, what_);
    within("weight_row", instr_.weight_row + static_cast<std::int64_t>(rows.size()), 1, arch_.weight_rows);
  }

  void conv() const {
    const Instr& i = instr_;
    within("layer", i.layer, 0, static_cast<std::int64_t>(program_.layers.size()) - 1);
    within("planes", i.planes, 1, arch_.planes);
    within("stride", i.stride, 1, 2);
    within("kernel_h", i.kernel_h, 1, 63);
    within("kernel_w", i.kernel_w, 1, 63);
    within("res_shift", i.res_shift, -15, 15);
    tensor("in_base", i.in_base, i.in_h, i.in_w, i.in_blocks);
    WD_REQUIRE(i.out_h >= 1 && i.out_w >= 1 && i.out_blocks >= 1, what_, "empty output");
    WD_REQUIRE((i.out_h - 1) * i.stride + i.kernel_h <= i.in_h + 2 * i.pad &&
                   (i.out_w - 1) * i.stride + i.kernel_w <= i.in_w + 2 * i.pad,
               what_, "the kernel leaves the padded input");
    if (i.score) {
      WD_REQUIRE(i.out_h == 1 && i.out_w == 1 && !i.residual, what_,
                 "scores must be 1x1 and without residual");
      within("out_base", i.out_base + i.out_blocks, 1, arch_.score_rows);
    } else {
      within("out_pitch", i.out_pitch, i.out_blocks, 255);
      within("out_base", i.out_base + out_rows(), 1, arch_.act_rows);
      WD_REQUIRE(
          i.out_base + out_rows() <= i.in_base || i.in_base + rows(i.in_h, i.in_w, i.in_blocks) <= i.out_base,
          what_, "input and output overlap in the activation buffer");
    }
    if (i.residual) within("res_base", i.res_base + out_rows(), 1, arch_.act_rows);
    WD_REQUIRE(i.tiles_y == ceil_div(i.out_h, arch_.groups_y) &&
                   i.tiles_x == ceil_div(i.out_w, arch_.groups_x) &&
                   i.tiles_oc == ceil_div(i.out_blocks * arch::block, arch_.pes_per_group),
               what_, "tile counts do not match the output");
    const std::int64_t positions = i.pooled ? 1 : i.kernel_h * i.kernel_w;
    within("weight_row", i.weight_row + i.tiles_oc * positions * i.in_blocks * i.planes, 1,
           arch_.weight_rows);
    within("norm_row", i.norm_row + i.norm_step * (iterations_ - 1) + i.out_blocks, 1, arch_.norm_rows);
  }

 public:
  std::int64_t iterations_ = 1;
  bool frame_ = false;

 private:
  const Program& program_;
  const arch::Arch& arch_;
  const Instr& instr_;
  const std::string& what_;
};

/// Walks from an entry to its HALT; loops must be closed and not nested. @return the next instruction's
/// number
std::size_t check_entry(const Program& program, std::uint32_t entry, const char* name,
                        const std::string& origin) {
  std::int64_t iterations = 0;  // 0: outside of a loop
  for (std::size_t pc = entry;; ++pc) {
    WD_REQUIRE(pc < program.instrs.size(), origin, ": entry '", name, "' has no HALT");
    const Instr& instr = program.instrs[pc];
    const std::string what =
        text(origin, ": instruction ", pc, " (", arch::op_name(instr.operation()), "): ");
    WD_REQUIRE(instr.op <= static_cast<std::int64_t>(Op::Conv), what, "opcode ", instr.op, " is unknown");
    WD_REQUIRE(instr.reserved == 0, what, "'reserved' is not zero");
    if (instr.operation() == Op::Loop) {
      WD_REQUIRE(iterations == 0 && instr.count >= 1 && instr.count <= 1000, what, "a loop of ", instr.count,
                 " iterations; loops run 1 to 1000 times and cannot nest");
      iterations = instr.count;
    }
    if (instr.operation() == Op::EndLoop) {
      WD_REQUIRE(iterations != 0, what, "END_LOOP without LOOP");
      iterations = 0;
    }
    arch::encode(instr);  // refuses fields beyond their bits
    InstrCheck one(program, instr, what);
    one.iterations_ = iterations == 0 ? 1 : iterations;
    one.frame_ = entry == program.frame_entry;
    one.run();
    if (instr.operation() == Op::Halt) {
      WD_REQUIRE(iterations == 0, what, "HALT inside a loop");
      return pc + 1;
    }
  }
}

}  // namespace

void check(const Program& program, const std::string& origin) {
  arch::check(program.arch, origin);
  WD_REQUIRE(program.instrs.size() <= static_cast<std::size_t>(program.arch.instr_rows), origin, ": ",
             program.instrs.size(), " instructions, the instruction memory holds ", program.arch.instr_rows);
  WD_REQUIRE(program.memory.size() % beat_bytes == 0, origin, ": memory image of ", program.memory.size(),
             " bytes is not a whole number of beats");
  const std::uint64_t image_beats = program.memory.size() / beat_bytes;
  WD_REQUIRE(program.input_addr >= image_beats && program.input_beats >= 1 &&
                 program.score_addr >= program.input_addr + std::uint64_t{program.input_beats} &&
                 program.score_addr + std::uint64_t{program.score_beats} <= (std::uint64_t{1} << 24),
             origin, ": memory image, input and scores overlap");
  const model::InputTransform& t = program.input_transform;
  WD_REQUIRE(t.patch >= 1 && t.image_height >= t.patch && t.image_width >= t.patch &&
                 t.image_height % t.patch == 0 && t.image_width % t.patch == 0,
             origin, ": the input transform is impossible");
  model::check(t, origin);
  WD_REQUIRE(program.input_scale_exp >= -24 && program.input_scale_exp <= 24, origin,
             ": 'input_scale_exp' is ", program.input_scale_exp, ", must be -24 to 24");
  WD_REQUIRE(program.classes >= 1 &&
                 program.classes * std::uint64_t{2} <= program.score_beats * std::uint64_t{beat_bytes} &&
                 program.score_beats <= 2 * static_cast<std::uint32_t>(program.arch.score_rows),
             origin, ": ", program.classes, " classes do not fit ", program.score_beats, " beats");
  WD_REQUIRE(program.load_entry == 0, origin, ": 'load_entry' is ", program.load_entry, ", must be 0");
  const std::size_t load_end = check_entry(program, program.load_entry, "load", origin);
  WD_REQUIRE(program.frame_entry == load_end, origin, ": 'frame_entry' is ", program.frame_entry,
             ", must be ", load_end, ", behind the load entry");
  const std::size_t end = check_entry(program, program.frame_entry, "frame", origin);
  WD_REQUIRE(end == program.instrs.size(), origin, ": ", program.instrs.size() - end,
             " instructions follow the frame entry's HALT");
}

Container encode_program(const Program& program, const std::string& origin) {
  check(program, origin);
  Container container(program_kind);
  json layers = json::array();
  for (const Layer& layer : program.layers)
    layers.push_back({{"name", layer.name}, {"dense_macs", layer.dense_macs}});
  const model::InputTransform& t = program.input_transform;
  container.set_json("meta", {{"network", program.network},
                              {"dataset", program.dataset},
                              {"arch", arch::to_json(program.arch)},
                              {"load_entry", program.load_entry},
                              {"frame_entry", program.frame_entry},
                              {"input_addr", program.input_addr},
                              {"input_beats", program.input_beats},
                              {"score_addr", program.score_addr},
                              {"score_beats", program.score_beats},
                              {"classes", program.classes},
                              {"image_height", t.image_height},
                              {"image_width", t.image_width},
                              {"patch", t.patch},
                              {"split", t.split},
                              {"mean", t.mean},
                              {"deviation", t.deviation},
                              {"input_scale_exp", program.input_scale_exp},
                              {"layers", layers}});
  std::vector<std::uint64_t> words;
  for (const Instr& instr : program.instrs)
    for (std::uint64_t word : arch::encode(instr)) words.push_back(word);
  container.set_array("instructions", words);
  container.set("memory", program.memory);
  return container;
}

Program decode_program(const Container& container) {
  const std::string& origin = container.origin();
  const json meta = container.get_json("meta");
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
  program.classes = reader.get<std::uint32_t>("classes");
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
    layer.refuse_unknown();
  }
  reader.refuse_unknown();
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
