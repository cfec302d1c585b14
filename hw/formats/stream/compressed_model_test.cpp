// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/compressed_model.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/norm_code.hpp"
#include "hw/formats/stream/plain/compressed_model.hpp"
#include "hw/formats/stream/sample_network.hpp"
#include "hw/formats/stream/weight_code.hpp"
#include "hw/numerics/fp16.hpp"

using namespace wd;
using namespace wd::stream;
using Catch::Contains;

namespace {

struct TemporaryFile {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("compressed_model_test." + std::to_string(::getpid()) + ".wdz");
  ~TemporaryFile() { std::filesystem::remove(path); }
};

Bytes sample_bytes() { return encode_network(sample_network(), "sample").serialize(); }

model::Network parse(Bytes bytes) {
  return decode_network(Container::parse(std::move(bytes), compressed_kind, "x.wdz"));
}

/// Both readers must find this network in this file.
void check_reads(const Bytes& file, const model::Network& network) {
  const model::Network back = parse(file);
  const plain::Model second = plain::read_compressed(file);
  CHECK(model::describe(back) == model::describe(network));
  CHECK(second.description == model::describe(network));
  CHECK(model::flatten_norms(back) == model::flatten_norms(network));
  CHECK(second.norms == model::flatten_norms(network));
  REQUIRE(second.weights.size() == network.weights.size());
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    INFO("weight set " << i);
    const model::Weights& weights = network.weights[i];
    std::vector<std::uint8_t> signs = weights.learned_signs;  // those of zero weights are not kept
    for (std::size_t k = 0; k < signs.size(); ++k) signs[k] = weights.levels[k] == 0 ? 0 : signs[k];
    CHECK(back.weights[i].levels == weights.levels);
    CHECK(back.weights[i].learned_signs == signs);
    CHECK(std::vector<std::uint8_t>(second.weights[i].levels.begin(), second.weights[i].levels.end()) ==
          weights.levels);
    CHECK(std::vector<std::uint8_t>(second.weights[i].signs.begin(), second.weights[i].signs.end()) == signs);
  }
}

}  // namespace

TEST_CASE("compressed model: what is written is read back", "[stream][round-trip]") {
  const TemporaryFile file;
  const model::Network network = sample_network();
  const CompressedSize size = write_compressed(network, file.path);
  CHECK(model::describe(read_compressed(file.path)) == model::describe(network));
  CHECK(size.total_bytes == std::filesystem::file_size(file.path));
  CHECK(read_file(file.path) == sample_bytes());
}

TEST_CASE("compressed model: a second reader, written from the page alone, finds the same network",
          "[stream][oracle]") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    check_reads(encode_network(sample_network(seed), "sample").serialize(), sample_network(seed));
  }
}

TEST_CASE("compressed model: several streams, shared tables and every mode, by both readers",
          "[stream][oracle]") {
  const model::Network network = model::hidden_fold_network({}, 5);
  check_reads(encode_network(network, "random").serialize(), network);
  for (const CodeMode mode : {CodeMode::plain, CodeMode::golomb, CodeMode::huffman, CodeMode::tans}) {
    INFO(name(mode));
    CompressOptions options;
    options.mode = mode;
    check_reads(encode_network(network, "random", options).serialize(), network);
    check_reads(encode_network(sample_network(), "sample", options).serialize(), sample_network());
  }
}

TEST_CASE("compressed model: many small layers share a table, and the file is smaller for it",
          "[stream][shared]") {
  const model::FoldedShape shape{16, std::vector<int>(12, 16), std::vector<int>(12, 1),
                                 std::vector<int>(12, 2), 7};
  model::Network network = model::hidden_fold_network(shape, 3);
  std::mt19937 random(4);
  constexpr std::array<std::uint8_t, 10> levels{1, 1, 2, 2, 3,
                                                4, 5, 6, 7, 7};  // nothing that Golomb codes well
  for (model::Weights& weights : network.weights) {
    weights.signs = model::SignSource::learned;
    weights.learned_signs.assign(weights.count(), 0);
    for (std::size_t i = 0; i < weights.count(); ++i) {
      weights.levels[i] = random() % 5 > 0 ? std::uint8_t{0} : levels[random() % levels.size()];
      weights.learned_signs[i] = weights.levels[i] > 0 ? random() & 1 : 0;
    }
  }
  const Container container = encode_network(network, "random");
  REQUIRE(container.has("tables"));
  check_reads(container.serialize(), network);
  CompressOptions own;
  own.mode = CodeMode::huffman;
  CHECK(container.serialize().size() < encode_network(network, "random", own).serialize().size());
  Container missing = encode_network(network, "random", own);
  for (const auto& [name, bytes] : container.sections())
    if (name != "tables") missing.set(name, bytes);
  CHECK_THROWS_WITH(parse(missing.serialize()), Contains("uses shared table 0 of 0"));
}

