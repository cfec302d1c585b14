// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/compressed_model.hpp"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/freeze_generator.hpp"
#include "hw/formats/stream/norm_code.hpp"

namespace wd::stream {
namespace {

// A description of a thousand layers is below 1 MiB; what expands further is hostile. As JSON values, it takes up to
// 40 times its bytes.
constexpr std::size_t max_description_bytes = std::size_t{4} << 20;

constexpr std::size_t section_bytes =
    48 + 8;  // of the file for one more section: its entry and its alignment

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

nlohmann::json read_description(const Container& container) {
  const std::string plain = inflate_text(container.get("network"), container.origin());
  return parse_json(std::span(reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()),
                    container.origin() + ": section 'network'");
}

Bytes write_tables(const std::vector<CodeTable>& tables) {
  Bytes bytes{static_cast<std::uint8_t>(tables.size())};
  for (const CodeTable& table : tables) {
    bytes.push_back(static_cast<std::uint8_t>(table.kinds.coats));
    bytes.push_back(table.kinds.has_signs ? 2 : 1);
    table.write(bytes);
  }
  return bytes;
}

std::vector<CodeTable> read_tables(const Bytes& bytes, const std::string& origin) {
  WD_REQUIRE(!bytes.empty() && bytes[0] > 0, origin,
             ": must begin with the number of tables, 1 to 255, at byte 0");
  std::vector<CodeTable> tables;
  std::size_t at = 1;
  for (int i = 0; i < bytes[0]; ++i) {
    WD_REQUIRE(bytes.size() - at >= 2, origin, ": ends at byte ", bytes.size(), ", before table ", i, " of ",
               int{bytes[0]});
    const int coats = bytes[at], signs = bytes[at + 1];
    WD_REQUIRE(coats >= 1 && coats <= max_coats && (signs == 1 || signs == 2), origin, ": table ", i,
               " at byte ", at, " is for ", coats, " coats and S = ", signs, ", must be 1 to ", max_coats,
               " and 1 or 2");
    at += 2;
    tables.push_back(read_table(bytes, at, {coats, signs == 2}, text(origin, ": table ", i)));
  }
  WD_REQUIRE(at == bytes.size(), origin, ": ", bytes.size() - at, " bytes follow the last table at byte ",
             at);
  return tables;
}

/// The code of every weight set; no bytes where none is free.
std::vector<Bytes> encode_sets(const model::Network& network, const std::string& origin,
                               const std::vector<CodeTable>& tables, std::optional<CodeMode> mode) {
  std::vector<Bytes> codes;
  for (const model::Weights& weights : network.weights) {
    const FreeWeights free(weights, origin);
    codes.emplace_back();
    if (!free.levels.empty())
      codes.back() =
          encode_weights(free.levels, free.signs, weights.coats, {free.stream_weights, tables, mode});
  }
  return codes;
}

std::size_t total_size(const std::vector<Bytes>& codes) {
  std::size_t bytes = 0;
  for (const Bytes& code : codes) bytes += code.size();
  return bytes;
}

/// Fills weight set `index` from its sections.
void read_weights(model::Weights& weights, std::size_t index, const Container& container,
                  const std::vector<CodeTable>& tables) {
  const std::string section = text("weights.", index), locked_section = text("locked.", index);
  const std::string origin = text(container.origin(), ": section '", section, "'");
  const std::string locked_origin = text(container.origin(), ": section '", locked_section, "'");
  if (weights.freeze)
    WD_REQUIRE(weights.freeze->pruned + weights.freeze->locked <= static_cast<int>(freeze_one), origin,
               ": pruned and locked are more than 65536 of 65536");
  const FreeCounts counts(weights);
  const bool learned = weights.signs == model::SignSource::learned;
  const Bytes& code = container.get(section);
  WeightArray array;
  if (counts.free > 0)
    array =
        decode_weights(code, counts.free, weights.coats, learned, origin, {counts.stream_weights, tables});
  else
    WD_REQUIRE(code.empty(), origin, ": has ", code.size(), " bytes, but all weights of the set are frozen");
  const std::size_t locked_bytes = learned ? (counts.locked + 7) / 8 : 0;
  const bool has_locked = container.has(locked_section);
  WD_REQUIRE(has_locked == (locked_bytes > 0) &&
                 (!has_locked || container.get(locked_section).size() == locked_bytes),
             locked_origin, ": must have ", locked_bytes, " bytes of signs of locked weights",
             has_locked ? text(", has ", container.get(locked_section).size()) : std::string(", is missing"));
  put_back(weights, std::move(array.levels), std::move(array.signs),
           has_locked ? std::span<const std::uint8_t>(container.get(locked_section))
                      : std::span<const std::uint8_t>(),
           locked_origin);
}

/// The least bits that code independent free weights of these frequencies, per weight of the set.
double entropy_of(const model::Weights& weights, const FreeWeights& free) {
  double bits = 8 * static_cast<double>(free.locked_signs.size());
  if (!free.levels.empty())
    bits += weight_entropy(free.levels, free.signs) * static_cast<double>(free.levels.size());
  return bits / static_cast<double>(weights.count());
}

CompressedSize account(const model::Network& network, const Container& container, std::size_t total_bytes) {
  CompressedSize size;
  size.total_bytes = total_bytes;
  size.norm_bytes = container.get(container.has("norms") ? "norms" : "norms8").size();
  size.table_bytes = container.has("tables") ? container.get("tables").size() : 0;
  size.description_bytes = container.get("network").size();
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    const model::Weights& weights = network.weights[i];
    const auto zeros = std::count(weights.levels.begin(), weights.levels.end(), std::uint8_t{0});
    const auto count = static_cast<double>(weights.count());
    const FreeWeights free(weights, network.name);
    const Bytes& code = container.get(text("weights.", i));
    WeightSetSize set;
    set.name = weights.name;
    set.count = weights.count();
    set.free = free.levels.size();
    if (!code.empty()) set.mode = name(mode_of(code));
    set.bytes = code.size() + free.locked_signs.size();
    set.bits_per_weight = 8.0 * static_cast<double>(set.bytes) / count;
    set.entropy_bits = entropy_of(weights, free);
    set.nonzero_fraction = 1.0 - static_cast<double>(zeros) / count;
    size.weights.push_back(std::move(set));
  }
  size.container_bytes = total_bytes - size.norm_bytes - size.description_bytes - size.weight_bytes();
  return size;
}

}  // namespace

