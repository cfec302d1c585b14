// SPDX-License-Identifier: Apache-2.0
#include "cli/fit_width.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace wd::cli {
namespace {

using Lines = std::vector<std::string>;

/// A byte that begins a character.
bool begins(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), begins));
}

Lines lines_of(const std::string& text) {
  Lines lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Where columns begin: behind two blanks or more that all lines have; what stands left of the first gap begins at 0.
std::vector<std::size_t> columns_of(const Lines& lines, std::size_t first, std::size_t last) {
  std::size_t longest = 0;
  for (std::size_t i = first; i < last; ++i) longest = std::max(longest, lines[i].size());
  std::vector<std::size_t> starts{0};
  std::size_t blanks = 0;
  bool seen = false;
  for (std::size_t at = 0; at < longest; ++at) {
    bool blank = true;
    for (std::size_t i = first; blank && i < last; ++i) blank = at >= lines[i].size() || lines[i][at] == ' ';
    if (!blank && blanks >= 2 && seen) starts.push_back(at);
    seen = seen || !blank;
    blanks = blank ? blanks + 1 : 0;
  }
  return starts;
}

std::string without_end_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string part(const std::string& line, std::size_t begin, std::size_t end) {
  return begin < line.size() ? line.substr(begin, end - begin) : "";
}

/// A line below itself: from the value of `label   value` on, else two blanks further in than it begins.
std::string wrapped(const std::string& line, std::size_t width) {
  const std::size_t text = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", text);
  std::size_t indent = gap == std::string::npos ? text + 2 : line.find_first_not_of(' ', gap);
  if (indent == std::string::npos || indent > width / 2) indent = text + 2;
  std::string out, rest = line;
  while (width_of(rest) > width) {
    std::size_t bytes = 0;  // of as many characters as fit
    for (std::size_t characters = 0; bytes < rest.size(); ++bytes)
      if (begins(rest[bytes]) && characters++ == width) break;
    const std::size_t last = rest.rfind(' ', std::min(bytes, rest.size() - 1));
    const std::size_t next = rest.find(' ', bytes);
    // A word that is longer than the line stays whole: it may be a path.
    const std::size_t cut = last != std::string::npos && last > indent ? last : next;
    if (cut == std::string::npos) break;
    out += without_end_blanks(rest.substr(0, cut)) + "\n";
    const std::size_t word = rest.find_first_not_of(' ', cut);
    if (word == std::string::npos) return out;
    rest = std::string(indent, ' ') + rest.substr(word);
  }
  return out + rest + "\n";
}

/// Lines of a table as several of at most `width`, an empty line between them.
std::string cut(const Lines& lines, std::size_t first, std::size_t last,
                const std::vector<std::size_t>& columns, std::size_t width) {
  std::string out;
  for (std::size_t column = 1; column < columns.size();) {
    std::size_t next = column + 1;
    const auto piece = [&](std::size_t i, std::size_t to) {
      const std::size_t end = to < columns.size() ? columns[to] : std::string::npos;
      return without_end_blanks(
          part(lines[i], 0, columns[1]) +
          std::string(columns[1] - std::min(columns[1], lines[i].size()), ' ') +
          part(lines[i], columns[column], end == std::string::npos ? std::string::npos : end));
    };
    const auto fits = [&](std::size_t to) {
      for (std::size_t i = first; i < last; ++i)
        if (width_of(piece(i, to)) > width) return false;
      return true;
    };
    while (next < columns.size() && fits(next + 1)) ++next;
    if (column > 1) out += "\n";
    for (std::size_t i = first; i < last; ++i)
      out += wrapped(piece(i, next), width);  // one column may be too wide
    column = next;
  }
  return out;
}

constexpr std::size_t least_columns = 3;

}  // namespace

std::string fit_width(const std::string& text, std::size_t width) {
  const Lines lines = lines_of(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (width_of(lines[i]) <= width) continue;
    std::size_t first = i, last = i + 1;
    // A row moves no column to the right; prose covers the gap behind the first.
    std::vector<std::size_t> columns = columns_of(lines, first, last);
    const auto is_row = [&](std::size_t from, std::size_t to) {
      const std::vector<std::size_t> with = columns_of(lines, from, to);
      if (with.size() < least_columns || with[1] > columns[1]) return false;
      columns = with;
      return true;
    };
    if (columns.size() >= least_columns) {
      while (first > done && !lines[first - 1].empty() && is_row(first - 1, last)) --first;
      while (last < lines.size() && !lines[last].empty() && is_row(first, last + 1)) ++last;
    }
    for (; done < first; ++done) out += lines[done] + "\n";
    out += last - first > 1 && columns.size() >= least_columns ? cut(lines, first, last, columns, width)
                                                               : wrapped(lines[i], width);
    done = last;
    i = last - 1;
  }
  for (; done < lines.size(); ++done) out += lines[done] + "\n";
  return out;
}

std::size_t terminal_width() {
  if (::isatty(STDOUT_FILENO) != 1) return 0;
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max<std::size_t>(known ? size.ws_col : 80, 40);
}

}  // namespace wd::cli
