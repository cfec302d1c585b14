// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "algo/interchange/safetensors_header.hpp"
#include "base/error.hpp"
#include "base/sized_file.hpp"

namespace wd::algo {

namespace {

constexpr std::uint64_t length_bytes = 8, longest_header = 100'000'000;

std::uint64_t header_length(std::span<const std::uint8_t> first, std::uint64_t file_bytes,
                            const std::string& origin) {
  WD_REQUIRE(first.size() == length_bytes, origin, ": is ", file_bytes,
             " bytes long, too short for a safetensors file; check the path");
  std::uint64_t length = 0;
  std::memcpy(&length, first.data(), sizeof length);
  WD_REQUIRE(length <= longest_header && length <= file_bytes - length_bytes, origin,
             ": says that its header is ", length, " bytes long, but ",
             length > longest_header ? "a header has at most " : "the file holds only ",
             length > longest_header ? longest_header : file_bytes - length_bytes,
             " bytes; the file is cut short, damaged, or not a safetensors file");
  return length;
}

NamedTensors tensors_of(SafetensorsHeader header, const std::shared_ptr<const std::uint8_t[]>& data) {
  NamedTensors tensors;
  tensors.metadata = std::move(header.metadata);
  for (SafetensorsEntry& entry : header.entries) {
    const std::span<const std::uint8_t> bytes(data.get() + entry.begin, entry.end - entry.begin);
    tensors.add(entry.name, {entry.dtype, std::move(entry.shape), bytes, data});
  }
  return tensors;
}

using FileOrder = std::vector<const std::pair<const std::string, NamedTensor>*>;

FileOrder in_file_order(const NamedTensors& tensors) {
  FileOrder order;
  for (const auto& item : tensors.all()) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [](const auto* left, const auto* right) {
    return bytes_of(left->second.dtype) > bytes_of(right->second.dtype);
  });
  return order;
}

/// The JSON header, filled up with spaces to a multiple of 8 bytes.
std::string header_text(const NamedTensors& tensors, const FileOrder& order) {
  std::string header = "{";
  const auto add = [&](const std::string& name, const nlohmann::ordered_json& value) {
    header += text(header.size() == 1 ? "" : ",", nlohmann::json(name).dump(), ":", value.dump());
  };
  try {
    if (!tensors.metadata.empty()) add("__metadata__", tensors.metadata);
    std::uint64_t end = 0;
    for (const auto* item : order) {
      const auto& [name, tensor] = *item;
      WD_REQUIRE(name != "__metadata__", "a tensor may not be called '__metadata__'; rename it");
      const std::uint64_t begin = std::exchange(end, end + tensor.bytes.size());
      add(name, {{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}});
    }
  } catch (const nlohmann::json::exception&) {
    fail("safetensors: a tensor's name or the metadata is not UTF-8 text; rename it");
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

}  // namespace

NamedTensors read_safetensors(const std::filesystem::path& path) {
  SizedFile file(path);
  const std::string& origin = file.origin();
  const auto first = file.read(std::min(file.left(), length_bytes));
  const std::uint64_t length = header_length({first.get(), file.position()}, file.size(), origin);
  const auto header_bytes = file.read(length);
  SafetensorsHeader header = parse_safetensors_header(
      {reinterpret_cast<const char*>(header_bytes.get()), length}, file.left(), origin);
  return tensors_of(std::move(header), file.read(file.left()));
}

NamedTensors parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& origin) {
  const std::uint64_t length =
      header_length(bytes.first(std::min<std::size_t>(bytes.size(), length_bytes)), bytes.size(), origin);
  const auto data = bytes.subspan(length_bytes + length);
  SafetensorsHeader header = parse_safetensors_header(
      {reinterpret_cast<const char*>(bytes.data() + length_bytes), length}, data.size(), origin);
  std::shared_ptr<std::uint8_t[]> copy(new std::uint8_t[data.size()]);
  std::copy(data.begin(), data.end(), copy.get());
  return tensors_of(std::move(header), std::move(copy));
}

Bytes serialize_safetensors(const NamedTensors& tensors) {
  const auto order = in_file_order(tensors);
  const std::string header = header_text(tensors, order);
  Bytes bytes(length_bytes + header.size() + tensors.data_bytes());
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  std::memcpy(bytes.data() + length_bytes, header.data(), header.size());
  std::uint8_t* to = bytes.data() + length_bytes + header.size();
  for (const auto* item : order) to = std::copy(item->second.bytes.begin(), item->second.bytes.end(), to);
  return bytes;
}

void write_safetensors(const NamedTensors& tensors, const std::filesystem::path& path) {
  write_file(path, serialize_safetensors(tensors));
}

}  // namespace wd::algo
