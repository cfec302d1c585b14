// SPDX-License-Identifier: Apache-2.0
// Results that are kept: read back, cut off, foreign.
#include "flow/explore/kept.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::flow::explore {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("kept results: what was kept is there again, half a line is dropped", "[explore]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / text("wd_kept_test_", ::getpid());
  std::filesystem::remove(path);
  Measured counted, refused, accuracy;
  counted.counters.cycles = 123456789012345;
  counted.counters.bit_ops = 7;
  counted.places = 3;
  refused.refused = "layer 'x' does not \"fit\"";
  accuracy.accuracy = 0.1 + 0.2;
  {
    KeptResults kept(path);
    CHECK_FALSE(kept.find("a"));
    CHECK_FALSE(std::filesystem::exists(path));
    kept.keep("a", counted);
    kept.keep("b", refused);
    kept.keep("c", accuracy);
    CHECK(kept.find("a")->counters == counted.counters);
  }
  std::FILE* const file = std::fopen(path.c_str(), "ab");
  REQUIRE(file != nullptr);
  std::fputs("{\"key\": \"d\", \"acc", file);
  std::fclose(file);
  {
    KeptResults kept(path);
    CHECK(kept.find("a")->counters == counted.counters);
    CHECK(kept.find("a")->places == 3);
    CHECK(kept.find("b")->refused == refused.refused);
    CHECK(kept.find("c")->accuracy == accuracy.accuracy);
    CHECK_FALSE(kept.find("d"));
    kept.keep("d", counted);
  }
  CHECK(KeptResults(path).find("d")->counters == counted.counters);
  write_file(path, "hello\n");
  CHECK_THROWS_WITH(KeptResults(path), Contains(":1: is no line of JSON; remove the file"));
  write_file(path, "{\"key\": \"a\", \"places\": 1, \"counters\": {}}\n");
  CHECK_THROWS_WITH(KeptResults(path), Contains(":1: key 'cycles' is missing"));
  std::filesystem::remove(path);
}

TEST_CASE("kept results: the program names itself", "[explore]") {
  CHECK(program_identity().size() == 64);
  CHECK(program_identity() == program_identity());
}

}  // namespace
}  // namespace wd::flow::explore
