// SPDX-License-Identifier: Apache-2.0
// Reads JSON objects strictly: every key must be known, present and of its type.
//
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
    WD_REQUIRE(has(key), origin_, ": key '", key, "' is missing");
    try {
      const nlohmann::json& value = value_.at(key);
      if constexpr (IsList<T>::value) {
        list(key);
        for (const nlohmann::json& item : value) require_type<typename T::value_type>(item, key);
      } else {
        require_type<T>(value, key);
      }
      return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      fail(origin_, ": '", key, "' is ", shown(value_.at(key)), ", which has the wrong type");
    }
  }

  template <typename T>
  T get(const std::string& key, T otherwise) {
    return has(key) ? get<T>(key) : otherwise;
  }

  /// A number within [low, high].
  template <typename T>
  T get_between(const std::string& key, T low, T high) {
    if constexpr (std::is_integral_v<T>) require_whole(child(key), key, low, high);
    const T number = get<T>(key);
    WD_REQUIRE(number >= low && number <= high, origin_, ": '", key, "' is ", number, ", must be ", low,
               " to ", high);
    return number;
  }

  /// Replaces `value` if the key is there.
  template <typename T>
  void read_between(const std::string& key, std::type_identity_t<T> low, std::type_identity_t<T> high,
                    T& value) {
    if (has(key)) value = get_between<T>(key, low, high);
  }

  const nlohmann::json& child(const std::string& key) {
    WD_REQUIRE(has(key), origin_, ": key '", key, "' is missing");
    return value_.at(key);
  }

  const nlohmann::json& list(const std::string& key) {
    const nlohmann::json& value = child(key);
    WD_REQUIRE(value.is_array(), origin_, ": '", key, "' is ", shown(value), ", must be a list");
    return value;
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

  /// The library would round fractions, wrap large numbers and read `true` as 1.
  template <typename T>
  void require_type(const nlohmann::json& number, const std::string& key) const {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      require_whole(number, key, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    else if constexpr (std::is_floating_point_v<T>)
      WD_REQUIRE(number.is_number(), origin_, ": '", key, "' is ", shown(number), ", must be a number");
  }

  /// Refuses what T cannot be. @param low, high what is allowed: the type's own bounds would be no help
  template <typename T>
  void require_whole(const nlohmann::json& number, const std::string& key, T low, T high) const {
    const bool fits = number.is_number_unsigned()
                          ? std::in_range<T>(number.get<std::uint64_t>())
                          : number.is_number_integer() && std::in_range<T>(number.get<std::int64_t>());
    WD_REQUIRE(fits, origin_, ": '", key, "' is ", shown(number), ", must be a whole number, ", low, " to ",
               high);
  }

  const nlohmann::json& value_;
  std::string origin_;
  std::set<std::string> seen_;
};

}  // namespace wd
