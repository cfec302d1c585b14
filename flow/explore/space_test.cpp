// SPDX-License-Identifier: Apache-2.0
// Points of a space, and knobs against the structs that they set.
#include "flow/explore/space.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"

namespace wd::flow::explore {
namespace {

using Catch::Matchers::Contains;
using nlohmann::ordered_json;

TEST_CASE("space: every combination once, the last dimension fastest", "[explore]") {
  const Space space(
      ordered_json::parse(
          R"({"window": {"from": 1, "to": 7, "step": 3}, "gate_array": [true, false], "volt": [0.7, 1.2]})"),
      {}, {"net"}, "s");
  REQUIRE(space.size() == 12);
  CHECK(space.name(space.point(0)) == "window=1,gate_array=true,volt=0.7");
  CHECK(space.name(space.point(1)) == "window=1,gate_array=true,volt=1.2");
  CHECK(space.name(space.point(11)) == "window=7,gate_array=false,volt=1.2");
  std::set<std::string> names;
  for (std::uint64_t n = 0; n < 12; ++n) {
    const Point point = space.point(n);
    CHECK(space.number(point) == n);
    CHECK(space.point_of(space.name(point)) == point);
    names.insert(space.name(point));
  }
  CHECK(names.size() == 12);
  const Design design = space.design(space.point_of("volt=1.2,window=4,gate_array=false"));
  CHECK(design.compile.arch.window == 4);
  CHECK_FALSE(design.switches.gate_array);
  CHECK(design.switches.gate_group);
  CHECK(design.volt == 1.2);
  CHECK_FALSE(design.megahertz);
}

TEST_CASE("space: a knob for every parameter, switch and option", "[explore]") {
  Design design;
  set_knob(design, "weight_rows", 64, {}, "s");
  set_knob(design, "huffman", false, {}, "s");
  set_knob(design, "batch", 4, {}, "s");
  set_knob(design, "megahertz", 150, {}, "s");
  set_knob(design, "model", "b", {"a", "b"}, "s");
  CHECK(design.compile.arch.weight_rows == 64);
  CHECK_FALSE(design.compile.huffman);
  CHECK(design.compile.batch == 4);
  CHECK(design.megahertz == 150);
  CHECK(design.model == 1);
  const Names all = knobs();
  // model, volt, megahertz, batch, six options of the compiler; no switch has a parameter's name but window, which is a number of switches.def.
  CHECK(all.size() == std::size_t{arch::parameter_count} + arch::switch_count + 10);
}

TEST_CASE("space: what is wrong is named", "[explore][bad-input]") {
  const auto make = [](const char* varied) {
    Space(ordered_json::parse(varied), {}, {"net"}, "s.json: space");
  };
  CHECK_THROWS_WITH(make(R"({"windwo": [1]})"),
                    Contains("s.json: space: there is no knob 'windwo'; there are model,"));
  CHECK_THROWS_WITH(make(R"({"window": [1, 99]})"),
                    Contains("'window' is 99, must be a whole number, 1 to 8"));
  CHECK_THROWS_WITH(make(R"({"window": [1, 1]})"), Contains("'window' has 1 twice"));
  CHECK_THROWS_WITH(make(R"({"window": []})"), Contains("'window' has no values; give at least one"));
  CHECK_THROWS_WITH(make(R"({"window": {"from": 4, "to": 2}})"),
                    Contains("goes from 4 to 2, which is nothing"));
  CHECK_THROWS_WITH(make(R"({"window": {"from": 1, "to": 2, "stop": 1}})"), Contains("unknown key 'stop'"));
  CHECK_THROWS_WITH(make(R"({"window": [1.5]})"), Contains("'window' is 1.5"));
  CHECK_THROWS_WITH(make(R"({"gate_array": [1]})"), Contains("must be true or false"));
  CHECK_THROWS_WITH(make(R"({"batch": [3]})"), Contains("must be 1, 2, 4, 8 or 16"));
  CHECK_THROWS_WITH(make(R"({"volt": [-1]})"), Contains("'volt' is -1"));
  CHECK_THROWS_WITH(make(R"({"model": ["other"]})"), Contains("must be one of 'models': net"));
  const Space space(ordered_json::parse(R"({"window": [1, 2]})"), {}, {"net"}, "s");
  CHECK_THROWS_WITH(space.point_of("window=3"), Contains("--point: 'window' is 3, the study has 1,2"));
  CHECK_THROWS_WITH(space.point_of("window=1,chunk=16"), Contains("unknown key 'chunk'"));
  CHECK_THROWS_WITH(space.point_of("window"), Contains("--point has 'window', must be KNOB=VALUE"));
  CHECK_THROWS_WITH(space.point_of("window=1,window=2"), Contains("names 'window' twice"));
}

}  // namespace
}  // namespace wd::flow::explore
