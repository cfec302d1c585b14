// SPDX-License-Identifier: Apache-2.0
#include "base/one_line.hpp"

#include <catch2/catch.hpp>

using wd::one_line;

TEST_CASE("one line: what prints stays", "[base]") {
  for (const char* text : {"", "--seed is 'x', must be 1 to 9", "Größe 3 µm, 日本, 🙂", "a\\b"})
    CHECK(one_line(text) == text);
}

TEST_CASE("one line: what breaks a line or is no UTF-8 is told by its code", "[base][bad-input]") {
  CHECK(one_line("a\nb\tc\r\x1b[0m\x7f") == "a\\x0ab\\x09c\\x0d\\x1b[0m\\x7f");
  CHECK(one_line(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(one_line("\xff\xfe") == "\\xff\\xfe");
  CHECK(one_line("\xc3") == "\\xc3");                             // cut off
  CHECK(one_line("\xc0\xaf") == "\\xc0\\xaf");                    // '/' in two bytes
  CHECK(one_line("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(one_line("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(one_line("\xc2\x85") == "\\xc2\\x85");                    // next line
}

TEST_CASE("one line: of a long one, both ends, whole characters", "[base]") {
  std::string value;
  for (int i = 0; i < 5000; ++i) value += "ä";
  const std::string line = one_line("--name is '" + value + "', must be short");
  CHECK(line.size() <= 2010);
  CHECK(line.substr(0, 12) == "--name is '\xc3");
  CHECK(line.ends_with("ä', must be short"));
  CHECK(line.find("ä ... ä") != std::string::npos);
  CHECK(one_line(std::string(2000, 'x')) == std::string(2000, 'x'));
}