TEST_CASE("compressed model: frozen weights take no bytes, only learned signs of locked ones do",
          "[stream][freeze]") {
  model::Network network = sample_network();
  for (model::Weights& weights : network.weights) {
    weights.freeze = model::Freeze{7, 40000, 65536 - 40000, 1};
    const FreezeGenerator frozen(7, 40000, 65536 - 40000);
    std::size_t locked = 0;
    for (std::size_t i = 0; i < weights.count(); ++i) {
      weights.levels[i] = frozen.state(i) == FreezeState::locked;
      locked += weights.levels[i];
      if (!weights.learned_signs.empty())
        weights.learned_signs[i] = weights.levels[i] & static_cast<std::uint8_t>(i);
    }
    REQUIRE(locked > 0);
  }
  const Container container = encode_network(network, "sample");
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    CHECK(container.get(text("weights.", i)).empty());
    CHECK(container.has(text("locked.", i)) == !network.weights[i].learned_signs.empty());
  }
  check_reads(container.serialize(), network);
  const CompressedSize size = compressed_size(network);
  CHECK(size.weights[0].bytes == 0);
  CHECK(size.weights[0].free == 0);
  CHECK(size.weights[2].bytes == container.get("locked.2").size());

  network.weights[1].levels[5] ^= 1;
  CHECK_THROWS_WITH(
      encode_network(network, "sample"),
      Contains("weights 'fold.0': weight 5 is frozen at level") && Contains("by its seed, but has level"));
}

TEST_CASE("compressed model: norms in FP8 are half as large and exactly what was rounded",
          "[stream][norms]") {
  model::Network network = sample_network();
  const model::Network own = network;
  round_norms(network);
  CompressOptions options;
  options.norms = NormFormat::fp8;
  const Container container = encode_network(network, "sample", options);
  check_reads(container.serialize(), network);
  CHECK_FALSE(container.has("norms"));
  // 104 values, and an exponent for gamma and beta of 8 norms.
  CHECK(container.get("norms8").size() == 104 + 16);
  const std::vector<std::uint16_t> before = model::flatten_norms(own), after = model::flatten_norms(network);
  for (std::size_t i = 0; i < before.size(); ++i) {
    // Half a unit of 3 mantissa bits, or of the smallest step of a vector whose largest value is below 2^15.
    const double value = numerics::fp16_to_float(before[i]),
                 error = value - numerics::fp16_to_float(after[i]);
    CHECK(std::fabs(error) <= std::max(std::fabs(value) / 16, std::ldexp(1.0, 7 - 9 - 1)));
  }
  model::Network again = network;
  round_norms(again);
  CHECK(model::flatten_norms(again) == after);
  CHECK_THROWS_WITH(encode_network(own, "sample", options), Contains("round_norms() has to come first"));
}

TEST_CASE("compressed model: the parts add up to the file", "[stream][oracle]") {
  const model::Network network = sample_network();
  const CompressedSize size = compressed_size(network);
  CHECK(size.total_bytes == sample_bytes().size());
  CHECK(size.weight_bytes() + size.norm_bytes + size.description_bytes + size.container_bytes ==
        size.total_bytes);
  CHECK(size.container_bytes >= 16 + 48 * 7);
  CHECK(size.container_bytes < 16 + 48 * 7 + 8 * 7);
  CHECK(size.norm_bytes == 4 * network.norm_pair_count());
  CHECK(size.weight_count() == network.weight_count());
  REQUIRE(size.weights.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const model::Weights& weights = network.weights[i];
    const WeightSetSize& set = size.weights[i];
    CHECK(set.name == weights.name);
    CHECK(set.count == weights.count());
    CHECK(set.bytes == coded_bytes(weights));
    CHECK(set.bits_per_weight ==
          Approx(8.0 * static_cast<double>(set.bytes) / static_cast<double>(set.count)));
    if (!weights.freeze)
      CHECK(set.entropy_bits == Approx(weight_entropy(weights.levels, weights.learned_signs)));
    CHECK(set.entropy_bits <= set.bits_per_weight);
    const auto zeros = std::count(weights.levels.begin(), weights.levels.end(), 0);
    CHECK(set.nonzero_fraction == Approx(1 - static_cast<double>(zeros) / static_cast<double>(set.count)));
  }
}

TEST_CASE("compressed model: the sign of a zero weight is not kept", "[stream][round-trip]") {
  model::Network network = sample_network();
  for (const std::size_t set : {2, 3}) {
    std::vector<std::uint8_t>& signs = network.weights[set].learned_signs;
    std::fill(signs.begin(), signs.end(), std::uint8_t{1});
  }
  const model::Network back = decode_network(encode_network(network, "sample"));
  for (const std::size_t set : {2, 3})
    for (std::size_t i = 0; i < back.weights[set].levels.size(); ++i)
      CHECK(back.weights[set].learned_signs[i] == (back.weights[set].levels[i] == 0 ? 0 : 1));
}

