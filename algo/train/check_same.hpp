// SPDX-License-Identifier: Apache-2.0
// For tests: whether two trainings ended in the same bits.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/train/checkpoint.hpp"

namespace wd::algo {

inline void check_same(const TrainResult& a, const TrainResult& b) {
  CHECK(a.chosen_epoch == b.chosen_epoch);
  CHECK(a.accuracy_fp32 == b.accuracy_fp32);
  CHECK(a.accuracy_fp8 == b.accuracy_fp8);
  CHECK(a.accuracy_hw == b.accuracy_hw);
  REQUIRE(a.history.size() == b.history.size());
  for (std::size_t e = 0; e < a.history.size(); ++e) CHECK(to_json(a.history[e]) == to_json(b.history[e]));
  REQUIRE(a.network);
  REQUIRE(b.network);
  CHECK(model::describe(*a.network) == model::describe(*b.network));
  for (std::size_t w = 0; w < a.network->weights.size(); ++w)
    CHECK(a.network->weights[w].levels == b.network->weights[w].levels);
  CHECK(model::flatten_norms(*a.network) == model::flatten_norms(*b.network));
}

}  // namespace wd::algo
