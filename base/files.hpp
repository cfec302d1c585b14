// SPDX-License-Identifier: Apache-2.0
// Reads and writes whole files; a written file appears complete or not at all.
//
// Errors    missing, unreadable, special, too large or unwritable files: wd::Error with the path and the
//           reason.
// Test      files_test.cpp, container_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;  // of zlib

namespace wd {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint64_t read_limit_bytes = std::uint64_t{2} << 30;

/// A regular file in whole.
Bytes read_file(const std::filesystem::path& path, std::uint64_t limit_bytes = read_limit_bytes);

/// Reads a file that may be gzip-compressed (as the IDX files of Debian's data sets are) piece by piece: what it expands
/// to is the reader's to limit.
class GzipFile {
 public:
  explicit GzipFile(const std::filesystem::path& path);
  ~GzipFile();
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  /// Fills `out`, or as much of it as there is. @return how many bytes; fewer than asked for at the end only
  std::size_t read(std::span<std::uint8_t> out);

 private:
  std::string origin_;
  gzFile_s* file_;
};

/// Writes to `path`.PROCESS-N.partial, a name that nobody else has, flushes, then renames over `path`: of two
/// that write at once, each puts its own file there in whole.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file(const std::filesystem::path& path, std::string_view contents);

/// Removes what writers of `path` left that were killed. Only for who is sure to be the one writer now.
void remove_partial_files(const std::filesystem::path& path);
/// Of all files in a folder.
void remove_all_partial_files(const std::filesystem::path& folder);

/// Creates the folder (and its parents) or says why it cannot be written.
void make_output_folder(const std::filesystem::path& path);

}  // namespace wd
