// SPDX-License-Identifier: Apache-2.0
// Opens a regular file, whose size is known, and reads it piece by piece. Everything that reads files opens
// them here: a FIFO would wait for a writer, a device may never end.
//
// Units     a piece never exceeds what the file still holds, so no length field can ask for more memory.
// Errors    missing, unreadable, special or too large files, files that shrink while they are read, no
//           memory: wd::Error naming the file.
// Not       memory mapping: a file that shrinks under a map kills the program.
// Test      files_test.cpp, algo/interchange/safetensors_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace wd {

class SizedFile {
 public:
  static constexpr std::uint64_t largest_bytes = std::uint64_t{16} << 30;

  explicit SizedFile(const std::filesystem::path& path, std::uint64_t limit_bytes = largest_bytes);
  ~SizedFile();
  SizedFile(const SizedFile&) = delete;
  SizedFile& operator=(const SizedFile&) = delete;

  /// Fills `out`, of at most left() bytes, with the next ones.
  void read(std::span<std::uint8_t> out);
  /// The next `length` bytes, at most left(), in memory of their own.
  std::shared_ptr<const std::uint8_t[]> read(std::uint64_t length);

  const std::string& origin() const { return origin_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return size_ - position_; }

  /// Hands the open file over; nothing more can be read here.
  int release();

 private:
  std::string origin_;
  int file_ = -1;
  std::uint64_t size_ = 0, position_ = 0;
};

}  // namespace wd
