// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/compress.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/stream/sample_network.hpp"
#include "hw/formats/stream/sign_generator.hpp"

using namespace wd;
using namespace wd::compress;
using Catch::Contains;

namespace {

struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("compress_test." + std::to_string(::getpid()));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

/// A folded network, large enough for the streams to outweigh everything else.
model::Network large_network() {
  model::Network network = stream::sample_network();
  network.tensors[1].channels = network.tensors[2].channels = 64;
  const int shapes[4][3] = {{3, 8, 64}, {3, 64, 64}, {1, 64, 64}, {1, 64, 10}};
  for (std::size_t i = 0; i < 4; ++i) {
    model::Weights& weights = network.weights[i];
    weights.in_channels = shapes[i][1];
    weights.out_channels = shapes[i][2];
    const std::vector<std::uint8_t> levels = weights.levels, signs = weights.learned_signs;
    weights.levels.clear();
    weights.learned_signs.clear();
    std::uint64_t state = 88172645463325252u + i;  // xorshift64
    while (weights.levels.size() < weights.count()) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      const std::size_t from = state % levels.size();
      weights.levels.push_back(levels[from]);
      if (!signs.empty()) weights.learned_signs.push_back(signs[from]);
    }
    weights.freeze.reset();
  }
  model::for_each_layer(network, [&](model::Layer& conv, int) {
    const auto channels =
        static_cast<std::size_t>(network.weights[static_cast<std::size_t>(conv.weights)].out_channels);
    for (model::Norm& norm : conv.norms)
      norm = {std::vector<std::uint16_t>(channels), std::vector<std::uint16_t>(channels)};
  });
  return network;
}

}  // namespace

TEST_CASE("compress: the report is that of the written file", "[compress][round-trip]") {
  const TemporaryFolder folder;
  const std::filesystem::path in = folder.path / "m.wdm", out = folder.path / "m.wdz";
  const model::Network network = large_network();
  model::write_model(network, in);
  const CompressReport report = compress::compress(in, out);
  CHECK(report.compressed_bytes == std::filesystem::file_size(out));
  CHECK(report.compressed_bytes == report.size.total_bytes);
  CHECK(report.dense_fp32_bytes == 4 * 2600);
  CHECK(report.offchip_ratio == Approx(4.0 * 2600 / static_cast<double>(report.compressed_bytes)));
  CHECK_NOTHROW(require_equal(network, stream::read_compressed(out), "m.wdz"));
  CHECK(report.size.bits_per_weight() > report.size.entropy_bits_per_weight());
  CHECK(report.size.bits_per_weight() < 1.03 * report.size.entropy_bits_per_weight());

  const nlohmann::json json = report.to_json();
  CHECK(json.at("compressed_bytes") == report.compressed_bytes);
  CHECK(json.at("bits_per_weight") == report.size.bits_per_weight());
  REQUIRE(json.at("layers").size() == 4);
  std::uint64_t bytes = 0;
  for (const char* key : {"table_bytes", "norm_bytes", "description_bytes", "container_bytes"})
    bytes += json.at(key).get<std::uint64_t>();
  for (const auto& layer : json.at("layers")) bytes += layer.at("bytes").get<std::uint64_t>();
  CHECK(bytes == report.compressed_bytes);
}

TEST_CASE("compress: each element that is turned off costs what it should", "[compress][oracle]") {
  const TemporaryFolder folder;
  model::write_model(large_network(), folder.path / "m.wdm");
  const CompressReport report = compress::compress(folder.path / "m.wdm", folder.path / "m.wdz");
  const auto& sets = report.size.weights;
  const auto extra = [&](std::uint64_t bytes) {
    return static_cast<double>(bytes) - static_cast<double>(report.compressed_bytes);
  };
  // Plain fields: 2, 1, 3 + 1 and 2 + 1 bits per weight.
  const double plain = (9 * 8 * 64 * 2 + 9 * 64 * 64 * 1 + 64 * 64 * 4 + 64 * 10 * 3) / 8.0;
  CHECK(std::abs(extra(report.ablations.huffman_off) -
                 (plain - static_cast<double>(report.size.weight_bytes()))) < 32);
  // One bit for each non-zero weight of the two sets with random signs, nearly.
  const double signs = (sets[0].nonzero_fraction * 9 * 8 * 64 + sets[1].nonzero_fraction * 9 * 64 * 64) / 8;
  CHECK(extra(report.ablations.sign_generation_off) == Approx(signs).epsilon(0.03));
  // Two more copies of the folded sets, their table entries, and a longer description.
  CHECK(report.ablations.freezing_off == report.compressed_bytes);  // nothing is frozen
  CHECK(report.ablations.tans < report.ablations.huffman);
  CHECK(report.compressed_bytes <= report.ablations.huffman);
  CHECK(report.compressed_bytes <= report.ablations.golomb);
  const auto copies = static_cast<double>(2 * (sets[1].bytes + sets[2].bytes) + 4 * 48);
  CHECK(extra(report.ablations.folding_off) >= copies - 64);
  CHECK(extra(report.ablations.folding_off) < copies + 200);
}

