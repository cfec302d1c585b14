// SPDX-License-Identifier: Apache-2.0
// Reads JSON objects strictly: every key must be known, present and of its type.
//
// Errors    unknown, missing or mistyped keys and values out of range: wd::Error naming the origin
//           (a file), the key, the value and what is allowed.
// Test      json_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/error.hpp"

namespace wd {

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
      if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
        WD_REQUIRE(value_.at(key).is_number_unsigned(), origin_, ": '", key, "' is ", value_.at(key).dump(),
                   ", must be a whole number of at least 0");
      return value_.at(key).get<T>();
    } catch (const nlohmann::json::exception&) {
      fail(origin_, ": '", key, "' is ", value_.at(key).dump(), ", which has the wrong type");
    }
  }

  template <typename T>
  T get(const std::string& key, T otherwise) {
    return has(key) ? get<T>(key) : otherwise;
  }

  /// A number within [low, high].
  template <typename T>
  T get_between(const std::string& key, T low, T high) {
    const T number = get<T>(key);
    WD_REQUIRE(number >= low && number <= high, origin_, ": '", key, "' is ", number, ", must be ", low,
               " to ", high);
    return number;
  }

  const nlohmann::json& child(const std::string& key) {
    WD_REQUIRE(has(key), origin_, ": key '", key, "' is missing");
    return value_.at(key);
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
  const nlohmann::json& value_;
  std::string origin_;
  std::set<std::string> seen_;
};

}  // namespace wd
