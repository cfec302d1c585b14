// SPDX-License-Identifier: Apache-2.0
// Results that are kept: read back, cut off, foreign.
#include "flow/explore/kept.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

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
  // Of another process: one line is whole, one it writes now.
  const std::filesystem::path lines = path / "elsewhere-1-2-3.jsonl";
  const std::string half = "{\"key\": \"d\", \"acc";
  write_file(lines, "{\"key\": \"e\", \"accuracy\": 0.25}\n" + half);
  {
    KeptResults kept(path);
    CHECK(kept.find("a")->counters == counted.counters);
    CHECK(kept.find("a")->places == 3);
    CHECK(kept.find("b")->refused == refused.refused);
    CHECK(kept.find("c")->accuracy == accuracy.accuracy);
    CHECK(kept.find("e")->accuracy == 0.25);
    CHECK_FALSE(kept.find("d"));
    std::ofstream(lines, std::ios::app) << "uracy\": 0.5}\n" << half;
    kept.refresh();
    CHECK(kept.find("d")->accuracy == 0.5);
    std::ofstream(lines, std::ios::app) << "\n";
    CHECK_THROWS_WITH(kept.refresh(), Contains(lines.string() + ":3: is no line of JSON; remove the file"));
    write_file(path / "more.jsonl", "{\"key\": \"a\", \"places\": 1, \"counters\": {}}\n");
  }
  std::filesystem::remove(lines);
  CHECK_THROWS_WITH(KeptResults(path), Contains("more.jsonl:1: key 'cycles' is missing"));
  std::filesystem::remove_all(path);
  write_file(path, "lines of an older version\n");
  CHECK_THROWS_WITH(KeptResults(path), Contains(": is no folder; remove it"));
  std::filesystem::remove(path);
}

TEST_CASE("kept results: a share is given of what nobody has kept nor computes", "[explore]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / text("wd_kept_share_test_", ::getpid());
  std::filesystem::remove_all(path);
  {
    KeptResults one(path), other(path);
    {
      const auto share = one.take("a");
      REQUIRE(share);
      CHECK_FALSE(other.take("a"));
      CHECK_FALSE(other.find("a"));
      Measured accuracy;
      accuracy.accuracy = 0.5;
      one.keep("a", accuracy);
    }
    CHECK_FALSE(other.take("a"));  // it is kept
    CHECK(other.find("a")->accuracy == 0.5);
    CHECK(other.take("b"));
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace wd::flow::explore
