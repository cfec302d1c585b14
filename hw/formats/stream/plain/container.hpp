// SPDX-License-Identifier: Apache-2.0
// Bits, bytes and the container.
// Of the second decoder of compressed models, which was written from docs/formats.md alone, for tests: plain and slow,
// one bit at a time. It shares no code with the first one, so that the two can only agree on what the page says.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace wd::stream::plain {

using Bytes = std::vector<std::uint8_t>;

inline void require(bool allowed, const char* otherwise) {
  if (!allowed) throw std::runtime_error(otherwise);
}

inline std::uint64_t little_endian(const Bytes& bytes, std::size_t offset, std::size_t count) {
  require(offset <= bytes.size() && count <= bytes.size() - offset, "ends too early");
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value * 256 + bytes[offset + i - 1];
  return value;
}

// Reads from bit 7 of the first byte on; whole bytes only where a byte starts.
class BitReader {
 public:
  explicit BitReader(const Bytes& bytes) : bytes_(bytes) {}

  int bit() {
    require(next_ < 8 * bytes_.size(), "ends too early");
    const int value = (bytes_[next_ / 8] >> (7 - next_ % 8)) & 1;
    ++next_;
    return value;
  }

  int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) value = 2 * value + bit();
    return value;
  }

  int byte() { return bits(8); }

  void skip_padding() {
    while (next_ % 8 != 0) require(bit() == 0, "the padding of a byte is not zero");
  }

  Bytes take_bytes(std::size_t count) {
    require(count <= bytes_left(), "ends too early");
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(next_ / 8);
    next_ += 8 * count;
    return Bytes(first, first + static_cast<std::ptrdiff_t>(count));
  }

  std::size_t bytes_left() const { return bytes_.size() - next_ / 8; }

  // At most 7 bits may be left, all of them zero.
  void finish() {
    skip_padding();
    require(bytes_left() == 0, "bytes are left over");
  }

 private:
  const Bytes& bytes_;
  std::size_t next_ = 0;
};

inline std::uint32_t crc_32(const Bytes& bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

inline Bytes slice(const Bytes& bytes, std::size_t offset, std::size_t count) {
  require(offset <= bytes.size() && count <= bytes.size() - offset, "ends too early");
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return Bytes(first, first + static_cast<std::ptrdiff_t>(count));
}

inline std::string section_name(const Bytes& field) {
  std::string name;
  for (const std::uint8_t byte : field) {
    if (byte == 0) break;
    require(byte < 128, "a section name is not ASCII");
    name.push_back(static_cast<char>(byte));
  }
  for (std::size_t i = name.size(); i < field.size(); ++i) {
    require(field[i] == 0, "a section name is not filled up with zero bytes");
  }
  return name;
}

inline std::map<std::string, Bytes> read_container(const Bytes& file, const std::string& magic,
                                                   std::uint32_t version) {
  constexpr std::size_t header_bytes = 16;
  constexpr std::size_t entry_bytes = 48;
  require(slice(file, 0, 4) == Bytes(magic.begin(), magic.end()), "another magic number");
  require(little_endian(file, 4, 4) == version, "another version");
  const std::size_t count = little_endian(file, 8, 4);
  require(count <= 65536, "too many sections");
  const Bytes table = slice(file, header_bytes, entry_bytes * count);
  require(little_endian(file, 12, 4) == crc_32(table), "the checksum of the section table is wrong");

  std::map<std::string, Bytes> sections;
  std::size_t end = header_bytes + table.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = entry_bytes * i;
    const std::string name = section_name(slice(table, entry, 24));
    const std::size_t start = (end + 7) / 8 * 8;
    require(little_endian(table, entry + 24, 8) == start, "a section is not where it has to be");
    for (const std::uint8_t byte : slice(file, end, start - end)) {
      require(byte == 0, "the bytes between two sections are not zero");
    }
    const Bytes section = slice(file, start, little_endian(table, entry + 32, 8));
    require(little_endian(table, entry + 40, 4) == crc_32(section), "the checksum of a section is wrong");
    require(little_endian(table, entry + 44, 4) == 0, "an entry of the section table does not end with zero");
    require(sections.emplace(name, section).second, "a section name appears twice");
    end = start + section.size();
  }
  require(end == file.size(), "the file does not end with its last section");
  return sections;
}

// A section that is read is taken away: what remains at the end is not allowed.
inline Bytes take_section(std::map<std::string, Bytes>& sections, const std::string& name) {
  const auto found = sections.find(name);
  if (found == sections.end()) throw std::runtime_error("there is no section " + name);
  Bytes bytes = std::move(found->second);
  sections.erase(found);
  return bytes;
}

}  // namespace wd::stream::plain
