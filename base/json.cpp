// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

namespace wd {
namespace {

constexpr std::size_t most_levels = 100, longest_shown = 100;

std::string cut(std::string written) {
  return written.size() <= longest_shown ? written : written.substr(0, longest_shown) + "...";
}

/// The library copies, compares and prints by recursion: nesting that no file of ours has would use up the stack.
void refuse_deep_nesting(std::span<const std::uint8_t> bytes, const std::string& origin) {
  std::size_t level = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::uint8_t byte = bytes[at];
    if (byte == '"') in_text = !in_text;
    if (byte == '\\' && in_text) ++at;
    if (in_text) continue;
    if (byte == '[' || byte == '{') ++level;
    if ((byte == ']' || byte == '}') && level > 0) --level;
    WD_REQUIRE(level <= most_levels, origin, " is nested deeper than ", most_levels, " levels at byte ", at,
               "; it is not the expected file");
  }
}

}  // namespace

nlohmann::json parse_json(std::span<const std::uint8_t> bytes, const std::string& origin,
                          const std::string& remedy) {
  refuse_deep_nesting(bytes, origin);
  try {
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  } catch (const nlohmann::json::exception& error) {
    fail(origin, " is not JSON (", cut(error.what()), ")", remedy);
  }
}

std::string shown(const nlohmann::json& value) {
  if (value.is_structured()) return value.is_array() ? "a list" : "an object";
  return cut(value.dump(-1, ' ', true));
}

}  // namespace wd
