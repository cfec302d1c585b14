// SPDX-License-Identifier: Apache-2.0
#include "base/progress.hpp"

#include <catch2/catch.hpp>

namespace wd {

TEST_CASE("progress: share, time left and rate are those of what is done", "[base][oracle]") {
  CHECK(progress_text("run fast", 25, 100, 10, "") == "run fast 25 %, 30 s left, 2.5 a second");
  CHECK(progress_text("train", 6000, 12000, 4, "") == "train 50 %, 4 s left, 1500 a second");
  CHECK(progress_text("explore", 3, 9, 600, "2 refused") ==
        "explore 33 %, 20 min 00 s left, 200 s each, 2 refused");
  CHECK(progress_text("train", 0.5, 1, 100, "epoch 3, loss 0.4") ==
        "train 50 %, 1 min 40 s left, epoch 3, loss 0.4");
  CHECK(progress_text("ablate", 0, 8, 5, "") == "ablate");
  CHECK(progress_text("characterize", 4, 0, 5, "decoder") == "characterize, decoder");
}

TEST_CASE("progress: durations as a person writes them", "[base][oracle]") {
  CHECK(duration_text(0) == "0 s");
  CHECK(duration_text(59.4) == "59 s");
  CHECK(duration_text(127) == "2 min 07 s");
}

}  // namespace wd
