// SPDX-License-Identifier: Apache-2.0
#include "algo/data/md5.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/sized_file.hpp"

namespace wd::algo {
namespace {

/// floor(2^32 |sin(i + 1)|), RFC 1321 section 3.4. Tabulated: a library's sin() may differ in the last place.
constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

std::uint32_t little_endian(const std::uint8_t* at) {
  return at[0] | static_cast<std::uint32_t>(at[1]) << 8 | static_cast<std::uint32_t>(at[2]) << 16 |
         static_cast<std::uint32_t>(at[3]) << 24;
}

/// The round's function of three words and the word of the block that its step i takes.
template <int round>
std::pair<std::uint32_t, unsigned> round_of(std::uint32_t b, std::uint32_t c, std::uint32_t d, unsigned i) {
  if constexpr (round == 0) return {(b & c) | (~b & d), i};
  if constexpr (round == 1) return {(b & d) | (c & ~d), (5 * i + 1) % 16};
  if constexpr (round == 2) return {b ^ c ^ d, (3 * i + 5) % 16};
  if constexpr (round == 3) return {c ^ (b | ~d), 7 * i % 16};
}

template <int round>
void mix_round(std::array<std::uint32_t, 4>& s, const std::uint32_t* words) {
  for (unsigned i = 0; i < 16; ++i) {
    const auto [mixed, word] = round_of<round>(s[1], s[2], s[3], i);
    const std::uint32_t sum = s[0] + mixed + sines[round * 16 + i] + words[word];
    s = {s[3], s[1] + std::rotl(sum, turns[round][i % 4]), s[1], s[2]};
  }
}

}  // namespace

void Md5::absorb(const std::uint8_t* block) {
  std::uint32_t words[16];
  for (int i = 0; i < 16; ++i) words[i] = little_endian(block + 4 * i);
  std::array<std::uint32_t, 4> mixed = state_;
  mix_round<0>(mixed, words);
  mix_round<1>(mixed, words);
  mix_round<2>(mixed, words);
  mix_round<3>(mixed, words);
  for (std::size_t i = 0; i < 4; ++i) state_[i] += mixed[i];
}

void Md5::update(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::size_t held = length_ % 64, taken = std::min(bytes.size(), 64 - held);
    std::copy_n(bytes.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(held));
    length_ += taken;
    bytes = bytes.subspan(taken);
    if (held + taken == 64) absorb(pending_.data());
  }
}

std::string Md5::finish() {
  const std::uint64_t bits = length_ * 8;
  std::vector<std::uint8_t> tail((length_ % 64 < 56 ? 56 : 120) - length_ % 64, 0);
  tail[0] = 0x80;
  for (int byte = 0; byte < 8; ++byte) tail.push_back(static_cast<std::uint8_t>(bits >> 8 * byte));
  update(tail);
  std::string digits;
  for (const std::uint32_t word : state_)
    for (int byte = 0; byte < 4; ++byte)
      for (const int nibble : {4, 0}) digits += "0123456789abcdef"[word >> (8 * byte + nibble) & 15];
  return digits;
}

std::string md5_of(std::span<const std::uint8_t> bytes) {
  Md5 digest;
  digest.update(bytes);
  return digest.finish();
}

std::string md5_of_file(const std::filesystem::path& path) {
  SizedFile in(path);
  Md5 digest;
  std::vector<std::uint8_t> block(1 << 16);
  while (in.left() > 0) {
    const std::span piece = std::span(block).first(std::min<std::uint64_t>(block.size(), in.left()));
    in.read(piece);
    digest.update(piece);
  }
  return digest.finish();
}

}  // namespace wd::algo
