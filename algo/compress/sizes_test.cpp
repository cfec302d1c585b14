// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/sizes.hpp"

#include <catch2/catch.hpp>

#include "algo/models/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::compress;

namespace {

algo::Graph net(const std::string& name, bool imagenet, const std::vector<int>& fold) {
  const int side = imagenet ? 224 : 32;
  return algo::build_graph(algo::resnet_preset(name, imagenet, fold, "test"), {side, side, 3},
                           imagenet ? 1000 : 100);
}

Sizes ask(const std::string& name, bool imagenet, const std::vector<int>& fold, const MaskQuestion& question,
          const std::string& baseline) {
  ThreadPool pool(2);
  return sizes_of(net(name, imagenet, fold), question, dense_bytes(net(baseline, imagenet, {})), pool);
}

}  // namespace

TEST_CASE("sizes: the published figures of Hidden-Fold Networks", "[compress][oracle]") {
  const Sizes r50 = ask("resnet50", false, {3, 4}, {}, "resnet50");
  CHECK(r50.ratio == Approx(48.55).margin(0.005));
  CHECK(r50.paper_mb == Approx(1.953).margin(0.0005));
  CHECK(ask("resnet152", false, {3, 4}, {}, "resnet50").ratio == Approx(38.53).margin(0.005));
  CHECK(ask("resnet200", true, {3, 4}, {}, "resnet34").ratio == Approx(26.83).margin(0.005));
}

TEST_CASE("sizes: coats, learned signs and freezing", "[compress][oracle]") {
  MaskQuestion question{{0.7, 0.9212, 0.9685}, false, 0};
  CHECK(ask("resnet50", true, {}, question, "resnet50").bits_per_weight == Approx(1.3788).margin(0.00005));
  question.learned_signs = true;
  CHECK(ask("resnet152", true, {3, 4}, question, "resnet152").paper_mib == Approx(4.000).margin(0.0005));
  const double whole = ask("resnet50", true, {}, {{0.7}, false, 0}, "resnet50").mask_bits;
  CHECK(whole / ask("resnet50", true, {}, {{0.7}, false, 0.7}, "resnet50").mask_bits ==
        Approx(10 / 3.0).margin(0.001));
}

TEST_CASE("sizes: real bytes are near the entropy, and ask for sane fractions", "[compress][oracle]") {
  const Sizes sparse = ask("resnet50", false, {3, 4}, {{0.9}, false, 0}, "resnet50");
  CHECK(sparse.real_bits_per_weight == Approx(0.4690).epsilon(0.01));  // H(0.1)
  ThreadPool pool(1);
  CHECK_THROWS_WITH(sizes_of(net("resnet20", false, {}), {{0.9, 0.5}, false, 0}, 1, pool),
                    Catch::Contains("--coats: holds 0.5, fractions must ascend"));
  CHECK_THROWS_WITH(sizes_of(net("resnet20", false, {}), {{0.5}, false, 1}, 1, pool),
                    Catch::Contains("--freeze is 1"));
}
