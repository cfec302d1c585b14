// SPDX-License-Identifier: Apache-2.0
#include "hw/stream/compressed_model.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/stream/sample_network.hpp"
#include "hw/stream/weight_code.hpp"

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

std::uint64_t little_endian(const Bytes& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes.at(at + i);
  return value;
}

/// Finds a section as docs/formats.md describes the container, without base/container.hpp.
Bytes plain_section(const Bytes& file, const std::string& name) {
  for (std::uint64_t i = 0; i < little_endian(file, 8, 4); ++i) {
    const std::size_t entry = 16 + 48 * i;
    std::string found(file.begin() + static_cast<std::ptrdiff_t>(entry),
                      file.begin() + static_cast<std::ptrdiff_t>(entry + 24));
    found.resize(found.find_last_not_of('\0') + 1);
    const auto first = file.begin() + static_cast<std::ptrdiff_t>(little_endian(file, entry + 24, 8));
    if (found == name)
      return Bytes(first, first + static_cast<std::ptrdiff_t>(little_endian(file, entry + 32, 8)));
  }
  FAIL("no section " << name);
  return {};
}

}  // namespace

TEST_CASE("compressed model: what is written is read back", "[stream][round-trip]") {
  const TemporaryFile file;
  const model::Network network = sample_network();
  const CompressedSize size = write_compressed(network, file.path);
  const model::Network back = read_compressed(file.path);
  CHECK(model::describe(back) == model::describe(network));
  CHECK(model::flatten_norms(back) == model::flatten_norms(network));
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    CHECK(back.weights[i].levels == network.weights[i].levels);
    CHECK(back.weights[i].learned_signs == network.weights[i].learned_signs);
  }
  CHECK(size.total_bytes == std::filesystem::file_size(file.path));
  CHECK(read_file(file.path) == sample_bytes());
}

TEST_CASE("compressed model: a plain reader finds the same parts", "[stream][oracle]") {
  const model::Network network = sample_network();
  const Bytes file = sample_bytes();
  CHECK(std::string(file.begin(), file.begin() + 4) == "WDZ1");
  CHECK(little_endian(file, 4, 4) == 2);
  const Bytes packed = plain_section(file, "network");
  std::string json(100'000, '\0');
  uLongf length = json.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(json.data()), &length, packed.data(), packed.size()) == Z_OK);
  json.resize(length);
  CHECK(nlohmann::json::parse(json) == model::describe(network));
  const Bytes norms = plain_section(file, "norms");
  const std::vector<std::uint16_t> flat = model::flatten_norms(network);
  REQUIRE(norms.size() == 2 * flat.size());
  for (std::size_t i = 0; i < flat.size(); ++i) CHECK(little_endian(norms, 2 * i, 2) == flat[i]);
  CHECK(flat[0] == std::get<model::Conv>(network.steps[0]).norms[0].gamma[0]);
  CHECK(flat[6] == std::get<model::Conv>(network.steps[0]).norms[0].beta[0]);
  CHECK(flat[12 + 12] == std::get<model::Loop>(network.steps[1]).body[0].norms[1].gamma[0]);
  CHECK(decode_weights(plain_section(file, "weights.2"), 36, 7, true).signs ==
        network.weights[2].learned_signs);
}

TEST_CASE("compressed model: the parts add up to the file", "[stream][oracle]") {
  const model::Network network = sample_network();
  const CompressedSize size = compressed_size(network);
  CHECK(size.total_bytes == sample_bytes().size());
  CHECK(size.weight_bytes() + size.norm_bytes + size.description_bytes + size.container_bytes ==
        size.total_bytes);
  CHECK(size.container_bytes >= 16 + 48 * 6);
  CHECK(size.container_bytes < 16 + 48 * 6 + 8 * 6);
  CHECK(size.norm_bytes == 4 * network.norm_pair_count());
  CHECK(size.weight_count() == network.weight_count());
  REQUIRE(size.weights.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const model::Weights& weights = network.weights[i];
    const WeightSetSize& set = size.weights[i];
    CHECK(set.name == weights.name);
    CHECK(set.count == weights.count());
    CHECK(set.bytes == encode_weights(weights.levels, weights.learned_signs, weights.coats).size());
    CHECK(set.bits_per_weight ==
          Approx(8.0 * static_cast<double>(set.bytes) / static_cast<double>(set.count)));
    CHECK(set.entropy_bits == weight_entropy(weights.levels, weights.learned_signs));
    const auto zeros = std::count(weights.levels.begin(), weights.levels.end(), 0);
    CHECK(set.nonzero_fraction == Approx(1 - static_cast<double>(zeros) / static_cast<double>(set.count)));
  }
}

TEST_CASE("compressed model: the sign of a zero weight is not kept", "[stream][round-trip]") {
  model::Network network = sample_network();
  std::fill(network.weights[2].learned_signs.begin(), network.weights[2].learned_signs.end(),
            std::uint8_t{1});
  const model::Network back = decode_network(encode_network(network, "sample"));
  for (std::size_t i = 0; i < back.weights[2].levels.size(); ++i)
    CHECK(back.weights[2].learned_signs[i] == (back.weights[2].levels[i] == 0 ? 0 : 1));
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
                    Contains("has 7 sections, a network of 4 weight sets needs 6"));
  CHECK_THROWS_WITH(parse(with("norms", shorter("norms"))), Contains("section 'norms' has 207 bytes"));
  CHECK_THROWS_WITH(parse(with("norms", Bytes(10))),
                    Contains("section 'norms' has 5 values, the network needs 104"));
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
  CHECK_THROWS_WITH(parse(with("network", packed(std::string(20'000'000, ' ')))),
                    Contains("expands to more than"));
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
