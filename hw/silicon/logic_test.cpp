// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/logic.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "base/error.hpp"

namespace {

using wd::silicon::Logic;
using wd::silicon::unknown;

const std::vector<std::string> names = {"A", "B", "CK"};

void check(const std::string& text, const std::function<bool(bool, bool, bool)>& expected) {
  INFO(text);
  const Logic logic = Logic::parse(text, names, "x.lib:7");
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint8_t values[] = {static_cast<std::uint8_t>(i & 1), static_cast<std::uint8_t>(i >> 1 & 1),
                                   static_cast<std::uint8_t>(i >> 2)};
    CHECK(logic(values) == expected(i & 1, i >> 1 & 1, i >> 2 & 1));
  }
}

}  // namespace

TEST_CASE("logic: liberty's operators and their order", "[silicon][oracle]") {
  check("A", [](bool a, bool, bool) { return a; });
  check("!(A)", [](bool a, bool, bool) { return !a; });
  check("(!(A B))", [](bool a, bool b, bool) { return !(a && b); });
  check("A'B + CK", [](bool a, bool b, bool c) { return (!a && b) || c; });
  check("A + B CK", [](bool a, bool b, bool c) { return a || (b && c); });
  check("A ^ B CK", [](bool a, bool b, bool c) { return (a != b) && c; });
  check("CK A ^ B", [](bool a, bool b, bool c) { return c && (a != b); });
  check("!CK&A&!B", [](bool a, bool b, bool c) { return !c && a && !b; });
  check("(!A&B)|(A*!B)", [](bool a, bool b, bool) { return a != b; });
  check("!A&&B||CK", [](bool a, bool b, bool c) { return (!a && b) || c; });
  check("(A B)'", [](bool a, bool b, bool) { return !(a && b); });
  check("1", [](bool, bool, bool) { return true; });
  check("A 0", [](bool, bool, bool) { return false; });
}

TEST_CASE("logic: what is not known stays so unless the other input decides", "[silicon][oracle]") {
  const auto value = [](const char* text, std::uint8_t a, std::uint8_t b) {
    const std::uint8_t values[] = {a, b, 0};
    return Logic::parse(text, names, "x")(values);
  };
  CHECK(value("A B", unknown, 0) == 0);
  CHECK(value("A B", unknown, 1) == unknown);
  CHECK(value("A + B", 1, unknown) == 1);
  CHECK(value("A + B", 0, unknown) == unknown);
  CHECK(value("A ^ B", 0, unknown) == unknown);
  CHECK(value("!A", unknown, 0) == unknown);
}

TEST_CASE("logic: as Verilog, and the inputs that occur", "[silicon][message]") {
  const Logic logic = Logic::parse("CK (!A + 1)", names, "x");
  CHECK(logic.verilog(names) == "(CK & ((~A) | 1'b1))");
  CHECK(logic.inputs() == std::vector<int>{0, 2});
  CHECK(Logic::parse("0", names, "x").constant());
}

TEST_CASE("logic: what is no function is refused with its place", "[silicon][bad-input]") {
  const auto refused = [](const char* text, const char* message) {
    CHECK_THROWS_WITH(Logic::parse(text, names, "x.lib:7"),
                      Catch::Contains("x.lib:7: the function '") && Catch::Contains(message));
  };
  refused("A & D", "names 'D', which is no pin of the cell");
  refused("(A", "lacks a closing parenthesis");
  refused("A &", "ends without an operand");
  refused("A ) B", "ends at ') B'");
  refused("", "ends without an operand");
  refused(std::string(500, '(').c_str(), "lies too deep");
}
