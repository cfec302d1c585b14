// SPDX-License-Identifier: Apache-2.0
#include "flow/machine_peak.hpp"

#include <immintrin.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/instruction_set.hpp"

namespace wd::flow {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Enough of them that each instruction's latency is hidden, in the registers that there are.
constexpr std::size_t sums = 10;

/// @param Register of 32-bit sums  @return their total
template <typename Register>
std::uint64_t total(const Register& first, std::size_t count) {
  std::vector<std::uint32_t> lanes(count * sizeof(Register) / sizeof(std::uint32_t));
  std::memcpy(lanes.data(), &first, count * sizeof(Register));
  std::uint64_t sum = 0;
  for (const std::uint32_t lane : lanes) sum += lane;
  return sum;
}

/// How often each sum is added to. @param each products of one instruction
std::uint64_t rounds(std::uint64_t products, std::uint64_t each) {
  return std::max<std::uint64_t>(1, products / (sums * each));
}

// Operands pass through an empty statement in each round, or the compiler would multiply once.

std::uint64_t multiply_sse2(std::uint64_t products) {
  __m128i acc[sums] = {}, a = _mm_set1_epi16(1);
  const __m128i b = _mm_set1_epi16(1);
  for (std::uint64_t n = rounds(products, 8); n > 0; --n)
    for (__m128i& sum : acc) {
      __asm__ volatile("" : "+x"(a));
      sum = _mm_add_epi32(sum, _mm_madd_epi16(a, b));
    }
  return total(acc[0], sums);
}

__attribute__((target("avx2"))) std::uint64_t multiply_avx2(std::uint64_t products) {
  __m256i acc[sums] = {}, a = _mm256_set1_epi8(1);
  const __m256i b = _mm256_set1_epi8(1), ones = _mm256_set1_epi16(1);
  for (std::uint64_t n = rounds(products, 32); n > 0; --n)
    for (__m256i& sum : acc) {
      __asm__ volatile("" : "+x"(a));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones));
    }
  return total(acc[0], sums);
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) std::uint64_t multiply_vnni(std::uint64_t products) {
  __m512i acc[sums] = {}, a = _mm512_set1_epi8(1);
  const __m512i b = _mm512_set1_epi8(1);
  for (std::uint64_t n = rounds(products, 64); n > 0; --n)
    for (__m512i& sum : acc) {
      __asm__ volatile("" : "+v"(a));
      sum = _mm512_dpbusd_epi32(sum, a, b);
    }
  return total(acc[0], sums);
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t column_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// Four tiles of sums; a product of tiles is 16 x 16 x 64.
__attribute__((target("amx-tile,amx-int8"))) std::uint64_t multiply_amx(std::uint64_t products) {
  constexpr std::uint64_t tile_sums = 4, each = std::uint64_t{16} * 16 * 64;
  TileConfig config;
  std::fill_n(config.column_bytes, 8, std::uint16_t{64});
  std::fill_n(config.rows, 8, std::uint8_t{16});
  __asm__ volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
  alignas(64) std::uint8_t ones[16 * 64];
  std::fill(std::begin(ones), std::end(ones), std::uint8_t{1});
  _tile_loadd(4, ones, 64);
  _tile_loadd(5, ones, 64);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::uint64_t n = std::max<std::uint64_t>(1, products / (tile_sums * each)); n > 0; --n) {
    _tile_dpbusd(0, 4, 5);
    _tile_dpbusd(1, 4, 5);
    _tile_dpbusd(2, 4, 5);
    _tile_dpbusd(3, 4, 5);
  }
  alignas(64) std::uint32_t lanes[4][16 * 16];
  _tile_stored(0, lanes[0], 64);
  _tile_stored(1, lanes[1], 64);
  _tile_stored(2, lanes[2], 64);
  _tile_stored(3, lanes[3], 64);
  _tile_release();
  return total(lanes[0], 4);
}

bool always() { return true; }
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
bool has_vnni() { return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"); }
/// CPUID leaf 7: EDX bit 25; the kernel's permission is that of the bf16 products.
bool has_amx() {
  unsigned eax = 7, ebx = 0, ecx = 0, edx = 0;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return wd::available(InstructionSet::amx) && (edx >> 25 & 1u) != 0;
}

constexpr ProductLoop loops[] = {{"SSE2", always, multiply_sse2},
                                 {"AVX2", has_avx2, multiply_avx2},
                                 {"AVX-512 VNNI", has_vnni, multiply_vnni},
                                 {"AMX int8", has_amx, multiply_amx}};

/// The fastest of many calls in so many seconds. @return seconds of one
template <typename Work>
double shortest(double seconds, Work work) {
  double best = std::numeric_limits<double>::infinity();
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    work();
    best = std::min(best, seconds_since(start));
  } while (seconds_since(begin) < seconds);
  return best;
}

/// Four times the largest cache that the system tells of, within reason, in three arrays.
std::size_t array_length() {
  constexpr std::size_t least = std::size_t{192} << 20, most = std::size_t{768} << 20;
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  const std::size_t wanted = cache > 0 ? 4 * static_cast<std::size_t>(cache) : least;
  return std::clamp(wanted, least, most) / 3 / sizeof(double);
}

}  // namespace

std::span<const ProductLoop> product_loops() { return loops; }

MachinePeak measure_products(double seconds) {
  constexpr std::uint64_t products = std::uint64_t{1} << 28;
  MachinePeak peak;
  for (const ProductLoop& loop : loops) {
    if (!loop.available()) continue;
    std::uint64_t made = 0;
    const double time = shortest(seconds, [&] { made = loop.run(products); });
    WD_ASSERT(made > 0);
    const double rate = static_cast<double>(made) / time;
    if (rate > peak.products_per_second) {
      peak.products_per_second = rate;
      peak.instructions = loop.name;
    }
  }
  return peak;
}

MachinePeak measure_memory(double seconds) {
  const std::size_t length = array_length();
  std::vector<double> a(length, 1), b(length, 2), c(length, 3);
  double scale = 1;
  const double time = shortest(seconds, [&] {
    scale += 1;
    for (std::size_t i = 0; i < length; ++i) a[i] = b[i] + scale * c[i];
  });
  WD_ASSERT(a[length / 2] == 2 + 3 * scale);
  MachinePeak peak;
  peak.array_bytes = length * sizeof(double);
  peak.bytes_per_second = 3 * static_cast<double>(peak.array_bytes) / time;
  return peak;
}

}  // namespace wd::flow
