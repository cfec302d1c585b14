// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/space.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_points = std::uint64_t{1} << 63;
constexpr std::size_t most_values = 100000;
constexpr int most_value = 1000000000;  // of any knob

std::vector<json> range(const json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  const int from = reader.get_between("from", -most_value, most_value),
            to = reader.get_between("to", -most_value, most_value);
  int step = 1;
  reader.read_between("step", 1, most_value, step);
  reader.refuse_unknown();
  WD_REQUIRE(from <= to, origin, ": goes from ", from, " to ", to, ", which is nothing");
  WD_REQUIRE((std::int64_t{to} - from) / step < static_cast<std::int64_t>(most_values), origin,
             ": has more than ", most_values, " values");
  std::vector<json> values;
  for (std::int64_t one = from; one <= to; one += step) values.push_back(one);
  return values;
}

std::vector<json> values_of(const json& value, const std::string& origin) {
  if (value.is_object()) return range(value, origin);
  WD_REQUIRE(!value.is_array() || !value.empty(), origin,
             " has no values; give at least one, or leave it out");
  WD_REQUIRE(value.is_array(), origin, " is ", shown(value),
             ", must be a list of values or {\"from\": .., \"to\": .., \"step\": ..}");
  const std::vector<json> values(value.begin(), value.end());
  for (const json& one : values)
    WD_REQUIRE(std::count(values.begin(), values.end(), one) == 1, origin, " has ", shown(one), " twice");
  return values;
}

/// As a command line has it: texts without quotes.
std::string plain(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

Space::Space(const nlohmann::ordered_json& varied, const Design& baseline, Names models,
             const std::string& origin)
    : baseline_(baseline), models_(std::move(models)) {
  WD_REQUIRE(varied.is_object(), origin, ": must be an object: knobs and their values");
  for (const auto& item : varied.items()) {
    const std::string what = text(origin, ": '", item.key(), "'");
    Dimension dimension{item.key(), values_of(json(item.value()), what)};
    for (const json& value : dimension.values) {
      Design tried = baseline_;
      set_knob(tried, dimension.knob, value, models_, origin);
    }
    dimensions_.push_back(std::move(dimension));
  }
  std::uint64_t points = 1;
  for (const Dimension& dimension : dimensions_) {
    WD_REQUIRE(points <= most_points / dimension.values.size(), origin,
               ": has more than 2^63 points; vary less");
    points *= dimension.values.size();
  }
}

std::uint64_t Space::size() const {
  std::uint64_t points = 1;
  for (const Dimension& dimension : dimensions_) points *= dimension.values.size();
  return points;
}

Point Space::point(std::uint64_t number) const {
  Point point(dimensions_.size());
  for (std::size_t d = dimensions_.size(); d-- > 0; number /= dimensions_[d].values.size())
    point[d] = number % dimensions_[d].values.size();
  return point;
}

std::uint64_t Space::number(const Point& point) const {
  std::uint64_t number = 0;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    number = number * dimensions_[d].values.size() + point[d];
  return number;
}

Design Space::design(const Point& point) const {
  Design design = baseline_;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    set_knob(design, dimensions_[d].knob, dimensions_[d].values[point[d]], models_, "point");
  return design;
}

nlohmann::ordered_json Space::values(const Point& point) const {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    values[dimensions_[d].knob] = dimensions_[d].values[point[d]];
  return values;
}

std::string Space::name(const Point& point) const {
  Names parts;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    parts.push_back(dimensions_[d].knob + "=" + plain(dimensions_[d].values[point[d]]));
  return join(parts);
}

Point Space::point_of(const json& values, const std::string& origin) const {
  JsonReader reader(values, origin);
  Point point;
  for (const Dimension& dimension : dimensions_) {
    const json& value = reader.child(dimension.knob);
    const auto found = std::find(dimension.values.begin(), dimension.values.end(), value);
    Names known;
    for (const json& one : dimension.values) known.push_back(plain(one));
    WD_REQUIRE(found != dimension.values.end(), origin, ": '", dimension.knob, "' is ", shown(value),
               ", the study has ", join(known));
    point.push_back(static_cast<std::size_t>(found - dimension.values.begin()));
  }
  reader.refuse_unknown();
  return point;
}

Point Space::point_of(const std::string& name) const {
  json values = json::object();
  for (const std::string& part : split(name)) {
    const std::size_t sign = part.find('=');
    WD_REQUIRE(sign != std::string::npos, "--point has '", part, "', must be KNOB=VALUE,KNOB=VALUE...");
    const std::string knob = part.substr(0, sign), value = part.substr(sign + 1);
    WD_REQUIRE(!values.contains(knob), "--point names '", knob, "' twice");
    const json parsed = json::parse(value, nullptr, false);
    values[knob] = knob == "model" || parsed.is_discarded() ? json(value) : parsed;
  }
  return point_of(values, "--point");
}

}  // namespace wd::flow::explore
