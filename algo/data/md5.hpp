// SPDX-License-Identifier: Apache-2.0
// Digests bytes with MD5, the checksum under which the data sets' files are published.
//
// Shape     any number of bytes in; 16 bytes, written as 32 lower-case hexadecimal digits, out.
// Errors    a file that cannot be opened or read: wd::Error.
// Not       a protection against forgery: MD5 tells a damaged or a different file, nothing more.
// Source    Rivest, RFC 1321
// Test      md5_test.cpp (the RFC's table A.5)
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace wd::algo {

class Md5 {
 public:
  void update(std::span<const std::uint8_t> bytes);
  /// Ends the message; call once.
  std::string finish();

 private:
  void absorb(const std::uint8_t* block);

  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<std::uint8_t, 64> pending_{};
  std::uint64_t length_ = 0;  // bytes so far
};

std::string md5_of(std::span<const std::uint8_t> bytes);
std::string md5_of_file(const std::filesystem::path& path);

}  // namespace wd::algo
