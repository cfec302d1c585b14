// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/program_text.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/memory_blocks.hpp"
#include "hw/formats/program/weight_words.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::program {
namespace {

using nlohmann::json;
using Kind = MemoryBlock::Kind;

constexpr char hex_digits[] = "0123456789abcdef";

void append_hex(std::string& out, std::uint64_t value, int digits) {
  for (int digit = digits - 1; digit >= 0; --digit) out += hex_digits[value >> 4 * digit & 15];
}

void append_meta(std::string& out, const std::string& name, const json& value) {
  out += text(".meta ", name, " ", value.dump(), "\n");
}

bool is_list_of_objects(const json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

/// An object's members and a list's objects have lines of their own. The labels say where the entries are.
std::string meta_text(const Program& program) {
  std::string out;
  const json meta = meta_of(program);
  for (const auto& [name, value] : meta.items()) {
    if (name == "load_entry" || name == "frame_entry") continue;
    if (value.is_object())
      for (const auto& [member, of_member] : value.items()) append_meta(out, name + "." + member, of_member);
    else if (is_list_of_objects(value))
      for (const json& item : value) append_meta(out, name + "[]", item);
    else
      append_meta(out, name, value);
  }
  return out;
}

class MemoryText {
 public:
  MemoryText(std::string& out, const Program& program) : out_(out), program_(program) {}

  void append(const MemoryBlock& block) {
    switch (block.kind) {
      case Kind::weights:
        return weights(block);
      case Kind::norms:
        return norms(block);
      case Kind::coded:
        return beats(block, text(", coded weights, weight rows from ", block.weight_row));
      case Kind::beats:
        return beats(block, "");
    }
  }

 private:
  void begin(const char* directive, const MemoryBlock& block, const std::string& more) {
    out_ += text("\n", directive, "  ; beats ", block.first, " to ", block.end() - 1, more, "\n");
  }

  const std::uint8_t* bytes(const MemoryBlock& block) const {
    return program_.memory.data() + block.first * beat_bytes;
  }

  void weights(const MemoryBlock& block) {
    begin(".weights", block, text(", weight rows from ", block.weight_row));
    const auto size = static_cast<std::size_t>(block.beats * beat_bytes);
    BurstReader burst({bytes(block), size}, program_.arch, "weights: ");
    while (!burst.done()) {
      out_ += text("row  ; ", burst.rows(), "\n");
      words(burst.next());
    }
  }

  void words(const StoredRow& row) {
    const int chunk = program_.arch.chunk, per_line = 128 / (chunk + 4);
    int pe = -1, on_line = 0;
    for (const WeightWord& word : row.words) {
      do ++pe;
      while ((row.present >> pe & 1) == 0);
      out_ += on_line == 0 ? "  " : " ";
      out_ += std::to_string(pe);
      out_ += ':';
      for (int lane = 0; lane < chunk; ++lane)
        out_ += ".+o-"[(word.mask >> lane & 1) + 2 * (word.sign >> lane & 1)];
      if (++on_line == per_line) out_ += '\n', on_line = 0;
    }
    if (on_line != 0) out_ += '\n';
  }

  void norms(const MemoryBlock& block) {
    begin(".norms", block, ": gamma:beta, 16 a row");
    constexpr int per_line = 4;
    const std::uint8_t* row = bytes(block);
    const auto half = [&](int index) {
      return static_cast<numerics::Fp16>(row[2 * index] | row[2 * index + 1] << 8);
    };
    for (; row != bytes(block) + block.beats * beat_bytes; row += 4 * beat_bytes)
      for (int channel = 0; channel < arch::block; channel += per_line) {
        std::string decoded = "  ;";
        for (int c = channel; c < channel + per_line; ++c) {
          const numerics::Fp16 gamma = half(c), beta = half(arch::block + c);
          out_ += c % per_line == 0 ? "  " : " ";
          append_hex(out_, gamma, 4);
          out_ += ':';
          append_hex(out_, beta, 4);
          decoded += text(" ", numerics::fp16_to_float(gamma), ":", numerics::fp16_to_float(beta));
        }
        out_ += decoded + "\n";
      }
  }

  void beats(const MemoryBlock& block, const std::string& more) {
    begin(".beats", block, more);
    const std::uint8_t* byte = bytes(block);
    for (std::int64_t beat = 0; beat < block.beats; ++beat) {
      out_ += "  ";
      for (int i = 0; i < beat_bytes; ++i) append_hex(out_, *byte++, 2);
      out_ += '\n';
    }
  }

  std::string& out_;
  const Program& program_;
};

}  // namespace

std::string instruction_text(const Program& program) {
  std::string out;
  for (std::size_t pc = 0; pc < program.instrs.size(); ++pc) {
    const arch::Instr& instr = program.instrs[pc];
    if (pc == program.load_entry) out += "load:\n";
    if (pc == program.frame_entry) out += "frame:\n";
    out += text("  ", arch::disassemble(instr), "  ; ", pc);
    if (arch::has_tiles(instr.operation()))
      out += text(" ", json(program.layers[index(instr.layer)].name).dump());
    out += "\n";
  }
  return out;
}

std::string program_text(const Program& program, bool memory) {
  std::string out = meta_text(program) + "\n" + instruction_text(program);
  if (!memory) return out;
  MemoryText image(out, program);
  for (const MemoryBlock& block : memory_blocks(program)) image.append(block);
  return out;
}

}  // namespace wd::program
