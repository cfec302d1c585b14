// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <set>

namespace wd {
namespace {

constexpr std::size_t most_levels = 100, longest_shown = 100;

std::string cut(const std::string& written) {
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
  // A key that is given twice would silently have its last value.
  std::vector<std::set<std::string>> keys;  // of each object that is open
  const auto refuse_repeated = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key)
      WD_REQUIRE(keys.back().insert(value.get<std::string>()).second, origin, " gives the key ",
                 cut(value.dump(-1, ' ', true)), " twice in one object; remove one");
    return true;
  };
  try {
    return nlohmann::json::parse(bytes.begin(), bytes.end(), refuse_repeated);
  } catch (const nlohmann::json::exception& error) {
    fail(origin, " is not JSON (", cut(error.what()), ")", remedy);
  }
}

thread_local JsonKeys* JsonKeys::living = nullptr;

JsonKeys::JsonKeys() {
  WD_ASSERT(living == nullptr);
  living = this;
}

JsonKeys::~JsonKeys() { living = nullptr; }

void JsonKeys::note(const Key& key) {
  if (living != nullptr) living->keys_.push_back(key);
}

std::size_t JsonReader::get_word(const std::string& key, const std::vector<std::string>& words) {
  if (JsonKeys::wanted()) JsonKeys::note({origin_, key, "word", {}, {}, words});
  const nlohmann::json& value = child_of(key);
  std::string known;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (value == words[i]) return i;
    known += (known.empty() ? "" : ", ") + words[i];
  }
  fail(origin_, ": '", key, "' is ", shown(value), ", must be one of ", known);
}

std::string shown(const nlohmann::json& value) {
  if (value.is_structured()) return value.is_array() ? "a list" : "an object";
  return cut(value.dump(-1, ' ', true));
}

}  // namespace wd
