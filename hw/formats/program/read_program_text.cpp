// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "hw/formats/program/program_text.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::program {
namespace {

using nlohmann::json;

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  return line.substr(0, line.find_last_not_of(blanks) + 1);
}

std::string_view take_word(std::string_view& line) {
  line = trimmed(line);
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

/// A value for a message: long ones cut.
std::string_view cut(std::string_view word) { return word.substr(0, 40); }

/// A message that quotes a text of any kind, for a terminal.
std::string printable(std::string_view message) {
  constexpr std::size_t longest = 600;
  constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (const char c : message.substr(0, longest)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7f)
      result += c;
    else
      result += {'\\', 'x', digits[code >> 4], digits[code & 15]};
  }
  return message.size() > longest ? result + " ..." : result;
}

class Reader {
 public:
  Reader(std::string_view contents, const std::string& origin) : left_(contents), origin_(origin) {}

  Program run() {
    while (!left_.empty()) {
      const std::size_t end = std::min(left_.find('\n'), left_.size());
      const std::string_view line = trimmed(left_.substr(0, end));
      left_.remove_prefix(std::min(end + 1, left_.size()));
      ++line_;
      if (std::string_view left = line; take_word(left) == ".meta")
        meta(left);
      else if (const auto code = trimmed(line.substr(0, line.find(';'))); !code.empty())
        code.front() == '.' ? begin_block(code) : this->line(code);
    }
    end_block();
    begin_memory();
    check(program_, origin_, lines_);
    return std::move(program_);
  }

 private:
  enum class Section { meta, instructions, weights, norms, beats };

  std::string place() const { return text(origin_, ":", line_, ": "); }

  void line(std::string_view code) {
    switch (section_) {
      case Section::meta:
        section_ = Section::instructions;
        return instruction(code);
      case Section::instructions:
        return instruction(code);
      case Section::weights:
        return weights(code);
      case Section::norms:
        return norms(code);
      case Section::beats:
        return beats(code);
    }
  }

  void meta(std::string_view left) {
    WD_REQUIRE(section_ == Section::meta, place(), "'.meta' stands before the instructions; move it up");
    const std::string name(take_word(left)), place_of_name = text(place(), "'", cut(name), "'");
    const json value =
        parse_json({reinterpret_cast<const std::uint8_t*>(left.data()), left.size()}, place_of_name + ":");
    const bool item = name.ends_with("[]");
    const std::string path = item ? name.substr(0, name.size() - 2) : name;
    const std::size_t dot = path.find('.');
    json& object = dot == std::string::npos ? meta_ : meta_[path.substr(0, dot)];
    const std::string key = dot == std::string::npos ? path : path.substr(dot + 1);
    require_known(path, dot, item ? json::array() : value);
    WD_REQUIRE(object.is_null() || object.is_object(), place_of_name, " is in '", path.substr(0, dot),
               "', which has a value already; leave one out");
    WD_REQUIRE(item || !object.contains(key), place_of_name, " is given twice; leave one out");
    if (item && !object.contains(key)) object[key] = json::array();
    item ? object[key].push_back(value) : void(object[key] = value);
  }

  /// A key of every program, with a value of the kind that it has there.
  void require_known(const std::string& path, std::size_t dot, const json& value) const {
    WD_REQUIRE(path != "load_entry" && path != "frame_entry", place(), "'", path,
               "' is where a label stands; leave it out");
    json any = meta_of(Program{});
    any.erase("load_entry");
    any.erase("frame_entry");
    any["arch"] = arch::to_json(arch::Arch{});
    const bool member = dot != std::string::npos && any.contains(path.substr(0, dot));
    const json& object = member ? any[path.substr(0, dot)] : any;
    const std::string key = member ? path.substr(dot + 1) : path;
    if (!object.contains(key)) {
      std::string names;
      for (const auto& [name, unused] : object.items()) names += (names.empty() ? "" : ", ") + name;
      fail(place(), "key '", cut(path), "' is unknown; known keys are ", names);
    }
    const json& like = object[key];
    WD_REQUIRE(like.is_number() ? value.is_number() : like.type() == value.type(), place(), "'", path,
               "' is ", shown(value), ", must be a ", like.type_name());
  }

  void instruction(std::string_view code) {
    if (code.back() == ':') return label(code.substr(0, code.size() - 1));
    program_.instrs.push_back(arch::assemble(code, place()));
    lines_.push_back(line_);
  }

  void label(std::string_view name) {
    WD_REQUIRE(name == "load" || name == "frame", place(), "label '", cut(name),
               "' is unknown; labels are load and frame");
    const std::string key = text(name, "_entry");
    WD_REQUIRE(!meta_.contains(key), place(), "label '", name, "' stands twice; leave one out");
    meta_[key] = program_.instrs.size();
  }

  void begin_block(std::string_view code) {
    end_block();
    begin_memory();
    constexpr std::pair<std::string_view, Section> blocks[] = {
        {".weights", Section::weights}, {".norms", Section::norms}, {".beats", Section::beats}};
    const auto found = std::find_if(std::begin(blocks), std::end(blocks),
                                    [&](const auto& block) { return block.first == code; });
    WD_REQUIRE(found != std::end(blocks), place(), "'", cut(code),
               "' is unknown; there are .meta, .weights, .norms and .beats");
    section_ = found->second;
  }