TEST_CASE("compress: freezing saves what its weights would cost", "[compress][oracle]") {
  const TemporaryFolder folder;
  model::Network network = large_network();
  model::Weights& weights = network.weights[1];
  weights.freeze = model::Freeze{5, 65536 * 4 / 10, 65536 * 1 / 10, 1};
  const stream::FreezeGenerator frozen(5, 65536 * 4 / 10, 65536 * 1 / 10);
  for (std::size_t i = 0; i < weights.count(); ++i)
    if (frozen.state(i) != stream::FreezeState::free)
      weights.levels[i] = frozen.state(i) == stream::FreezeState::locked;
  model::write_model(network, folder.path / "m.wdm");
  const CompressReport report = compress::compress(folder.path / "m.wdm", folder.path / "m.wdz");
  CHECK_NOTHROW(require_equal(network, stream::read_compressed(folder.path / "m.wdz"), "m.wdz"));
  const stream::WeightSetSize& set = report.size.weights[1];
  CHECK(static_cast<double>(set.free) == Approx(0.5 * static_cast<double>(set.count)).epsilon(0.02));
  // All weights are independent: the set without freezing has the entropy of its overall density.
  const double density = set.nonzero_fraction;
  const double entropy = -density * std::log2(density) - (1 - density) * std::log2(1 - density);
  const double coded = entropy * static_cast<double>(set.count) / 8;
  CHECK(static_cast<double>(report.ablations.freezing_off - report.compressed_bytes) ==
        Approx(coded - static_cast<double>(set.bytes)).epsilon(0.04));
}

TEST_CASE("compress: the paper's size is the published formula", "[compress][oracle]") {
  model::Network network = stream::sample_network();
  // 3 coats of .3, .0788 and .0315 of 10,000 weights: 1.3788 bits per weight.
  model::Weights& stem = network.weights[0];
  stem.levels.assign(10000, 0);
  std::fill_n(stem.levels.begin(), 3000, std::uint8_t{1});
  std::fill_n(stem.levels.begin(), 788, std::uint8_t{2});
  std::fill_n(stem.levels.begin(), 315, std::uint8_t{3});
  stem.kernel_h = stem.kernel_w = 1;
  stem.in_channels = stem.out_channels = 100;
  network.weights.resize(1);
  const PaperSize size(network);
  CHECK(size.mask_bits == 13788);
  CHECK(size.bits_per_weight == Approx(1.3788));
  CHECK(size.sign_bits == 0);
  CHECK(size.norm_bits == 3 * (6 + 6) * 2 * 32);  // the fold's, not the stem's and the classifier's
  CHECK(size.bytes == (32 + 13788 + 2304 + 7) / 8);
  stem.signs = model::SignSource::learned;
  CHECK(PaperSize(network).sign_bits == 3000);
  CHECK(PaperSize(network).bits_per_weight == Approx(1.6788));
}

TEST_CASE("compress: unfolding writes every iteration out", "[compress][oracle]") {
  const model::Network network = stream::sample_network();
  const model::Network flat = unfold(network);
  CHECK_NOTHROW(model::check(flat, "flat"));
  REQUIRE(flat.steps.size() == 1 + 3 * 2 + 1);
  CHECK(flat.weights.size() == 4 + 2 * 2);
  CHECK(flat.weight_count() == network.weight_count() + 2 * (324 + 36));
  CHECK(flat.norm_pair_count() == network.norm_pair_count());
  for (std::size_t iteration = 0; iteration < 3; ++iteration)
    for (std::size_t conv = 0; conv < 2; ++conv) {
      const auto& folded = std::get<model::Loop>(network.steps[1]).body[conv];
      const auto& single = std::get<model::Layer>(flat.steps[1 + iteration * 2 + conv]);
      CHECK(single.norms.at(0).gamma == folded.norms[iteration].gamma);
      CHECK(flat.weights[static_cast<std::size_t>(single.weights)].levels ==
            network.weights[static_cast<std::size_t>(folded.weights)].levels);
    }
}

