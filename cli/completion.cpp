// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <algorithm>
#include <vector>

#include "cli/form.hpp"
#include "cli/help.hpp"

namespace wd::cli {
namespace {

using Kind = flow::Takes::Kind;
using Place = flow::Takes::Place;

std::string spaced(const flow::Names& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// As one word of the shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool is_file(const flow::Takes& takes) {
  return takes.place == Place::file || takes.place == Place::new_file;
}

/// First words of commands, once each, and `help`.
flow::Names first_words() {
  flow::Names words;
  for (const Command& command : commands()) {
    const std::string word = command.name.substr(0, command.name.find(' '));
    if (std::count(words.begin(), words.end(), word) == 0) words.push_back(word);
  }
  words.emplace_back("help");
  return words;
}

/// Second words of the commands of that first word.
flow::Names second_words(const std::string& first) {
  flow::Names words;
  for (const Command& command : commands())
    if (command.name.starts_with(first + " ")) words.push_back(command.name.substr(first.size() + 1));
  return words;
}

/// A line of bash that answers with what an option takes; empty: nothing is known.
std::string bash_answer(const flow::Takes& takes) {
  switch (takes.kind) {
    case Kind::word:
      return (takes.several ? "_whitedwarf_list " : "_whitedwarf_words ") + quoted(spaced(takes.words));
    case Kind::path:
      return is_file(takes) ? "_whitedwarf_files" : "_whitedwarf_folders";
    case Kind::nothing:
    case Kind::whole:
    case Kind::number:
    case Kind::text:
      return "";
  }
  return "";
}

constexpr const char* bash_head = R"(# Made by `whitedwarf help --completion bash`.
_whitedwarf_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_whitedwarf_list() {  # the last of several words with commas between them
  local before=
  [[ $current == *,* ]] && before=${current%,*},
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${current##*,}")
  compopt -o nospace
}
_whitedwarf_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
_whitedwarf_folders() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); }

_whitedwarf() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words
  COMPREPLY=()
  if [[ $current == = ]]; then  # --option=, which bash takes apart
    current=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
)";

/// The case of a command: its options' values, then its options.
std::string bash_case(const Command& command) {
  Form form(command);
  std::string values, names;
  for (const flow::Option& option : form.flags.options()) {
    names += " --" + option.name;
    const std::string answer = bash_answer(option.takes);
    if (option.takes.kind != Kind::nothing)
      values += "        --" + option.name + ") " + (answer.empty() ? "" : answer + "; ") + "return ;;\n";
  }
  std::string out = "    " + quoted(command.name) + ")\n      case $before in\n" + values + "      esac\n";
  for (const flow::Option& option : form.flags.options())
    if (option.name == command.first)
      out += "      [[ $current == -* ]] || { " + bash_answer(option.takes) + "; return; }\n";
  const flow::Names more = second_words(command.name);
  if (!more.empty())
    out += "      [[ $COMP_CWORD -ne 2 || $current == -* ]] || { _whitedwarf_words " + quoted(spaced(more)) +
           "; return; }\n";
  return out + "      words=" + quoted(names.substr(1)) + " ;;\n";
}

/// What stands between [ and ] of an argument of _arguments, or between its colons.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const flow::Takes& takes) {
  switch (takes.kind) {
    case Kind::word:
      return takes.several ? "_sequence compadd - " + spaced(takes.words) : "(" + spaced(takes.words) + ")";
    case Kind::path:
      return is_file(takes) ? "_files" : "_files -/";
    case Kind::nothing:
    case Kind::whole:
    case Kind::number:
    case Kind::text:
      return "";
  }
  return "";
}

std::string zsh_case(const Command& command) {
  Form form(command);
  std::string out = "    " + quoted(command.name) + ")\n", last;
  if (const flow::Names more = second_words(command.name); !more.empty())
    out += "      (( CURRENT == 2 )) && compadd - " + spaced(more) + "\n";
  out += "      _arguments \\\n";
  for (const flow::Option& option : form.flags.options()) {
    const bool flag = option.takes.kind == Kind::nothing;
    const std::string value = flag ? "" : ":" + zsh_text(value_name(option)) + ":" + zsh_action(option.takes);
    out += "        " +
           quoted("--" + option.name + (flag ? "" : "=") + "[" + zsh_text(option.help) + "]" + value) +
           " \\\n";
    if (option.name == command.first)
      last = "        " +
             quoted((command.several ? std::string("*") : std::string("1")) + ":" +
                    zsh_text(value_name(option)) + ":" + zsh_action(option.takes)) +
             " \\\n";
  }
  return out + last + "        && return ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::string out = bash_head;
  out +=
      "  if [[ $COMP_CWORD -eq 1 || $COMP_CWORD -eq 2 && $command == help ]]; then\n    _whitedwarf_words " +
      quoted(spaced(first_words()) + " --help --version") + "\n    return\n  fi\n";
  for (const Command& command : commands())
    if (const std::size_t space = command.name.find(' '); space != std::string::npos)
      out += "  [[ $command == " + command.name.substr(0, space) +
             " && ${COMP_WORDS[2]} == " + command.name.substr(space + 1) +
             " && $COMP_CWORD -gt 2 ]] && command=" + quoted(command.name) + "\n";
  out += "  case $command in\n";
  for (const Command& command : commands()) out += bash_case(command);
  return out +
         "    *) return ;;\n  esac\n  _whitedwarf_words \"$words\"\n}\ncomplete -F _whitedwarf whitedwarf\n";
}

std::string zsh_completion() {
  std::string out =
      "#compdef whitedwarf\n# Made by `whitedwarf help --completion zsh`.\n"
      "_whitedwarf() {\n  local -a names\n  names=(\n";
  for (const std::string& word : first_words())
    for (const Command& command : commands())
      if (command.name == word) out += "    " + quoted(word + ":" + zsh_text(command.summary)) + "\n";
  out +=
      "    'help:commands, or a command'\\''s options and examples'\n  )\n"
      "  if (( CURRENT == 2 )) || [[ CURRENT -eq 3 && $words[2] == help ]]; then\n    _describe -t commands "
      "command names\n    return\n  fi\n"
      "  local command=$words[2]\n";
  for (const Command& command : commands())
    if (const std::size_t space = command.name.find(' '); space != std::string::npos)
      out += "  if [[ $command == " + command.name.substr(0, space) +
             " && $words[3] == " + command.name.substr(space + 1) +
             " ]] && (( CURRENT > 3 )); then\n    command=" + quoted(command.name) +
             "\n    shift words; (( CURRENT-- ))\n  fi\n";
  out += "  shift words; (( CURRENT-- ))\n  case $command in\n";
  for (const Command& command : commands()) out += zsh_case(command);
  return out + "  esac\n}\n_whitedwarf \"$@\"\n";
}

}  // namespace wd::cli
