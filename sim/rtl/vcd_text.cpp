// SPDX-License-Identifier: Apache-2.0
#include "sim/rtl/vcd_text.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace wd::sim::rtl {
namespace {

/// The next word, and the line without it.
std::string_view word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  const std::string_view result = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return result;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

/// The number that Verilator codes: the lowest digit first, all but that one more by 1.
std::size_t code_number(std::string_view code) {
  std::size_t result = 0;
  for (std::size_t i = code.size(); i-- != 0;)
    result = result * 94 + static_cast<std::size_t>(code[i] - '!') + (i == 0 ? 0 : 1);
  return result;
}

}  // namespace

void VcdText::take(std::string_view part) {
  while (!part.empty()) {
    const std::size_t end = part.find('\n');
    if (end == std::string_view::npos) {
      rest_ += part;
      return;
    }
    if (rest_.empty()) {
      line(part.substr(0, end));
    } else {
      rest_ += part.substr(0, end);
      line(rest_);
      rest_.clear();
    }
    part.remove_prefix(end + 1);
  }
}

void VcdText::line(std::string_view line) {
  if (header_) return definition(line);
  if (line.empty()) return;
  switch (line.front()) {
    case '#':
      return sink_.time(number(line.substr(1)));
    case 'b': {
      const std::size_t space = line.rfind(' ');
      return change(line.substr(1, space - 1), line.substr(space + 1));
    }
    case '0':
    case '1':
      return change(line.substr(0, 1), line.substr(1));
    default:
      return;  // $dumpvars and the like
  }
}

void VcdText::definition(std::string_view line) {
  const std::string_view kind = word(line);
  if (kind == "$enddefinitions") header_ = false;
  if (kind == "$upscope") scope_.pop_back();
  if (kind == "$scope") {
    word(line);  // module, struct ...
    const std::string name(word(line));
    scope_.push_back(scope_.empty() ? "" : scope_.back().empty() ? name : scope_.back() + "." + name);
  }
  if (kind != "$var" || scope_.back().empty()) return;
  word(line);  // wire
  const auto width = static_cast<int>(number(word(line)));
  const std::size_t at = code_number(word(line));
  const std::string name(word(line));
  if (at >= last_code_) last_code_ = at, last_signal_ = scope_.back() + "." + name;
  if (!is_told(window_, scope_.back(), name)) return;
  if (numbers_.size() <= at) numbers_.resize(at + 1);
  if (numbers_[at] == 0) numbers_[at] = ++declared_;
  sink_.declare(numbers_[at] - 1, scope_.back(), name, width);
}

void VcdText::change(std::string_view bits, std::string_view code) {
  const std::size_t at = code_number(code);
  if (at < numbers_.size() && numbers_[at] != 0) sink_.change(numbers_[at] - 1, bits);
}

}  // namespace wd::sim::rtl