std::size_t CompressedSize::weight_bytes() const {
  std::size_t bytes = table_bytes;
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

Container encode_network(const model::Network& network, const std::string& origin,
                         const CompressOptions& options) {
  model::check(network, origin);
  Container container(compressed_kind);
  container.set("network", deflate_text(model::describe(network).dump()));
  if (options.norms == NormFormat::fp8)
    container.set("norms8", encode_norms(network, origin));
  else
    container.set_array("norms", model::flatten_norms(network));
  std::vector<CodeTable> tables;
  std::vector<Bytes> codes = encode_sets(network, origin, {}, options.mode);
  if (!options.mode) {
    std::vector<LayerHistogram> histograms;
    for (const model::Weights& weights : network.weights) {
      const FreeWeights free(weights, origin);
      histograms.push_back(layer_histogram(free.levels, free.signs, weights.coats, free.stream_weights));
    }
    tables = choose_shared_tables(histograms);
    std::vector<Bytes> sharing = tables.empty() ? codes : encode_sets(network, origin, tables, std::nullopt);
    // The tables' section costs its place in the file, too: only the whole tells which is smaller.
    if (write_tables(tables).size() + section_bytes + total_size(sharing) < total_size(codes))
      codes = std::move(sharing);
    else
      tables.clear();
  }
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    container.set(text("weights.", i), std::move(codes[i]));
    Bytes locked = FreeWeights(network.weights[i], origin).locked_signs;
    if (!locked.empty()) container.set(text("locked.", i), std::move(locked));
  }
  if (!tables.empty()) container.set("tables", write_tables(tables));
  return container;
}

/// Of readers, so that a few bytes cannot ask for any amount of memory; of the writer, so that what it writes can be read.
void refuse_too_many_weights(const model::Network& network, const Container& container,
                             const std::string& origin) {
  std::size_t count = 0, section_bytes = 0;
  for (const auto& [name, bytes] : container.sections()) section_bytes += bytes.size();
  for (const model::Weights& weights : network.weights) count += weights.count();
  WD_REQUIRE(count <= max_weights(section_bytes), origin, ": describes ", count, " weights in ",
             section_bytes, " bytes, at most ", max_weights(section_bytes), " are possible");
}

model::Network decode_network(const Container& container) {
  const std::string& origin = container.origin();
  const bool fp8 = container.has("norms8");
  const std::size_t norm_values = fp8 ? container.get("norms8").size() : container.get("norms").size() / 2;
  model::Network network = model::from_description(read_description(container), origin, norm_values);
  std::size_t sections = 2 + network.weights.size() + (container.has("tables") ? 1 : 0);
  for (std::size_t i = 0; i < network.weights.size(); ++i)
    if (container.has(text("locked.", i))) ++sections;
  WD_REQUIRE(container.sections().size() == sections, origin, ": has ", container.sections().size(),
             " sections, a network of ", network.weights.size(), " weight sets like this needs ", sections);
  refuse_too_many_weights(network, container, origin);
  if (fp8)
    decode_norms(network, container.get("norms8"), origin);
  else
    model::restore_norms(network, container.get_array<std::uint16_t>("norms"), origin);
  std::vector<CodeTable> tables;
  if (container.has("tables"))
    tables = read_tables(container.get("tables"), text(origin, ": section 'tables'"));
  bool any_shared = false;
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    read_weights(network.weights[i], i, container, tables);
    const Bytes& code = container.get(text("weights.", i));
    any_shared = any_shared || (!code.empty() && mode_of(code) == CodeMode::shared_huffman);
  }
  WD_REQUIRE(any_shared || tables.empty(), origin, ": section 'tables': no weight set uses it");
  model::check(network, origin);
  return network;
}

CompressedSize compressed_size(const model::Network& network, const CompressOptions& options) {
  const Container container = encode_network(network, network.name, options);
  return account(network, container, container.serialize().size());
}

EncodedFile encode_file(const model::Network& network, const std::string& origin,
                        const CompressOptions& options) {
  const Container container = encode_network(network, origin, options);
  refuse_too_many_weights(network, container, origin);
  Bytes bytes = container.serialize();
  CompressedSize size = account(network, container, bytes.size());
  return {std::move(bytes), std::move(size)};
}

CompressedSize write_compressed(const model::Network& network, const std::filesystem::path& path,
                                const CompressOptions& options) {
  EncodedFile file = encode_file(network, path.string(), options);
  write_file(path, file.bytes);
  return std::move(file.size);
}

model::Network read_compressed(const std::filesystem::path& path) {
  return decode_network(Container::read(path, compressed_kind));
}

}  // namespace wd::stream
