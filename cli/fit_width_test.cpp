// SPDX-License-Identifier: Apache-2.0
#include "cli/fit_width.hpp"

#include <catch2/catch.hpp>

namespace wd::cli {

TEST_CASE("fit_width: what fits stays as it is", "[cli][oracle]") {
  const std::string text = "a table  of  two\nlines    and  3\n\nprose of 40 characters, which just fits.\n";
  CHECK(fit_width(text, 40) == text);
}

TEST_CASE("fit_width: a wide table is cut between columns, each with the first", "[cli][oracle]") {
  CHECK(fit_width("layer       cycles   energy   share\n"
                  "stem           288    12.25     4 %\n"
                  "classifier      17     0.50     1 %\n",
                  30) ==
        "layer       cycles   energy\n"
        "stem           288    12.25\n"
        "classifier      17     0.50\n"
        "\n"
        "layer       share\n"
        "stem          4 %\n"
        "classifier    1 %\n");
}

TEST_CASE("fit_width: a line goes on below its value, or two further in", "[cli][oracle]") {
  CHECK(fit_width("energy     an estimate: counters times a table\n", 30) ==
        "energy     an estimate:\n"
        "           counters times a\n"
        "           table\n");
  CHECK(fit_width("no label here, but a long sentence about it\n", 30) ==
        "no label here, but a long\n"
        "  sentence about it\n");
}

TEST_CASE("fit_width: a word longer than the line stays whole", "[cli][oracle]") {
  const std::string path = "/a/path/that/is/longer/than/the/whole/line/report.html";
  CHECK(fit_width("all figures: " + path + "\n", 30) == "all figures:\n  " + path + "\n");
}

TEST_CASE("fit_width: prose beside a table is not part of it; characters count, not bytes", "[cli][oracle]") {
  CHECK(fit_width("a     b     c     d\n1     2     3     4\n* a note that is longer than that\n", 16) ==
        "a     b     c\n1     2     3\n\na     d\n1     4\n* a note that is\n  longer than\n  that\n");
  CHECK(fit_width("\u00e4\u00e4\u00e4\u00e4 \u00e4\u00e4\u00e4\u00e4\u00e4\n", 10) ==
        "\u00e4\u00e4\u00e4\u00e4 \u00e4\u00e4\u00e4\u00e4\u00e4\n");
}

}  // namespace wd::cli
