// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <cctype>
#include <whitedwarf/version.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/form.hpp"
#include "cli/help.hpp"

namespace wd::cli {
namespace {

/// Text as roff reads it: no character is a request, hyphens can be searched for, lists may be broken behind commas.
std::string roff(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == ',')
      out += ",\\:";
    else
      out += c;
    line_begins = c == '\n';
  }
  return out;
}

std::string page_name(const std::string& command) {
  std::string name = "whitedwarf";
  if (!command.empty()) name += "-" + command;
  for (char& c : name)
    if (c == ' ') c = '-';
  return name;
}

std::string head(const std::string& page, const std::string& summary) {
  std::string title = page;
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".\\\" Made by `whitedwarf help --man`.\n.TH " + roff(title) + " 1 \"\" \"whitedwarf " +
         whitedwarf::version + "\" \"WhiteDwarf\"\n.ad l\n.nh\n.SH NAME\n" + roff(page + " - " + summary) +
         "\n";
}

std::string item(const std::string& bold, const std::string& italic, const std::string& text) {
  return ".TP\n\\fB" + roff(bold) + "\\fR" + (italic.empty() ? "" : " \\fI" + roff(italic) + "\\fR") + "\n" +
         roff(text) + "\n";
}

std::string page_of(const Command& command) {
  Form form(command);
  std::string out = head(page_name(command.name), command.summary);
  out += ".SH SYNOPSIS\n\\fBwhitedwarf " + roff(command.name) + "\\fR" +
         roff(synopsis(command).substr(command.name.size())) + "\n.SH OPTIONS\n";
  for (const flow::Option& option : form.flags.options())
    out +=
        item((option.name == "help" ? "-h, --" : "--") + option.name, value_name(option), full_help(option));
  return out + ".SH EXAMPLES\n.nf\n" + roff(command.examples) + ".fi\n.SH SEE ALSO\n.BR whitedwarf (1)\n";
}

std::string main_page() {
  std::string out = head("whitedwarf", program_summary);
  out +=
      ".SH SYNOPSIS\n\\fBwhitedwarf\\fR \\fICOMMAND\\fR [options]\n.br\n\\fBwhitedwarf help\\fR "
      "[\\fICOMMAND\\fR]\n.SH COMMANDS\n";
  for (const Command& command : commands())
    out += item(command.name, "", command.summary + ": " + page_name(command.name) + "(1)");
  out += ".SH ENVIRONMENT\n" +
         item("WHITEDWARF_SHARE", "",
              "folder of the files that come with the program, in place of ../share/whitedwarf beside it. A "
              "file that an option names "
              "and that is not there is looked for in it, like algo/configs/hfn_fmnist.json") +
         item("NO_COLOR", "", "no color, whatever the terminal") +
         ".SH EXIT STATUS\n0, or 1 behind one line on standard error that begins with error:.\n";
  return out;
}

}  // namespace

std::size_t write_manual(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  WD_REQUIRE(!code, "help --man: ", folder.string(), " cannot be made (", code.message(),
             "); name another folder");
  write_file(folder / "whitedwarf.1", main_page());
  for (const Command& command : commands())
    write_file(folder / (page_name(command.name) + ".1"), page_of(command));
  return commands().size() + 1;
}

}  // namespace wd::cli
