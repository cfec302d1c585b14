// SPDX-License-Identifier: Apache-2.0
// The one file envelope of the toolchain: named, checksummed sections behind a magic number.
//
// Shape     magic[4] version:u32 section_count:u32 table_crc:u32, then per section
//           name[24] offset:u64 length:u64 crc32:u32 reserved:u32, then the section bytes, each
//           starting at the next multiple of 8. Little-endian. docs/formats.md has the full text.
// Errors    wrong magic, version, truncation, overlaps, checksum: wd::Error naming file and section.
// Test      container_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"

namespace wd {

/// What a file holds; the magic's last letter. One version number per kind.
struct FileKind {
  std::array<char, 4> magic;
  std::uint32_t version;
  std::string_view description;  // for messages: "program", "model", ...
  std::uint64_t limit_bytes = read_limit_bytes;
  std::string_view remedy = "make the file again";  // for a file of another version
};

class Container {
 public:
  explicit Container(FileKind kind) : kind_(kind) {}

  static Container read(const std::filesystem::path& path, FileKind kind);
  /// @param origin the name that messages use for these bytes.
  static Container parse(Bytes bytes, FileKind kind, const std::string& origin);

  Bytes serialize() const;
  void write(const std::filesystem::path& path) const;

  void set(const std::string& name, Bytes bytes);
  void set_json(const std::string& name, const nlohmann::json& value);
  template <typename T>
  void set_array(const std::string& name, const std::vector<T>& values) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
    set(name, Bytes(first, first + values.size() * sizeof(T)));
  }

  bool has(const std::string& name) const { return sections_.count(name) != 0; }
  const Bytes& get(const std::string& name) const;
  nlohmann::json get_json(const std::string& name) const;
  template <typename T>
  std::vector<T> get_array(const std::string& name) const {
    const Bytes& bytes = get(name);
    require_multiple(name, bytes.size(), sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(values.data()));
    return values;
  }

  const std::map<std::string, Bytes>& sections() const { return sections_; }
  const std::string& origin() const { return origin_; }

 private:
  void require_multiple(const std::string& name, std::size_t size, std::size_t unit) const;

  FileKind kind_;
  std::string origin_ = "(memory)";
  std::map<std::string, Bytes> sections_;
};

}  // namespace wd
