// SPDX-License-Identifier: Apache-2.0
#include "flow/ranges.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace wd;

namespace {

arch::Counters random_counters(std::mt19937& random) {
  arch::Counters counters;
  arch::for_each_counter(counters, [&](const char*, std::uint64_t& n) { n = random() % 100; });
  return counters;
}

}  // namespace

TEST_CASE("ranges: least, mean and greatest of an image, whatever parts frames come in", "[flow][oracle]") {
  std::mt19937 random(3);
  std::vector<arch::Counters> frames(9);
  for (arch::Counters& frame : frames) frame = random_counters(random);
  flow::CounterRanges whole, parts[3], none;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    whole.add(frames[i]);
    parts[i * i % 3].add(frames[i]);
  }
  none += parts[2];  // no frame: i * i is never 2 modulo 3
  CHECK(none.frames() == 0);
  none += parts[1];
  none += parts[0];
  CHECK(none.to_json(4) == whole.to_json(4));
  std::uint64_t least = 1000, greatest = 0, sum = 0;
  for (const arch::Counters& frame : frames) {
    least = std::min(least, frame.saturations);
    greatest = std::max(greatest, frame.saturations);
    sum += frame.saturations;
  }
  const nlohmann::json json = whole.to_json(4);
  CHECK(json.size() == static_cast<std::size_t>(arch::counter_count));
  CHECK(json["saturations"]["min"] == static_cast<double>(least) / 4);
  CHECK(json["saturations"]["max"] == static_cast<double>(greatest) / 4);
  CHECK(json["saturations"]["mean"].get<double>() == Approx(static_cast<double>(sum) / 4 / 9));
}

TEST_CASE("ranges: a frame of a layer is what its counters grew by", "[flow]") {
  std::vector<arch::Counters> layers(2);
  layers[0].cycles = 7;  // of an earlier use of the engine
  flow::LayerRanges ranges;
  ranges.add(layers);
  for (const std::uint64_t grown : {5, 3, 4}) {
    layers[0].cycles += grown;
    layers[1].cycles += 10 * grown;
    ranges.add(layers);
  }
  flow::LayerRanges all;
  all += ranges;
  REQUIRE(all.layers().size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint64_t scale = i == 0 ? 1 : 10;
    CHECK(all.layers()[i].frames() == 3);
    CHECK(all.layers()[i].least().cycles == 3 * scale);
    CHECK(all.layers()[i].greatest().cycles == 5 * scale);
    CHECK(all.layers()[i].sum().cycles == 12 * scale);
  }
}