  /// Words need the architecture: the meta data are complete here.
  void begin_memory() {
    if (section_ != Section::meta && section_ != Section::instructions) return;
    for (const char* name : {"load", "frame"})
      WD_REQUIRE(meta_.contains(text(name, "_entry")), place(), "label '", name, "' is missing; write ", name,
                 ": before its first instruction");
    Program program = program_of_meta(meta_, origin_);
    arch::check(program.arch, origin_);
    program.instrs = std::move(program_.instrs);
    program_ = std::move(program);
    section_ = Section::beats;
  }

  void end_block() {
    if (section_ == Section::weights && in_row_) append_row(program_.memory, row_, program_.arch);
    in_row_ = false;
    if (section_ != Section::norms) return;
    WD_REQUIRE(pairs_.size() % arch::block == 0, place(), "a block of ", pairs_.size(),
               " gamma:beta pairs ends here, must be a multiple of ", arch::block);
    for (std::size_t row = 0; row < pairs_.size(); row += arch::block)
      for (const bool beta : {false, true})
        for (std::size_t channel = row; channel < row + arch::block; ++channel) {
          const std::uint32_t value = beta ? pairs_[channel] & 0xffff : pairs_[channel] >> 16;
          program_.memory.push_back(static_cast<std::uint8_t>(value));
          program_.memory.push_back(static_cast<std::uint8_t>(value >> 8));
        }
    pairs_.clear();
  }

  void weights(std::string_view code) {
    if (code == "row") {
      if (in_row_) append_row(program_.memory, row_, program_.arch);
      row_ = {};
      in_row_ = true;
      return;
    }
    WD_REQUIRE(in_row_, place(), "'", cut(code), "' is in no row; write `row` above it");
    while (!(code = trimmed(code)).empty()) word(take_word(code));
  }

  /// PE:LANES
  void word(std::string_view word) {
    const std::size_t colon = std::min(word.find(':'), word.size());
    const std::string_view lanes = word.substr(std::min(colon + 1, word.size()));
    int pe = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + colon, pe);
    WD_REQUIRE(
        error == std::errc() && end == word.data() + colon && pe >= 0 && pe < program_.arch.pes_per_group,
        place(), "PE '", cut(word.substr(0, colon)), "' must be 0 to ", program_.arch.pes_per_group - 1);
    WD_REQUIRE(row_.present >> pe == 0, place(), "PE ", pe,
               " comes again or behind a later one; a row names each once, in rising order");
    WD_REQUIRE(lanes.size() == index(program_.arch.chunk), place(), "PE ", pe, ": ", lanes.size(),
               " lanes, a word has ", program_.arch.chunk);
    WeightWord value;
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const std::size_t bits = std::string_view(".+o-").find(lanes[lane]);
      WD_REQUIRE(bits != std::string_view::npos, place(), "PE ", pe, ": lane ", lane, " is '",
                 lanes.substr(lane, 1), "', must be one of . + - o");
      value.mask |= std::uint64_t{bits & 1} << lane;
      value.sign |= std::uint64_t{bits >> 1} << lane;
    }
    row_.present |= std::uint64_t{1} << pe;
    row_.words.push_back(value);
  }

  /// @param digits as many as the value has
  std::uint32_t hex(std::string_view digits, std::size_t count, const char* what) const {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    WD_REQUIRE(digits.size() == count && error == std::errc() && end == digits.data() + count, place(), what,
               " '", cut(digits), "' must be ", count, " hexadecimal digits");
    return value;
  }

  void norms(std::string_view code) {
    while (!(code = trimmed(code)).empty()) {
      const std::string_view pair = take_word(code);
      const std::size_t colon = pair.find(':');
      WD_REQUIRE(colon != std::string_view::npos, place(), "'", cut(pair),
                 "' must be a gamma and a beta, as 3c00:0000");
      pairs_.push_back(hex(pair.substr(0, colon), 4, "gamma") << 16 | hex(pair.substr(colon + 1), 4, "beta"));
    }
  }

  void beats(std::string_view code) {
    WD_REQUIRE(code.size() == 2 * beat_bytes, place(), "beat '", cut(code), "' has ", code.size(),
               " hexadecimal digits, must have ", 2 * beat_bytes);
    for (std::size_t at = 0; at < code.size(); at += 2)
      program_.memory.push_back(static_cast<std::uint8_t>(hex(code.substr(at, 2), 2, "byte")));
  }

  std::string_view left_;
  const std::string& origin_;
  int line_ = 0;
  Section section_ = Section::meta;
  json meta_ = json::object();
  Program program_;
  std::vector<int> lines_;  // of instructions
  StoredRow row_;           // of weights, if in_row_
  bool in_row_ = false;
  std::vector<std::uint32_t> pairs_;  // of a block of norms: gamma in the upper half
};

}  // namespace

Program read_program_text(std::string_view contents, const std::string& origin) {
  try {
    return Reader(contents, origin).run();
  } catch (const Error& error) {
    fail(printable(error.what()));
  }
}

}  // namespace wd::program
