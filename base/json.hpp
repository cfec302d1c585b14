// SPDX-License-Identifier: Apache-2.0
// Reads JSON objects strictly: every key must be known, present and of its type.
//
// What      what is read is declared by reading it: JsonKeys collects the keys, their kinds and ranges, from which
//           the test cli.hostile_calls makes files that must be refused.
// Errors    unknown, missing or mistyped keys and values out of range: wd::Error naming the origin
//           (a file), the key, the value and what is allowed.
// Test      container_test.cpp
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace wd {

/// Parses a file's or a section's bytes; nesting deeper than 100 levels and keys given twice are refused.
/// @param origin what messages call them, "job.json:" or "model.wdm: section 'network'".
/// @param remedy ends the message, "; make it again".
nlohmann::json parse_json(std::span<const std::uint8_t> bytes, const std::string& origin,
                          const std::string& remedy = {});

/// A value for a message: lists and objects only by their kind, long texts cut.
std::string shown(const nlohmann::json& value);

/// The value, or null where there is none.
template <typename T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

/// What the readers of this thread ask for while one of these lives.
class JsonKeys {
 public:
  struct Key {
    std::string origin, key;
    std::string
        kind;  // whole, number, flag, text, word; "list of" one of them; part: an object or a list of its own
    nlohmann::json low, high;        // of numbers, where the reader has a range
    std::vector<std::string> words;  // all that a word can be
  };

  JsonKeys();
  ~JsonKeys();
  JsonKeys(const JsonKeys&) = delete;
  JsonKeys& operator=(const JsonKeys&) = delete;

  /// For readers: nothing happens where nobody listens.
  static void note(const Key& key);
  static bool wanted() { return living != nullptr; }
  const std::vector<Key>& keys() const { return keys_; }

 private:
  static thread_local JsonKeys* living;
  std::vector<Key> keys_;
};

class JsonReader {
 public:
  /// @param origin what messages call this object, "train.json: optimizer".
  JsonReader(const nlohmann::json& value, std::string origin) : value_(value), origin_(std::move(origin)) {
    WD_REQUIRE(value_.is_object(), origin_, ": must be a JSON object");
  }

  bool has(const std::string& key) {
    seen_.insert(key);
    return value_.contains(key);
  }

  template <typename T>
  T get(const std::string& key) {
    note<T>(key);
    WD_REQUIRE(has(key), origin_, ": key '", key, "' is missing");
    const nlohmann::json& value = value_.at(key);
    if constexpr (IsList<T>::value) {
      list(key);
      for (const nlohmann::json& item : value) require_type<typename T::value_type>(item, key);
    } else {
      require_type<T>(value, key);
    }
    return value.get<T>();
  }

  template <typename T>
  T get(const std::string& key, T otherwise) {
    note<T>(key);
    return has(key) ? get<T>(key) : otherwise;
  }

  /// A number within [low, high].
  template <typename T>
  T get_between(const std::string& key, T low, T high) {
    note<T>(key, low, high);
    return between(child_of(key), key, " is ", low, high);
  }

  /// Numbers within [low, high].
  template <typename T>
  std::vector<T> get_all_between(const std::string& key, T low, T high) {
    note<std::vector<T>>(key, low, high);
    std::vector<T> numbers;
    for (const nlohmann::json& item : list_of(key))
      numbers.push_back(between(item, key, " holds ", low, high));
    return numbers;
  }

  /// One of several words. @return its place among them
  std::size_t get_word(const std::string& key, const std::vector<std::string>& words);

  /// Replaces `value` if the key is there.
  template <typename T>
  void read_between(const std::string& key, std::type_identity_t<T> low, std::type_identity_t<T> high,
                    T& value) {
    note<T>(key, low, high);
    if (has(key)) value = get_between<T>(key, low, high);
  }

  const nlohmann::json& child(const std::string& key) {
    if (JsonKeys::wanted()) JsonKeys::note({origin_, key, "part", {}, {}, {}});
    return child_of(key);
  }

  const nlohmann::json& list(const std::string& key) {
    if (JsonKeys::wanted()) JsonKeys::note({origin_, key, "part", {}, {}, {}});
    return list_of(key);
  }

  /// Call last: refuses keys that nobody asked for.
  void refuse_unknown() const {
    for (const auto& item : value_.items())
      if (seen_.count(item.key()) == 0) {
        std::string known;
        for (const std::string& key : seen_) known += (known.empty() ? "" : ", ") + key;
        fail(origin_, ": unknown key '", item.key(), "'; known keys are ", known);
      }
  }

  const std::string& origin() const { return origin_; }

 private:
  template <typename T>
  struct IsList : std::false_type {};
  template <typename T>
  struct IsList<std::vector<T>> : std::true_type {};

  const nlohmann::json& child_of(const std::string& key) {
    WD_REQUIRE(has(key), origin_, ": key '", key, "' is missing");
    return value_.at(key);
  }

  const nlohmann::json& list_of(const std::string& key) {
    const nlohmann::json& value = child_of(key);
    WD_REQUIRE(value.is_array(), origin_, ": '", key, "' is ", shown(value), ", must be a list");
    return value;
  }

  template <typename T>
  static std::string kind_of() {
    if constexpr (IsList<T>::value)
      return "list of " + kind_of<typename T::value_type>();
    else if constexpr (std::is_same_v<T, bool>)
      return "flag";
    else if constexpr (std::is_integral_v<T>)
      return "whole";
    else if constexpr (std::is_floating_point_v<T>)
      return "number";
    else
      return "text";
  }

  template <typename T>
  void note(const std::string& key, const nlohmann::json& low = {}, const nlohmann::json& high = {}) const {
    if (JsonKeys::wanted()) JsonKeys::note({origin_, key, kind_of<T>(), low, high, {}});
  }

  /// The library would round fractions, wrap large numbers and read `true` as 1.
  template <typename T>
  void require_type(const nlohmann::json& value, const std::string& key) const {
    if constexpr (std::is_same_v<T, bool>)
      WD_REQUIRE(value.is_boolean(), origin_, ": '", key, "' is ", shown(value), ", must be true or false");
    else if constexpr (std::is_integral_v<T>)
      require_whole(value, key, " is ", std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    else if constexpr (std::is_floating_point_v<T>)
      WD_REQUIRE(value.is_number(), origin_, ": '", key, "' is ", shown(value), ", must be a number");
    else
      WD_REQUIRE(value.is_string(), origin_, ": '", key, "' is ", shown(value), ", must be a text");
  }

  template <typename T>
  T between(const nlohmann::json& value, const std::string& key, const char* verb, T low, T high) const {
    if constexpr (std::is_integral_v<T>)
      require_whole(value, key, verb, low, high);
    else
      WD_REQUIRE(value.is_number(), origin_, ": '", key, "'", verb, shown(value), ", must be a number, ", low,
                 " to ", high);
    const T number = value.get<T>();
    WD_REQUIRE(number >= low && number <= high, origin_, ": '", key, "'", verb, number, ", must be ",
               range_text(low, high));
    return number;
  }

  template <typename T>
  static std::string range_text(T low, T high) {
    return low == high ? text(low) : text(low, " to ", high);
  }

  /// Refuses what T cannot be. The bounds of the type itself are told only to a number that is beyond them.
  template <typename T>
  void require_whole(const nlohmann::json& number, const std::string& key, const char* verb, T low,
                     T high) const {
    const bool whole = number.is_number_integer();
    const bool fits = number.is_number_unsigned() ? std::in_range<T>(number.get<std::uint64_t>())
                                                  : whole && std::in_range<T>(number.get<std::int64_t>());
    if (fits) return;
    std::string range = ", " + range_text(low, high);
    if (!whole && high == std::numeric_limits<T>::max()) range = std::is_unsigned_v<T> ? " from 0" : "";
    fail(origin_, ": '", key, "'", verb, shown(number), ", must be a whole number", range);
  }

  const nlohmann::json& value_;
  std::string origin_;
  std::set<std::string> seen_;
};

}  // namespace wd
