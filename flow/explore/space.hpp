// SPDX-License-Identifier: Apache-2.0
// The points of a study: for each varied knob one of its values, around a baseline.
//
// Shape     a point is an index for each dimension, in the order of the study file.
// Errors    a dimension without values, values twice, knobs twice or out of range: wd::Error naming knob and value.
// Test      space_test.cpp
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/explore/design.hpp"

namespace wd::flow::explore {

struct Dimension {
  std::string knob;
  std::vector<nlohmann::json> values;
};

using Point = std::vector<std::size_t>;

class Space {
 public:
  /// @param varied an object: knob to a list of values, or {"from", "to", "step"} of whole numbers
  Space(const nlohmann::ordered_json& varied, const Design& baseline, Names models,
        const std::string& origin);

  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  const Names& models() const { return models_; }
  /// How many points there are; at most 2^63.
  std::uint64_t size() const;
  /// The n-th, the last dimension fastest.
  Point point(std::uint64_t number) const;
  /// Its place in that order.
  std::uint64_t number(const Point& point) const;

  Design design(const Point& point) const;
  /// {"chunk": 16, "window": 2}
  nlohmann::ordered_json values(const Point& point) const;
  /// "chunk=16,window=2", what point_of() reads.
  std::string name(const Point& point) const;
  /// From values of all dimensions. Errors: a knob that is not varied or is missing, a value that is not the study's.
  Point point_of(const nlohmann::json& values, const std::string& origin) const;
  Point point_of(const std::string& name) const;

 private:
  Design baseline_;
  Names models_;
  std::vector<Dimension> dimensions_;
};

}  // namespace wd::flow::explore
