// SPDX-License-Identifier: Apache-2.0
#include "compiler/explain.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

Explanation explanation(int weight_rows, int norm_rows = 256) {
  const model::Network network = model::hidden_fold_network({}, 3);
  Options options;
  options.arch.weight_rows = weight_rows;
  options.arch.norm_rows = norm_rows;
  return explain(lower_steps(network, true), compile(network, options));
}

const LayerReason& of(const Explanation& explanation, const std::string& name) {
  const auto found = std::find_if(explanation.layers.begin(), explanation.layers.end(),
                                  [&](const LayerReason& layer) { return layer.name == name; });
  REQUIRE(found != explanation.layers.end());
  return *found;
}

}  // namespace

TEST_CASE("explain: resident weights, by the rows that all need", "[compiler]") {
  const Explanation all = explanation(4096);
  CHECK(all.layers.size() == 12);
  std::int64_t rows = 0;
  for (const LayerReason& layer : all.layers) {
    CHECK(layer.weights == "resident");
    CHECK(layer.ahead == 0);
    CHECK(layer.norms_resident);
    rows += layer.rows;
  }
  CHECK(rows == all.weight_rows);
  CHECK(all.layers.front().why == text("all weights together need ", rows, " of 4096 rows"));
  const LayerReason& last = of(all, "stage2.conv2");
  CHECK(last.rows == 288);  // 2 channel tiles of 9 positions, 8 chunks, 2 planes
  CHECK(last.tile_rows == 144);
  CHECK(last.channel_tiles == 2);
  CHECK(last.tiles == 1);        // 4 x 4 pixels
  CHECK(last.output_rows == 8);  // a row of a bank for each block of 16 channels
}

TEST_CASE("explain: what is coded says with which code and how much, what is not is rows", "[compiler]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  for (const bool huffman : {true, false}) {
    Options options;
    options.arch.weight_rows = 700;
    options.huffman = huffman;
    const program::Program program = compile(network, options);
    const Explanation explained = explain(lower_steps(network, true), program);
    int coded = 0;
    for (const LayerReason& layer : explained.layers) {
      INFO(layer.name << " " << layer.form);
      if (layer.weights == "none") {
        CHECK(layer.form.empty());
        continue;
      }
      CHECK(layer.beats > 0);
      if (layer.form == "rows") {
        CHECK(layer.words == 0);
        continue;
      }
      ++coded;
      CHECK_THAT(layer.form, Catch::StartsWith("coded: ") && Catch::Contains(" code words of runs below "));
      // Header, code lengths and a beat or more of symbols, perhaps seeds: the rest are words, eight a beat.
      CHECK(static_cast<int>(layer.words) <= 8 * (layer.beats - 3));
      CHECK(static_cast<int>(layer.words) > 8 * (layer.beats - 3 - 8 - 2) - 8);
    }
    CHECK((coded > 0) == huffman);
  }
}

TEST_CASE("explain: streamed layers are queued ahead, iterations keep what came, parts say why",
          "[compiler]") {
  const Explanation streamed = explanation(700);
  int ahead = 0;
  for (const LayerReason& layer : streamed.layers) {
    CHECK(layer.weights != "resident");
    CHECK_THAT(layer.why, Catch::StartsWith(text("all weights together need ", streamed.weight_rows,
                                                 " rows, the buffer has 700")));
    ahead += layer.ahead > 0;
  }
  CHECK(ahead >= 8);
  CHECK(of(streamed, "stem").ahead == 0);
  CHECK(of(streamed, "stage1.fold1.0").weights == "streamed");
  CHECK(of(streamed, "stage1.fold1.1").weights == "kept");
  CHECK_THAT(of(streamed, "stage1.fold1.1").why, Catch::EndsWith("; came for an iteration before"));
  CHECK_THAT(of(streamed, "stage2.conv2.part0").why,
             Catch::EndsWith("; in parts of its 288, so that the first begins before the last is there"));
  CHECK_THAT(of(explanation(200), "stage2.conv2.part0").why,
             Catch::EndsWith("the buffer has 200; in parts, as the layer needs 288"));
}

TEST_CASE("explain: normalization rows that do not all fit", "[compiler]") {
  CHECK(of(explanation(4096, 100), "stage2.fold1").norms_resident);
  CHECK_FALSE(of(explanation(4096, 40), "stem").norms_resident);
}
