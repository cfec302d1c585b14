// SPDX-License-Identifier: Apache-2.0
// Reads a file of known size piece by piece, each piece straight into memory of its own.
//
// Units     a piece never exceeds what the file still holds, so no length field can ask for more memory.
// Errors    missing, unreadable, special or too large files (16 GiB), files that shrink while they are
//           read: wd::Error naming the file.
// Not       memory mapping: a file that shrinks under a map kills the program.
// Test      safetensors_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace wd::algo {

class SizedFile {
 public:
  explicit SizedFile(const std::filesystem::path& path);
  ~SizedFile();
  SizedFile(const SizedFile&) = delete;
  SizedFile& operator=(const SizedFile&) = delete;

  /// The next `length` bytes; `length` must not exceed left().
  std::shared_ptr<const std::uint8_t[]> read(std::uint64_t length);

  const std::string& origin() const { return origin_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return size_ - position_; }

 private:
  std::string origin_;
  int file_ = -1;
  std::uint64_t size_ = 0, position_ = 0;
};

}  // namespace wd::algo
