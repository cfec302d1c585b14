// SPDX-License-Identifier: Apache-2.0
#include "flow/own_process.hpp"

#include <catch2/catch.hpp>

using namespace wd;
using Catch::Contains;
using nlohmann::json;

namespace {

std::atomic<bool> stop{false};
const flow::Context context(stop);

}  // namespace

TEST_CASE("own process: the result comes back with that process's peak memory", "[flow]") {
  int here = 1;
  const json result = flow::in_own_process(
      [&] {
        here = 2;
        return json{{"pid", ::getpid()}, {"seen", here}};
      },
      context);
  CHECK(result["seen"] == 2);
  CHECK(here == 1);
  CHECK(result["pid"] != ::getpid());
  CHECK(result["peak_mib"] > 0);
}

TEST_CASE("own process: an error of the measurement and a death are told", "[flow][bad-input]") {
  CHECK_THROWS_WITH(flow::in_own_process([]() -> json { fail("no such network"); }, context),
                    Contains("no such network"));
  CHECK_THROWS_WITH(flow::in_own_process([]() -> json { ::_exit(3); }, context),
                    Contains("in a process of its own, failed: "));
}
