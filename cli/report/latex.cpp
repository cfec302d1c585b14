// SPDX-License-Identifier: Apache-2.0
#include "cli/report/latex.hpp"

#include <array>
#include <utility>

namespace wd::report {
namespace {

const std::array<std::pair<const char*, const char*>, 19> replacements{{{"\\", "\\textbackslash{}"},
                                                                        {"{", "\\{"},
                                                                        {"}", "\\}"},
                                                                        {"&", "\\&"},
                                                                        {"%", "\\%"},
                                                                        {"$", "\\$"},
                                                                        {"#", "\\#"},
                                                                        {"_", "\\_"},
                                                                        {"~", "\\textasciitilde{}"},
                                                                        {"^", "\\textasciicircum{}"},
                                                                        {"<", "\\textless{}"},
                                                                        {">", "\\textgreater{}"},
                                                                        {"|", "\\textbar{}"},
                                                                        {"\"", "\\textquotedbl{}"},
                                                                        {"×", "$\\times$"},
                                                                        {"–", "--"},
                                                                        {"±", "$\\pm$"},
                                                                        {"µ", "$\\mu$"},
                                                                        {"\u00a0", "~"}}};

}  // namespace

std::string latex_text(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char* replacement = nullptr;
    std::size_t length = 1;
    for (const auto& [found, instead] : replacements)
      if (text.compare(at, std::char_traits<char>::length(found), found) == 0) {
        replacement = instead;
        length = std::char_traits<char>::length(found);
      }
    if (replacement != nullptr)
      out += replacement;
    else
      out += static_cast<unsigned char>(text[at]) < 0x20 ? ' ' : text[at];
    at += length;
  }
  return out;
}

}  // namespace wd::report