TEST_CASE("compress: unfolding gives layers without products their iteration's norm", "[compress][oracle]") {
  model::Network network = stream::sample_network();
  auto& fold = std::get<model::Loop>(network.steps[1]);
  model::Layer norm;  // from one of the body's tensors to another, as a Mixer's norms
  norm.kind = model::LayerKind::elementwise;
  norm.name = "fold.norm";
  norm.weights = -1;
  norm.input = fold.body.back().output;
  norm.output = fold.body.front().output;
  norm.norms = fold.body.back().norms;
  for (model::Norm& one : norm.norms) std::reverse(one.gamma.begin(), one.gamma.end());
  fold.body.push_back(norm);
  CHECK_NOTHROW(model::check(network, "folded"));
  const model::Network flat = unfold(network);
  CHECK_NOTHROW(model::check(flat, "flat"));
  for (std::size_t iteration = 0; iteration < norm.norms.size(); ++iteration) {
    const auto& single = std::get<model::Layer>(flat.steps[1 + iteration * 3 + 2]);
    CHECK(single.name == "fold.norm." + std::to_string(iteration));
    REQUIRE(single.norms.size() == 1);
    CHECK(single.norms[0].gamma == norm.norms[iteration].gamma);
  }
}

TEST_CASE("compress: stored signs are those of the generator", "[compress][oracle]") {
  const model::Network network = stream::sample_network();
  const model::Network stored = store_signs(network);
  CHECK_NOTHROW(model::check(stored, "stored"));
  const stream::SignGenerator generator(network.weights[1].sign_seed);
  for (std::size_t i = 0; i < 324; ++i) CHECK(stored.weights[1].learned_signs[i] == generator.negative(i));
  CHECK(stored.weights[2].learned_signs == network.weights[2].learned_signs);
}

TEST_CASE("compress: networks that differ are told apart by name", "[compress][bad-input][message]") {
  const model::Network good = stream::sample_network();
  const auto differs = [&](const std::string& message, auto change) {
    model::Network bad = good;
    change(bad);
    CHECK_THROWS_WITH(require_equal(good, bad, "m.wdz"), Contains("m.wdz: ") && Contains(message));
  };
  CHECK_NOTHROW(require_equal(good, good, "m.wdz"));
  differs("another network description", [](model::Network& n) { n.seed = 99; });
  differs("other gamma or beta",
          [](model::Network& n) { ++std::get<model::Layer>(n.steps[0]).norms[0].beta[1]; });
  differs("another number of weights in 'stem'", [](model::Network& n) { n.weights[0].levels.pop_back(); });
  const std::size_t used =
      static_cast<std::size_t>(std::find_if(good.weights[2].levels.begin(), good.weights[2].levels.end(),
                                            [](int l) { return l > 0; }) -
                               good.weights[2].levels.begin());
  differs(text("weight ", used, " of 'fold.1' decodes to level 0"),
          [&](model::Network& n) { n.weights[2].levels[used] = 0; });
  differs(text("weight ", used, " of 'fold.1' decodes to the other sign"),
          [&](model::Network& n) { n.weights[2].learned_signs[used] ^= 1; });
}

TEST_CASE("compress: the input is not overwritten, other files are no models",
          "[compress][bad-input][message]") {
  const TemporaryFolder folder;
  const std::filesystem::path in = folder.path / "m.wdm", out = folder.path / "m.wdz";
  model::write_model(stream::sample_network(), in);
  CHECK_THROWS_WITH(compress::compress(in, in), Contains("is the input model; choose another output file"));
  compress::compress(in, out);
  CHECK_THROWS_WITH(compress::compress(out, folder.path / "again.wdz"), Contains("not a usable model file"));
  CHECK_THROWS_WITH(compress::compress(folder.path / "none.wdm", out),
                    Contains("none.wdm: cannot be opened"));
}
