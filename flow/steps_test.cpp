// SPDX-License-Identifier: Apache-2.0
#include "flow/steps.hpp"

#include <catch2/catch.hpp>
#include <thread>

using namespace wd;
using namespace wd::flow;

TEST_CASE("steps: the time left goes by those that were not kept", "[flow]") {
  Steps steps("job", 4, 100);
  steps.begin("first", 40);
  CHECK(steps.left_s() == 100);
  steps.at(0.5);
  CHECK(steps.left_s() == 80);
  CHECK(steps.name() == "1 of 4: first, 1 min 20 s left");
  steps.end(true);  // kept: it took no time, which tells nothing
  CHECK(steps.left_s() == 60);
  steps.begin("second", 0.01);
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  steps.end(false);
  steps.begin("third", 20);
  // It took at least four times as long as expected: so will the rest.
  const double left = steps.left_s();
  CHECK(left >= 4 * (60 - 0.01));
  steps.at(1);
  CHECK(steps.left_s() == Approx(left * 39.99 / 59.99));
  steps.end(false);
}
