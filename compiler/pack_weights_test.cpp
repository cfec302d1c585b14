// SPDX-License-Identifier: Apache-2.0
#include "compiler/pack_weights.hpp"

#include <catch2/catch.hpp>

#include "hw/formats/model/random_network.hpp"
#include "hw/formats/stream/sign_generator.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE("pack_weights: every weight is in its row, PE, lane and plane with its sign",
          "[compiler][oracle]") {
  const model::Network network = model::small_network(11);
  for (int pes : {16, 64})
    for (const model::Weights& w : network.weights) {
      arch::Arch arch;
      arch.pes_per_group = pes;
      const auto rows = pack_weights(w, arch);
      const int blocks = (w.in_channels + 15) / 16, planes = plane_count(w);
      REQUIRE(rows.size() == static_cast<std::size_t>((w.out_channels + pes - 1) / pes * w.kernel_h *
                                                      w.kernel_w * blocks * planes));
      const stream::SignGenerator signs(w.sign_seed);
      std::size_t flat = 0, set_bits = 0;
      for (int o = 0; o < w.out_channels; ++o)
        for (int position = 0; position < w.kernel_h * w.kernel_w; ++position)
          for (int i = 0; i < w.in_channels; ++i, ++flat) {
            const int level = w.levels[flat];
            const bool negative =
                w.signs == model::SignSource::random ? signs.negative(flat) : w.learned_signs[flat] != 0;
            for (int b = 0; b < planes; ++b) {
              const int row = ((o / pes * w.kernel_h * w.kernel_w + position) * blocks + i / 16) * planes + b;
              const auto& word = rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(o % pes)];
              const std::uint64_t mask = word.mask >> i % 16 & 1, sign = word.sign >> i % 16 & 1;
              const std::uint64_t bit = static_cast<std::uint64_t>(level) >> b & 1;
              const std::uint64_t expected_sign = bit != 0 ? negative : level != 0;
              set_bits += mask;
              if (mask != bit || sign != expected_sign)
                FAIL("weights " << w.name << " " << flat << " plane " << b);
            }
          }
      std::size_t stored = 0;
      for (const auto& row : rows)
        for (const auto& word : row) stored += static_cast<std::size_t>(__builtin_popcountll(word.mask));
      CHECK(stored == set_bits);  // nothing else is set
    }
}
