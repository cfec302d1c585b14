// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "cli/form.hpp"

namespace wd::cli {
namespace {

constexpr std::size_t line_width = 80;

/// What a line is not broken within.
struct Piece {
  std::string text;
  bool apart = true;  // by a space from the one before
};

/// The words of a text; lists longer than `most` are broken behind their commas.
std::vector<Piece> pieces_of(const std::string& text, std::size_t most) {
  std::vector<Piece> pieces;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    bool apart = true;
    while (word.size() > most) {
      const std::size_t comma = word.rfind(',', most - 1);
      if (comma == std::string::npos) break;
      pieces.push_back({word.substr(0, comma + 1), apart});
      word.erase(0, comma + 1);
      apart = false;
    }
    pieces.push_back({word, apart});
  }
  return pieces;
}

/// `left` in a column of this width, `text` beside it in lines that fit the terminal.
std::string row(const std::string& left, std::size_t width, const std::string& text) {
  const std::string indent(width, ' ');
  std::string out = left, line;
  out += left.size() < width || width == 0 ? std::string(width - left.size(), ' ') : "\n" + indent;
  for (const Piece& piece : pieces_of(text, line_width - width)) {
    const std::string gap = line.empty() || !piece.apart ? "" : " ";
    if (width + line.size() + gap.size() + piece.text.size() <= line_width) {
      line += gap + piece.text;
      continue;
    }
    out += line + "\n" + indent;
    line = piece.text;
  }
  return out + line + "\n";
}

std::string upper(std::string word) {
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

}  // namespace

std::string value_name(const flow::Option& option) {
  using Kind = flow::Takes::Kind;
  using Place = flow::Takes::Place;
  const flow::Takes& takes = option.takes;
  std::string name = takes.called;
  if (takes.kind == Kind::nothing) return "";
  if (name.empty()) {
    switch (takes.kind) {
      case Kind::nothing:
        break;
      case Kind::whole:
        name = "N";
        break;
      case Kind::number:
        name = "X";
        break;
      case Kind::word:
      case Kind::text:
        name = upper(option.name.substr(option.name.rfind('-') + 1));
        break;
      case Kind::path:
        name = takes.place == Place::file || takes.place == Place::new_file ? "FILE" : "FOLDER";
        break;
    }
  }
  return takes.several ? name + ",..." : name;
}

std::string full_help(const flow::Option& option) {
  return option.otherwise.empty() ? option.help : option.help + " (default: " + option.otherwise + ")";
}

std::string synopsis(const Command& command) {
  std::string first;
  if (!command.first.empty()) {
    Form form(command);
    const auto& options = form.flags.options();
    const auto found = std::find_if(options.begin(), options.end(),
                                    [&](const flow::Option& one) { return one.name == command.first; });
    WD_ASSERT(found != options.end());
    first = value_name(*found);
    if (command.several) first = first.substr(0, first.find(',')) + " ...";
    first = " [" + first + "]";
  }
  return command.name + first + " [options]";
}

std::string usage() {
  std::string out = row("", 0, std::string("whitedwarf - ") + program_summary) + "\n";
  for (const Command& command : commands()) out += row("  " + command.name, 15, command.summary);
  out += "\n";
  out += row("  help", 15,
             "this text; `help COMMAND`, `COMMAND --help` or `COMMAND -h`: a command's options and examples");
  out += row("", 15,
             "`help --completion bash` or `zsh`: completions; `help --man FOLDER`: writes manual pages; "
             "`help --json`: all of it");
  out += row("  --version", 15, "the version");
  return out + "\nStart with `whitedwarf demo --quick`.\n";
}

std::string command_help(const Command& command) {
  Form form(command);
  std::string out = row("", 0, "whitedwarf " + command.name + " - " + command.summary) +
                    "\nUsage: whitedwarf " + synopsis(command) + "\n\nOptions\n";
  for (const flow::Option& option : form.flags.options()) {
    std::string left = option.name == "help" ? "  -h, --help" : "  --" + option.name;
    const std::string value = value_name(option);
    if (!value.empty()) left += " " + value;
    out += row(left, 26, full_help(option));
  }
  return out + "\nExamples\n" + command.examples;
}

}  // namespace wd::cli
