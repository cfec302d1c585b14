// SPDX-License-Identifier: Apache-2.0
#include "flow/port_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace wd::flow {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < line.size();) {
    while (i < line.size() && line[i] <= ' ') ++i;
    const std::size_t begin = i;
    while (i < line.size() && line[i] > ' ') ++i;
    if (i > begin) words.push_back(line.substr(begin, i - begin));
  }
  return words;
}

}  // namespace

PortReader::PortReader(std::string clock, std::function<void(PortReader&)> watch,
                       std::function<void(const PortReader&)> cycle)
    : clock_(std::move(clock)), watch_(std::move(watch)), cycle_(std::move(cycle)) {}

int PortReader::watch(const std::string& signal) {
  const auto known = numbers_.find(signal);
  if (known != numbers_.end()) return known->second;
  const auto variable = variables_.find(signal);
  if (variable == variables_.end()) return -1;
  const int number = static_cast<int>(values_.size());
  values_.emplace_back().bits.assign(variable->second.width, 0);
  by_code_[variable->second.code].push_back(number);
  numbers_[signal] = number;
  return number;
}

void PortReader::feed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      rest_ += text;
      return;
    }
    if (rest_.empty()) {
      line(text.substr(0, end));
    } else {
      rest_ += text.substr(0, end);
      const std::string whole = std::move(rest_);
      rest_.clear();
      line(whole);
    }
    text.remove_prefix(end + 1);
  }
}

void PortReader::line(std::string_view text) {
  ++line_;
  if (in_header_) return header(text);
  if (text.empty()) return;
  const char c = text[0];
  if (c == '#') {
    end_of_time();
  } else if (c == '0' || c == '1') {
    change(text.substr(0, 1), text.substr(1));
  } else if (c == 'b') {
    const std::size_t space = text.find(' ');
    WD_REQUIRE(space != std::string_view::npos, "waves:", line_, ": '", text.substr(0, 40), "' has no code");
    change(text.substr(1, space - 1), text.substr(space + 1));
  } else {
    WD_REQUIRE(c == '$' || c == 'r' || c == ' ', "waves:", line_, ": '", text.substr(0, 40),
               "' is no change of a value");
  }
}

void PortReader::header(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return;
  if (words[0] == "$scope" && words.size() > 2) {
    scopes_.push_back((scopes_.empty() ? "" : scopes_.back() + ".") + std::string(words[2]));
  } else if (words[0] == "$upscope") {
    WD_REQUIRE(!scopes_.empty(), "waves:", line_, ": $upscope without a scope");
    scopes_.pop_back();
  } else if (words[0] == "$var" && words.size() > 4) {
    Variable one{std::string(words[3]), 0};
    const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), one.width);
    WD_REQUIRE(error == std::errc{} && one.width > 0 && one.width < 10000000, "waves:", line_, ": '", words[2],
               "' is no width");
    variables_[(scopes_.empty() ? "" : scopes_.back() + ".") + std::string(words[4])] = one;
  } else if (words[0] == "$enddefinitions") {
    in_header_ = false;
    clock_number_ = watch(clock_);
    WD_REQUIRE(clock_number_ >= 0, "waves: have no signal ", clock_);
    watch_(*this);
    variables_.clear();
  }
}

void PortReader::change(std::string_view value, std::string_view code) {
  const auto found = by_code_.find(code);
  if (found == by_code_.end()) return;
  for (const int number : found->second) {
    std::string& next = values_[at(number)].next;
    if (next.empty()) pending_.push_back(number);
    next = value;
  }
}

void PortReader::end_of_time() {
  const Value& clock = values_[at(clock_number_)];
  const bool ends = clock.bits[0] == 0 && clock.next == "1";
  if (ends) {
    for (const int number : pending_) {
      Value& one = values_[at(number)];
      one.rises = one.bits.size() == 1 && one.bits[0] == 0 && one.next == "1";
    }
    cycle_(*this);
    for (Value& one : values_) one.changed = one.rises = false;
  }
  for (const int number : pending_) {
    Value& one = values_[at(number)];
    std::fill(one.bits.begin(), one.bits.end(), std::uint8_t{0});
    const std::size_t width = std::min(one.next.size(), one.bits.size());
    for (std::size_t bit = 0; bit < width; ++bit) one.bits[bit] = one.next[one.next.size() - 1 - bit] == '1';
    one.next.clear();
    one.changed = true;
  }
  pending_.clear();
}

}  // namespace wd::flow
