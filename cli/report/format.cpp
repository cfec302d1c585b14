// SPDX-License-Identifier: Apache-2.0
#include "cli/report/format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"

namespace wd::report {
namespace {

std::string print(const char* format, int precision, double value) {
  WD_REQUIRE(std::isfinite(value),
             "report: a figure is not a finite number; a result file holds a value out of range");
  std::array<char, 400> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, precision, value == 0 ? 0.0 : value);
  return buffer.data();
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
  return out;
}

std::string exact(double value) {
  constexpr double whole_limit = 9007199254740992;  // 2^53
  if (std::abs(value) < whole_limit && value == std::floor(value)) return fixed(value, 0);
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  WD_ASSERT(end.ec == std::errc());
  return {buffer.data(), end.ptr};
}

std::string fixed(double value, int decimals) { return print("%.*f", decimals, value); }

std::string grouped(double value) {
  std::string digits = fixed(value, 0);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string compact(double value) {
  const double size = std::abs(value);
  if (size < 9999.5) return print("%.*g", 4, value);
  static constexpr std::array<const char*, 4> suffix{"k", "M", "G", "T"};
  std::size_t step = 0;
  double scaled = value / 1e3;
  while (std::abs(scaled) >= 999.95 && step + 1 < suffix.size()) scaled /= 1e3, ++step;
  return print("%.*g", 4, scaled) + suffix[step];
}

std::string percent(double fraction) { return fixed(100 * fraction, 1) + " %"; }

Scale energy_scale(double picojoule) {
  if (picojoule < 1e3) return {1, "pJ", "pJ"};
  if (picojoule < 1e6) return {1e-3, "nJ", "nJ"};
  if (picojoule < 1e9) return {1e-6, "µJ", "uJ"};
  return {1e-9, "mJ", "mJ"};
}

Scale time_scale(double seconds) {
  if (seconds < 1e-3) return {1e6, "µs", "us"};
  if (seconds < 1) return {1e3, "ms", "ms"};
  return {1, "s", "s"};
}

std::size_t text_length(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += !continues(c);
  return count;
}

std::string shortened(const std::string& name, std::size_t limit) {
  const std::size_t length = text_length(name);
  if (length <= limit) return name;
  const std::size_t head = limit / 2, tail = limit - head - 1;
  std::string out;
  std::size_t position = 0;
  bool skipped = false;
  for (const char c : name) {
    position += !continues(c);
    const std::size_t index = position - 1;
    if (index < head || index >= length - tail) {
      out += c;
    } else if (!skipped) {
      out += "…";
      skipped = true;
    }
  }
  return out;
}

}  // namespace wd::report