TEST_CASE("compressed model: every changed byte and every truncation is refused", "[stream][bad-input]") {
  const Bytes good = sample_bytes();
  for (std::size_t i = 0; i < good.size(); ++i) {
    INFO("byte " << i);
    Bytes bad = good;
    bad[i] ^= static_cast<std::uint8_t>(1 << i % 8);
    CHECK_THROWS_AS(parse(bad), Error);
    CHECK_THROWS_AS(parse(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i))), Error);
  }
}

TEST_CASE("compressed model: bad sections behind right checksums are refused by name",
          "[stream][bad-input][message]") {
  const Container good = encode_network(sample_network(), "sample");
  const auto with = [&](const std::string& section, Bytes bytes) {
    Container container = good;
    container.set(section, std::move(bytes));
    return container.serialize();
  };
  const auto shorter = [&](const std::string& section) {
    Bytes bytes = good.get(section);
    bytes.pop_back();
    return bytes;
  };
  CHECK_THROWS_WITH(parse(with("network", shorter("network"))),
                    Contains("x.wdz: section 'network' is not one whole zlib stream"));
  Bytes longer = good.get("network");
  longer.push_back(0);
  CHECK_THROWS_WITH(parse(with("network", longer)), Contains("1 bytes follow it"));
  CHECK_THROWS_WITH(parse(with("weights.4", {1})),
                    Contains("has 8 sections, a network of 4 weight sets like this needs 7"));
  CHECK_THROWS_WITH(parse(with("locked.1", {0})), Contains("section 'locked.1': must have 0 bytes"));
  CHECK_THROWS_WITH(parse(with("locked.2", {})),
                    Contains("section 'locked.2': must have ") && Contains("has 0"));
  Bytes padded = good.get("locked.2");
  padded.back() |= 1;
  CHECK_THROWS_WITH(parse(with("locked.2", padded)),
                    Contains("section 'locked.2': the padding after the last locked sign"));
  CHECK_THROWS_WITH(parse(with("tables", {0})),
                    Contains("section 'tables': must begin with the number of tables"));
  CHECK_THROWS_WITH(parse(with("tables", {1, 3})),
                    Contains("section 'tables': ends at byte 2, before table 0 of 1"));
  CHECK_THROWS_WITH(parse(with("tables", {1, 8, 1})), Contains("table 0 at byte 1 is for 8 coats and S = 1"));
  CHECK_THROWS_WITH(parse(with("tables", {1, 3, 1, 0, 0x1a, 0, 9})),
                    Contains("1 bytes follow the last table at byte 6"));
  CHECK_THROWS_WITH(parse(with("tables", {1, 3, 1, 0, 0x1a, 0})),
                    Contains("section 'tables': no weight set uses it"));
  CHECK_THROWS_WITH(parse(with("norms", shorter("norms"))),
                    Contains("'classifier' needs 20 gamma and beta, only 19 are left"));
  CHECK_THROWS_WITH(parse(with("norms", Bytes(10))),
                    Contains("'stem' needs 12 gamma and beta, only 5 are left"));
  CHECK_THROWS_WITH(parse(with("weights.1", {})), Contains("x.wdz: section 'weights.1': empty"));
  CHECK_THROWS_WITH(parse(with("weights.1", shorter("weights.1"))), Contains("x.wdz: section 'weights.1': "));
  Bytes infinite = good.get("norms");
  infinite[1] = 0x7c;
  CHECK_THROWS_WITH(parse(with("norms", infinite)), Contains("gamma or beta of channel 0 is not finite"));

  const auto packed = [](const std::string& plain) {
    Bytes bytes(compressBound(plain.size()));
    uLongf size = bytes.size();
    compress(bytes.data(), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    bytes.resize(size);
    return bytes;
  };
  CHECK_THROWS_WITH(parse(with("network", packed("{\"name\""))), Contains("section 'network' is not JSON"));
  CHECK_THROWS_WITH(parse(with("network", packed("{}"))), Contains("'name' is missing"));
  CHECK_THROWS_WITH(parse(with("network", packed(std::string(5'000'000, ' ')))),
                    Contains("expands to more than 4194304 bytes"));
  nlohmann::json huge = model::describe(sample_network());
  huge["weights"][1].update({{"kernel_h", 63}, {"kernel_w", 63}, {"in_channels", 4080}});
  CHECK_THROWS_WITH(parse(with("network", packed(huge.dump()))),
                    Contains("x.wdz: describes 97161648 weights in ") && Contains(" bytes, at most 67"));
}

TEST_CASE("compressed model: changed sections behind right checksums never crash",
          "[stream][bad-input][fuzz]") {
  const Container good = encode_network(sample_network(), "sample");
  for (const auto& [name, section] : good.sections())
    for (std::size_t i = 0; i < section.size(); ++i)
      for (const int flip : {1, 16, 128, 255}) {
        Container bad = good;
        Bytes bytes = section;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
        bad.set(name, bytes);
        try {
          const model::Network network = decode_network(bad);
          REQUIRE(network.weights.size() == 4);
        } catch (const Error&) {
        }
      }
}
