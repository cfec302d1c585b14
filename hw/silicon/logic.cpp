// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/logic.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/error.hpp"

namespace wd::silicon {

class Logic::Parser {
 public:
  Parser(std::string_view text, std::span<const std::string> names, const std::string& origin)
      : text_(text), names_(names), origin_(origin) {}

  Logic parse() {
    either();
    require(peek() == 0, "ends at '", text_.substr(at_), "'");
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void require(bool holds, const Parts&... parts) const {
    if (!holds) fail(origin_, ": the function '", text_, "' ", parts...);
  }
  char peek() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  static bool in_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '[' || c == ']';
  }
  void add(Kind kind) {
    out_.steps_.push_back({kind});
    require(out_.steps_.size() <= 1000, "is longer than 1000 steps");
  }

  void either() {
    both();
    while (peek() == '|' || peek() == '+') {
      skip_operator();
      both();
      add(Kind::either);
    }
  }
  void both() {
    differ();
    for (char c = peek(); c == '&' || c == '*' || c == '!' || c == '(' || in_name(c); c = peek()) {
      if (c == '&' || c == '*') skip_operator();
      differ();
      add(Kind::both);
    }
  }
  void differ() {
    factor();
    while (peek() == '^') {
      ++at_;
      factor();
      add(Kind::differ);
    }
  }
  void skip_operator() {
    const char c = text_[at_++];
    if (at_ < text_.size() && text_[at_] == c) ++at_;  // some write && and ||
  }

  void factor() {
    require(++depth_ < 200, "lies too deep");
    const char c = peek();
    if (c == '!') {
      ++at_;
      factor();
      add(Kind::invert);
    } else if (c == '(') {
      ++at_;
      either();
      require(peek() == ')', "lacks a closing parenthesis");
      ++at_;
    } else {
      name();
    }
    while (peek() == '\'') {
      ++at_;
      add(Kind::invert);
    }
    --depth_;
  }

  void name() {
    require(in_name(peek()), at_ < text_.size() ? "has no operand at '" : "ends without an operand '",
            text_.substr(at_), "'");
    const std::size_t begin = at_;
    while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const auto found = std::find(names_.begin(), names_.end(), word);
    if (found != names_.end()) {
      out_.steps_.push_back({Kind::input, static_cast<std::uint8_t>(found - names_.begin())});
    } else {
      require(word == "0" || word == "1", "names '", word, "', which is no pin of the cell");
      add(word == "0" ? Kind::zero : Kind::one);
    }
  }

  const std::string_view text_;
  const std::span<const std::string> names_;
  const std::string& origin_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Logic out_;
};

Logic Logic::parse(std::string_view text, std::span<const std::string> names, const std::string& origin) {
  WD_ASSERT(names.size() < 256);
  return Parser(text, names, origin).parse();
}

std::uint8_t Logic::operator()(std::span<const std::uint8_t> values) const {
  std::array<std::uint8_t, 1001> stack;
  std::size_t top = 0;
  for (const Step step : steps_) {
    if (step.kind == Kind::input) {
      stack[top++] = values[step.input];
    } else if (step.kind == Kind::zero || step.kind == Kind::one) {
      stack[top++] = step.kind == Kind::one;
    } else if (step.kind == Kind::invert) {
      stack[top - 1] = stack[top - 1] == unknown ? unknown : stack[top - 1] ^ 1;
    } else {
      const std::uint8_t b = stack[--top], a = stack[top - 1];
      std::uint8_t& out = stack[top - 1];
      if (step.kind == Kind::both)
        out = a == 0 || b == 0 ? 0 : a == 1 && b == 1 ? 1 : unknown;
      else if (step.kind == Kind::either)
        out = a == 1 || b == 1 ? 1 : a == 0 && b == 0 ? 0 : unknown;
      else
        out = a == unknown || b == unknown ? unknown : a ^ b;
    }
  }
  return stack[0];
}

std::string Logic::verilog(std::span<const std::string> names) const {
  std::vector<std::string> stack;
  for (const Step step : steps_) {
    if (step.kind == Kind::input) {
      stack.push_back(names[step.input]);
    } else if (step.kind == Kind::zero || step.kind == Kind::one) {
      stack.push_back(step.kind == Kind::one ? "1'b1" : "1'b0");
    } else if (step.kind == Kind::invert) {
      stack.back() = "(~" + stack.back() + ")";
    } else {
      const std::string b = stack.back();
      stack.pop_back();
      const char* sign = step.kind == Kind::both ? " & " : step.kind == Kind::either ? " | " : " ^ ";
      stack.back() = "(" + stack.back() + sign + b + ")";
    }
  }
  return stack.front();
}

std::vector<int> Logic::inputs() const {
  std::set<int> seen;
  for (const Step step : steps_)
    if (step.kind == Kind::input) seen.insert(step.input);
  return {seen.begin(), seen.end()};
}

}  // namespace wd::silicon
