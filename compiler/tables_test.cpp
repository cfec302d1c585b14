// SPDX-License-Identifier: Apache-2.0
#include "compiler/tables.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using wd::compiler::tables_text;

TEST_CASE("tables_text: columns in order, numbers to the right, values that some rows lack", "[compiler]") {
  const nlohmann::ordered_json tables = {{"things",
                                          {{{"name", "a"}, {"count", 100}, {"on", true}},
                                           {{"name", "longer"}, {"count", 7}, {"more", nullptr}}}},
                                         {"total", 107},
                                         {"none", nlohmann::ordered_json::array()}};
  CHECK(tables_text(tables) ==
        "total: 107\n"
        "\nthings\n"
        "name    count  on   more\n"
        "a         100  yes\n"
        "longer      7          -\n"
        "\nnone\n\n");
}
