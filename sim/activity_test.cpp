// SPDX-License-Identifier: Apache-2.0
#include "sim/activity.hpp"

#include <catch2/catch.hpp>

namespace wd::sim {
namespace {

/// "b" is a block with ports; "g" gates "g.s", whose bits gate those of "g.s.t".
std::vector<SignalRole> role_of(const std::string& scope, const std::string& name) {
  if (scope.starts_with("g")) return {{"gates", scope, true, scope}};
  if (name == "internal") return {};
  return {{"block", name, false, {}}};
}

TEST_CASE("activity: toggles, ones and clocks of four cycles by hand", "[activity]") {
  ActivityCounter counter(role_of);
  for (int frame = 0; frame < 2; ++frame) {
    counter.declare(0, "b", "data_i", 4);
    counter.declare(1, "b", "internal", 1);
    counter.declare(2, "b2", "data_i", 4);
    counter.declare(0, "b3", "data_i", 4);  // the same signal as b's
    counter.declare(3, "g", "en", 1);
    counter.declare(4, "g.s", "en", 2);
    counter.declare(5, "g.s.t", "en", 2);
    counter.time(1);
    counter.change(0, "0000");
    counter.change(1, "1");
    counter.change(2, "1111");
    counter.change(3, "1");
    counter.change(4, "11");
    counter.change(5, "01");
    counter.time(3);
    counter.change(0, "0011");  // 2 toggles
    counter.change(4, "10");
    counter.change(5, "11");
    counter.time(5);
    counter.change(1, "0");
    counter.change(3, "0");
    counter.time(7);
    counter.change(0, "0110");  // 2 toggles
    counter.change(2, "0111");  // 1 toggle
    counter.change(3, "1");
    counter.end_frame();
  }
  const Activity& found = counter.activity();
  CHECK(found.cycles == 8);
  CHECK(found.frames == 2);
  CHECK(found.blocks.size() == 2);
  const PortActivity& data = found.blocks.at("block").ports.at("data_i");
  CHECK(found.blocks.at("block").ports.size() == 1);
  CHECK(data.width == 4);
  CHECK(data.instances == 3);
  CHECK(data.toggles == 2 * (4 + 4 + 1));
  CHECK(data.ones == 2 * (2 * (0 + 2 + 2 + 2) + (4 + 4 + 4 + 3)));
  const auto& clocks = found.blocks.at("gates").clocks;
  CHECK(clocks.at("g").bits == 1);
  CHECK(clocks.at("g").clocks == 2 * 3);
  CHECK(clocks.at("g.s").bits == 2);
  CHECK(clocks.at("g.s").clocks == 2 * (2 + 1 + 0 + 1));
  CHECK(clocks.at("g.s.t").clocks == 2 * (1 + 1 + 0 + 1));
}

}  // namespace
}  // namespace wd::sim
