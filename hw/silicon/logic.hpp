// SPDX-License-Identifier: Apache-2.0
// Boolean functions of liberty files: `function`, `when`, `next_state` ...
//
// Shape     values 0, 1, 2 (not known) of named inputs, in the order of the names given at the parse.
// Numerics  three-valued: 0 & x = 0, 1 | x = 1, else what is not known stays so.
// Errors    a name that is not among the inputs, what is no function: wd::Error with the origin.
// Source    Liberty reference: ! ' before ^ before & * and juxtaposition before | +
// Test      logic_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wd::silicon {

inline constexpr std::uint8_t unknown = 2;

class Logic {
 public:
  /// @param names of the inputs, at most 255  @param origin file and line, for messages
  static Logic parse(std::string_view text, std::span<const std::string> names, const std::string& origin);

  /// 0, 1 or 2. @param values of the inputs
  std::uint8_t operator()(std::span<const std::uint8_t> values) const;
  /// As a Verilog expression of these names.
  std::string verilog(std::span<const std::string> names) const;
  /// Inputs that occur, each once, in their order.
  std::vector<int> inputs() const;
  bool constant() const { return inputs().empty(); }

 private:
  enum class Kind : std::uint8_t { zero, one, input, invert, both, either, differ };
  struct Step {
    Kind kind;
    std::uint8_t input = 0;
  };
  class Parser;
  std::vector<Step> steps_;  // postfix
};

}  // namespace wd::silicon
