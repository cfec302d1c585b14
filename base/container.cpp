// SPDX-License-Identifier: Apache-2.0
#include "base/container.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd {
namespace {

constexpr std::size_t header_bytes = 16;
constexpr std::size_t name_bytes = 24;
constexpr std::size_t entry_bytes = name_bytes + 8 + 8 + 4 + 4;
constexpr std::uint32_t max_sections = 65536;

std::uint32_t crc(const std::uint8_t* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), data, size));
}

template <typename T>
T load(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(std::uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

bool is_printable(char byte) { return byte >= 0x20 && byte < 0x7f; }

std::size_t aligned(std::size_t offset) { return (offset + 7) / 8 * 8; }

}  // namespace

Container Container::read(const std::filesystem::path& path, FileKind kind) {
  return parse(read_file(path, kind.limit_bytes), kind, path.string());
}

Container Container::parse(Bytes bytes, FileKind kind, const std::string& origin) {
  const std::string what = text(origin, ": not a usable ", kind.description, " file: ");
  WD_REQUIRE(bytes.size() >= header_bytes, what, "only ", bytes.size(), " bytes, truncated");
  WD_REQUIRE(std::memcmp(bytes.data(), kind.magic.data(), 4) == 0, what,
             "the magic number is wrong; is it another kind of file?");
  const auto version = load<std::uint32_t>(&bytes[4]);
  WD_REQUIRE(version == kind.version, what, "version ", version, ", this program reads version ",
             kind.version, "; ", kind.remedy);
  const auto count = load<std::uint32_t>(&bytes[8]);
  const std::size_t table_bytes = entry_bytes * std::size_t{count};
  WD_REQUIRE(count <= max_sections && header_bytes + table_bytes <= bytes.size(), what, "section table of ",
             count, " entries does not fit, truncated or corrupted");
  WD_REQUIRE(crc(bytes.data() + header_bytes, table_bytes) == load<std::uint32_t>(&bytes[12]), what,
             "checksum of the section table is wrong; the file is corrupted, make it again");
  Container container(kind);
  container.origin_ = origin;
  std::size_t end = header_bytes + table_bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint8_t* entry = bytes.data() + header_bytes + i * entry_bytes;
    const char* raw = reinterpret_cast<const char*>(entry);
    const std::string name(raw, strnlen(raw, name_bytes));
    WD_REQUIRE(!name.empty() && std::all_of(name.begin(), name.end(), is_printable) &&
                   std::all_of(raw + name.size(), raw + name_bytes, [](char byte) { return byte == 0; }),
               what, "the name of section ", i,
               " is not printable ASCII filled up with zero bytes; the file is corrupted");
    const auto offset = load<std::uint64_t>(entry + name_bytes);
    const auto length = load<std::uint64_t>(entry + name_bytes + 8);
    WD_REQUIRE(offset == aligned(end) && offset <= bytes.size() && length <= bytes.size() - offset, what,
               "section '", name, "' at ", offset, " of ", length,
               " bytes lies outside the file, truncated or corrupted");
    for (std::size_t pad = end; pad < offset; ++pad)
      WD_REQUIRE(bytes[pad] == 0, what, "padding before section '", name, "' is not zero");
    WD_REQUIRE(crc(bytes.data() + offset, length) == load<std::uint32_t>(entry + name_bytes + 16), what,
               "checksum of section '", name, "' is wrong; the file is corrupted, make it again");
    WD_REQUIRE(load<std::uint32_t>(entry + name_bytes + 20) == 0, what, "section '", name,
               "': reserved field is not zero");
    end = offset + length;
    const bool fresh = container.sections_
                           .emplace(name, Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                                                bytes.begin() + static_cast<std::ptrdiff_t>(end)))
                           .second;
    WD_REQUIRE(fresh, what, "section '", name, "' appears twice");
  }
  WD_REQUIRE(end == bytes.size(), what, bytes.size() - end, " bytes follow the last section");
  return container;
}

Bytes Container::serialize() const {
  const std::size_t table_bytes = entry_bytes * sections_.size();
  Bytes bytes(header_bytes + table_bytes, 0);
  std::memcpy(bytes.data(), kind_.magic.data(), 4);
  store(&bytes[4], kind_.version);
  store(&bytes[8], static_cast<std::uint32_t>(sections_.size()));
  std::size_t index = 0;
  for (const auto& [name, section] : sections_) {
    const std::size_t offset = aligned(bytes.size());
    bytes.resize(offset, 0);
    bytes.insert(bytes.end(), section.begin(), section.end());
    std::uint8_t* entry = bytes.data() + header_bytes + index++ * entry_bytes;
    std::memcpy(entry, name.data(), name.size());
    store(entry + name_bytes, static_cast<std::uint64_t>(offset));
    store(entry + name_bytes + 8, static_cast<std::uint64_t>(section.size()));
    store(entry + name_bytes + 16, crc(section.data(), section.size()));
  }
  store(&bytes[12], crc(bytes.data() + header_bytes, table_bytes));
  return bytes;
}

void Container::write(const std::filesystem::path& path) const { write_file(path, serialize()); }

void Container::set(const std::string& name, Bytes bytes) {
  WD_ASSERT(!name.empty() && name.size() <= name_bytes);
  sections_[name] = std::move(bytes);
}

void Container::set_json(const std::string& name, const nlohmann::json& value) {
  const std::string dumped = value.dump();
  set(name, Bytes(dumped.begin(), dumped.end()));
}

const Bytes& Container::get(const std::string& name) const {
  const auto found = sections_.find(name);
  WD_REQUIRE(found != sections_.end(), origin_, ": section '", name,
             "' is missing; the file was made by another program version, make it again");
  return found->second;
}

nlohmann::json Container::get_json(const std::string& name) const {
  return parse_json(get(name), text(origin_, ": section '", name, "'"));
}

void Container::require_multiple(const std::string& name, std::size_t size, std::size_t unit) const {
  WD_REQUIRE(size % unit == 0, origin_, ": section '", name, "' has ", size, " bytes, not a multiple of ",
             unit);
}

}  // namespace wd
