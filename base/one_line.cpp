// SPDX-License-Identifier: Apache-2.0
#include "base/one_line.hpp"

#include <cstddef>
#include <vector>

namespace wd {
namespace {

constexpr std::size_t most_bytes = 2000;

unsigned char byte_at(const std::string& text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Bytes of the character that begins there; 0: none of UTF-8, or one that does not print.
std::size_t printed_bytes(const std::string& text, std::size_t at) {
  const unsigned first = byte_at(text, at), second = byte_at(text, at + 1);
  if (first < 0x80) return first >= ' ' && first != 0x7f ? 1 : 0;
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t next = 1; next < bytes; ++next)
    if ((byte_at(text, at + next) & 0xc0) != 0x80) return 0;
  // Control characters of two bytes, longer forms than needed, surrogates, beyond the last character.
  if ((first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
      (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f))
    return 0;
  return bytes;
}

}  // namespace

std::string one_line(const std::string& message) {
  std::vector<std::string> parts;  // characters
  for (std::size_t at = 0; at < message.size();) {
    if (const std::size_t bytes = printed_bytes(message, at); bytes > 0) {
      parts.push_back(message.substr(at, bytes));
      at += bytes;
    } else {
      constexpr const char* digits = "0123456789abcdef";
      const unsigned byte = byte_at(message, at++);
      parts.push_back({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
  }
  std::size_t all = 0, left = 0;
  for (const std::string& part : parts) all += part.size();
  const bool long_one = all > most_bytes;
  std::string line;
  bool told = false;
  for (const std::string& part : parts) {
    const bool kept = !long_one || left + part.size() <= most_bytes / 2 || left >= all - most_bytes / 2;
    if (kept) line += part;
    if (!kept && !told) line += " ... ";
    told = told || !kept;
    left += part.size();
  }
  return line;
}

}  // namespace wd
