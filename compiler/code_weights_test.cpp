// SPDX-License-Identifier: Apache-2.0
// What the decoder makes of coded weights are the rows of pack_weights(), whose test knows the weights' places.
#include "compiler/code_weights.hpp"

#include <catch2/catch.hpp>

#include "base/integer.hpp"
#include "compiler/pack_weights.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/stream/chip_code.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

/// Every part of whole tiles, decoded. @return beats in which signs are generated
int check_rows(const model::Weights& w, const Options& options) {
  const auto rows = pack_weights(w, options.arch);
  const int tiles = ceil_div(w.out_channels, options.arch.pes_per_group),
            per_tile = static_cast<int>(rows.size()) / tiles;
  int generated = 0;
  for (int first = 0; first < tiles; ++first)
    for (int count = 1; first + count <= tiles; ++count) {
      INFO(w.name << " tiles " << first << " to " << first + count << " of " << tiles << ", "
                  << options.arch.pes_per_group << " PEs");
      const Bytes coded = code_weights(w, first, count, false, options, "test");
      const program::DecodedRows decoded = program::decode_rows(coded, options.arch, "test");
      REQUIRE(decoded.fault == stream::ChipFault::none);
      REQUIRE(decoded.beats_used * program::beat_bytes == coded.size());
      const auto begin = rows.begin() + first * per_tile;
      REQUIRE(program::expand_rows(decoded.rows, options.arch, "test") ==
              std::vector<program::WeightRow>(begin, begin + count * per_tile));
      generated += stream::read_header(coded.data()).random_signs;
    }
  return generated;
}

}  // namespace

TEST_CASE("code_weights: the decoder's rows are those of the weights, of every part on every array",
          "[compiler][oracle]") {
  int generated = 0, sets = 0;
  for (const auto& network : {model::small_network(11), model::hidden_fold_network({}, 3)})
    for (const model::Weights& w : network.weights)
      for (const int pes : {16, 48, 64})
        for (const bool on_chip : {true, false}) {
          Options options;
          options.arch.pes_per_group = pes;
          options.on_chip_signs = on_chip;
          const int now = check_rows(w, options);
          CHECK((now == 0 || (on_chip && w.signs == model::SignSource::random && w.in_channels % 16 == 0)));
          generated += now;
          ++sets;
        }
  CHECK(sets > 20);
  CHECK(generated > 0);
}

TEST_CASE("code_weights: frozen weights that the chip generates take no bits, and are the seed's",
          "[compiler][oracle]") {
  int smaller = 0;
  for (model::Weights w : model::hidden_fold_network({}, 3).weights) {
    if (w.signs != model::SignSource::random || w.in_channels % 16 != 0 || w.count() < 4096) continue;
    w.freeze = model::Freeze{77, 30000, 15000, w.coats};
    const stream::FreezeGenerator generator(77, 30000, 15000);
    for (std::size_t i = 0; i < w.count(); ++i)
      if (const auto state = generator.state(i); state != stream::FreezeState::free)
        w.levels[i] =
            state == stream::FreezeState::pruned ? std::uint8_t{0} : static_cast<std::uint8_t>(w.coats);
    for (const int pes : {16, 48, 64}) {
      Options options;
      options.arch.pes_per_group = pes;
      const auto rows = pack_weights(w, options.arch);
      const int tiles = ceil_div(w.out_channels, pes);
      INFO(w.name << ", " << tiles << " tiles of " << pes << " PEs, " << w.out_channels << " channels");
      CHECK(frozen_on_chip(w, 0, tiles, options) == (pes == 64 || tiles == 1 || w.out_channels % pes == 0));
      Options without = options;
      without.arch.freeze_generator = 0;
      CHECK(!frozen_on_chip(w, 0, tiles, without));
      without = options;
      without.on_chip_signs = false;
      CHECK(!frozen_on_chip(w, 0, tiles, without));
      if (!frozen_on_chip(w, 0, tiles, options)) continue;
      const Bytes coded = code_weights(w, 0, tiles, true, options, "test"),
                  levels = code_weights(w, 0, tiles, false, options, "test");
      const program::DecodedRows decoded = program::decode_rows(coded, options.arch, "test");
      REQUIRE(decoded.fault == stream::ChipFault::none);
      REQUIRE(program::expand_rows(decoded.rows, options.arch, "test") == rows);
      CHECK(coded.size() < levels.size());
      ++smaller;
    }
  }
  CHECK(smaller > 3);
}

TEST_CASE("code_weights: a set of more chunks than a burst can say is refused by name",
          "[compiler][message]") {
  model::Weights w;
  w.name = "wide";
  w.in_channels = 65536 * stream::chip_lanes;
  w.out_channels = 1;
  w.levels.assign(w.count(), 0);
  CHECK_THROWS_WITH(
      code_weights(w, 0, 1, false, {}, "layer fc, tiles from 0 on"),
      Catch::Contains("layer fc, tiles from 0 on: 65536 chunks in a coded burst, at most 65535"));
}

TEST_CASE("code_weights: signs that the chip generates take no bits", "[compiler][oracle]") {
  int smaller = 0;
  for (model::Weights w : model::hidden_fold_network({}, 3).weights) {
    if (w.signs != model::SignSource::random || w.in_channels % 16 != 0 || w.count() < 4096) continue;
    const int tiles = ceil_div(w.out_channels, 64);
    const std::size_t with = code_weights(w, 0, tiles, false, {.on_chip_signs = false}, "test").size(),
                      without = code_weights(w, 0, tiles, false, {}, "test").size();
    const auto kept = std::count_if(w.levels.begin(), w.levels.end(), [](auto level) { return level != 0; });
    // A bit for each weight that is not zero, but for tables, fillers and whole beats.
    CHECK(static_cast<double>(with - without) > 0.9 * static_cast<double>(kept) / 8 - 64);
    ++smaller;
  }
  CHECK(smaller > 0);
}
