// SPDX-License-Identifier: Apache-2.0
#include "hw/stream/compressed_model.hpp"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/stream/weight_code.hpp"

namespace wd::stream {
namespace {

// A description of a thousand layers is below 1 MiB; what expands further is hostile.
constexpr std::size_t max_description_bytes = std::size_t{16} << 20;

Bytes deflate_text(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  Bytes packed(size);
  const int code = compress2(packed.data(), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size(),
                             Z_BEST_COMPRESSION);
  WD_ASSERT(code == Z_OK);
  packed.resize(size);
  return packed;
}

std::string inflate_text(const Bytes& packed, const std::string& origin) {
  WD_REQUIRE(packed.size() <= max_description_bytes, origin, ": section 'network' has ", packed.size(),
             " bytes; it is not a description");
  z_stream stream{};
  WD_REQUIRE(inflateInit(&stream) == Z_OK, origin, ": no memory for decompression");
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib's older interface; it only reads
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  char block[16384];
  int code = Z_OK;
  while (code == Z_OK && plain.size() <= max_description_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    code = inflate(&stream, Z_NO_FLUSH);
    plain.append(block, sizeof block - stream.avail_out);
  }
  const std::size_t left = stream.avail_in;
  inflateEnd(&stream);
  WD_REQUIRE(plain.size() <= max_description_bytes, origin, ": section 'network' expands to more than ",
             max_description_bytes, " bytes; it is not a description");
  WD_REQUIRE(code == Z_STREAM_END && left == 0, origin, ": section 'network' is not one whole zlib stream",
             left != 0 ? text(" (", left, " bytes follow it)") : "", "; make the file again");
  return plain;
}

CompressedSize account(const model::Network& network, const Container& container, std::size_t total_bytes) {
  CompressedSize size;
  size.total_bytes = total_bytes;
  size.norm_bytes = container.get("norms").size();
  size.description_bytes = container.get("network").size();
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    const model::Weights& weights = network.weights[i];
    const auto zeros = std::count(weights.levels.begin(), weights.levels.end(), std::uint8_t{0});
    const auto count = static_cast<double>(weights.count());
    const std::size_t bytes = container.get(text("weights.", i)).size();
    size.weights.push_back({weights.name, weights.count(), bytes, 8.0 * static_cast<double>(bytes) / count,
                            weight_entropy(weights.levels, weights.learned_signs),
                            1.0 - static_cast<double>(zeros) / count});
  }
  size.container_bytes = total_bytes - size.norm_bytes - size.description_bytes - size.weight_bytes();
  return size;
}

}  // namespace

std::size_t CompressedSize::weight_bytes() const {
  std::size_t bytes = 0;
  for (const WeightSetSize& set : weights) bytes += set.bytes;
  return bytes;
}

std::size_t CompressedSize::weight_count() const {
  std::size_t count = 0;
  for (const WeightSetSize& set : weights) count += set.count;
  return count;
}

double CompressedSize::bits_per_weight() const {
  return 8.0 * static_cast<double>(weight_bytes()) / static_cast<double>(weight_count());
}

double CompressedSize::entropy_bits_per_weight() const {
  double bits = 0;
  for (const WeightSetSize& set : weights) bits += set.entropy_bits * static_cast<double>(set.count);
  return bits / static_cast<double>(weight_count());
}

Container encode_network(const model::Network& network, const std::string& origin) {
  model::check(network, origin);
  Container container(compressed_kind);
  container.set("network", deflate_text(model::describe(network).dump()));
  container.set_array("norms", model::flatten_norms(network));
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    const model::Weights& weights = network.weights[i];
    container.set(text("weights.", i), encode_weights(weights.levels, weights.learned_signs, weights.coats));
  }
  return container;
}

model::Network decode_network(const Container& container) {
  const std::string& origin = container.origin();
  nlohmann::json description;
  try {
    description = nlohmann::json::parse(inflate_text(container.get("network"), origin));
  } catch (const nlohmann::json::exception& error) {
    fail(origin, ": section 'network' is not JSON: ", error.what());
  }
  model::Network network = model::from_description(description, origin);
  WD_REQUIRE(container.sections().size() == 2 + network.weights.size(), origin, ": has ",
             container.sections().size(), " sections, a network of ", network.weights.size(),
             " weight sets needs ", 2 + network.weights.size());
  model::restore_norms(network, container.get_array<std::uint16_t>("norms"), origin);
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    model::Weights& weights = network.weights[i];
    const std::string section = text("weights.", i);
    WeightArray array = decode_weights(container.get(section), weights.count(), weights.coats,
                                       weights.signs == model::SignSource::learned,
                                       text(origin, ": section '", section, "'"));
    weights.levels = std::move(array.levels);
    weights.learned_signs = std::move(array.signs);
  }
  model::check(network, origin);
  return network;
}

CompressedSize compressed_size(const model::Network& network) {
  const Container container = encode_network(network, network.name);
  return account(network, container, container.serialize().size());
}

CompressedSize write_compressed(const model::Network& network, const std::filesystem::path& path) {
  const Container container = encode_network(network, path.string());
  const Bytes bytes = container.serialize();
  write_file(path, bytes);
  return account(network, container, bytes.size());
}

model::Network read_compressed(const std::filesystem::path& path) {
  return decode_network(Container::read(path, compressed_kind));
}

}  // namespace wd::stream
