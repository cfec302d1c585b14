// SPDX-License-Identifier: Apache-2.0
// The envelope of all files: as the bytes are, and with the checksums made right.
#include <zlib.h>

#include <cstring>

#include "base/container.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/seeds.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {
namespace {

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), bytes.data(), bytes.size()));
}

template <typename T>
T load(const Bytes& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, &bytes[at], sizeof value);
  return value;
}

void store(Bytes& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(&bytes[at], &value, sizeof value);
}

Bytes with_right_checksums(Bytes bytes) {
  constexpr std::size_t header = 16, entry = 48;
  if (bytes.size() < header) return bytes;
  std::memcpy(bytes.data(), test_kind.magic.data(), 4);
  store(bytes, 4, test_kind.version);
  const std::size_t end = header + entry * std::size_t{load<std::uint32_t>(bytes, 8)};
  if (end > bytes.size()) return bytes;
  for (std::size_t at = header; at < end; at += entry) {
    const auto offset = load<std::uint64_t>(bytes, at + 24), length = load<std::uint64_t>(bytes, at + 32);
    if (offset < end || offset > bytes.size() || length > bytes.size() - offset) continue;
    store(bytes, at + 40, crc(std::span(bytes).subspan(offset, length)));
  }
  store(bytes, 12, crc(std::span(bytes).subspan(header, end - header)));
  return bytes;
}

void read_as(Bytes bytes) {
  const Container container = Container::parse(std::move(bytes), test_kind, "fuzz");
  const Container again = Container::parse(container.serialize(), test_kind, "again");
  WD_ASSERT(again.sections() == container.sections());
}

}  // namespace

void read(std::span<const std::uint8_t> data) {
  read_as(with_right_checksums({data.begin(), data.end()}));
  read_as({data.begin(), data.end()});
}

}  // namespace wd::fuzz
