// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/safetensors_header.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/error.hpp"

namespace wd::algo {

namespace {

using nlohmann::json;

constexpr std::size_t most_tensors = 100000, most_dimensions = 8;

/// Takes the parser's events; each is either what the format has at that place or refused.
class HeaderEvents : public nlohmann::json_sax<json> {
 public:
  HeaderEvents(const std::string& origin, SafetensorsHeader& header) : origin_(origin), header_(header) {}

  bool null() override { return refuse_value("null"); }
  bool boolean(bool value) override { return refuse_value(value ? "true" : "false"); }
  bool number_float(double, const std::string& text) override { return refuse_value(text); }
  bool binary(json::binary_t&) override { return refuse_value("binary data"); }
  bool number_integer(std::int64_t value) override { return refuse_value(std::to_string(value)); }

  bool number_unsigned(std::uint64_t value) override {
    if (place_ != Place::list) return refuse_value(std::to_string(value));
    WD_REQUIRE(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()), at(), " holds ",
               value, ", which no file can have; the header is damaged");
    const std::size_t most = field_ == "shape" ? most_dimensions : 2;
    WD_REQUIRE(list_.size() < most, at(), " has more than ", most, " numbers; the header is damaged");
    list_.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::metadata) {
      header_.metadata[field_] = value;
      return true;
    }
    if (place_ != Place::tensor || field_ != "dtype") return refuse_value(name_text(value));
    const auto dtype = dtype_named(value);
    WD_REQUIRE(dtype.has_value(), at(), " is ", name_text(value),
               ", which is not known here; convert the tensor to F32, F16 or BF16");
    entry_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top) {
      place_ = name_ == "__metadata__" ? Place::metadata : Place::tensor;
      fields_.clear();
      entry_ = {};
      entry_.name = name_;
    } else {
      return refuse_value("an object");
    }
    return true;
  }

  bool key(std::string& value) override {
    if (place_ == Place::top) {
      name_ = value;
      field_.clear();
      WD_REQUIRE(names_.insert(value).second, origin_, ": tensor ", name_text(value),
                 " is given twice in the header; write the file again with one tensor of that name");
      WD_REQUIRE(names_.size() <= most_tensors, origin_, ": more than ", most_tensors,
                 " tensors; this is not a model's state");
      return true;
    }
    WD_REQUIRE(fields_.insert(value).second, origin_, ": ", name_text(name_), " has ", name_text(value),
               " twice; the header is damaged");
    field_ = value;
    WD_REQUIRE(place_ == Place::metadata || value == "dtype" || value == "shape" || value == "data_offsets",
               origin_, ": tensor ", name_text(name_), " has unknown key ", name_text(value),
               "; known keys are dtype, shape, data_offsets");
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"})
        WD_REQUIRE(fields_.count(field) != 0, origin_, ": tensor ", name_text(name_), " has no '", field,
                   "'; the header is damaged");
      header_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::top ? Place::outside : Place::top;
    field_.clear();
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == "dtype") return refuse_value("a list");
    place_ = Place::list;
    list_.clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    if (field_ == "shape") {
      entry_.shape = list_;
      return true;
    }
    WD_REQUIRE(list_.size() == 2, at(), " has ", list_.size(), " numbers, must have 2: begin and end");
    entry_.begin = static_cast<std::uint64_t>(list_[0]);
    entry_.end = static_cast<std::uint64_t>(list_[1]);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    fail(origin_, ": the header is not JSON at its byte ", position,
         "; its length field is wrong, the file is damaged, or it is not a safetensors file");
  }

 private:
  enum class Place { outside, top, metadata, tensor, list };

  std::string at() const {
    return origin_ + ": " + (name_.empty() ? "the header" : name_text(name_)) +
           (field_.empty() ? "" : ", " + name_text(field_));
  }
  [[noreturn]] bool refuse_value(const std::string& value) const {
    fail(at(), " is ", value, ", which the format does not have there; the header is damaged");
  }

  const std::string& origin_;
  SafetensorsHeader& header_;
  Place place_ = Place::outside;
  std::set<std::string> names_, fields_;
  std::string name_, field_;
  SafetensorsEntry entry_;
  Dims list_;
};

void require_place(const SafetensorsEntry& entry, std::uint64_t expected_begin, std::uint64_t data_bytes,
                   const std::string& origin) {
  const auto count = element_count(entry.shape);
  const std::uint64_t element = bytes_of(entry.dtype);
  WD_REQUIRE(entry.begin <= entry.end && entry.end <= data_bytes, origin, ": tensor ", name_text(entry.name),
             " lies at bytes ", entry.begin, " to ", entry.end, " of ", data_bytes,
             " tensor bytes; the file is cut short or the header is damaged");
  WD_REQUIRE(
      count.has_value() && *count <= data_bytes / element && *count * element == entry.end - entry.begin,
      origin, ": tensor ", name_text(entry.name), " has shape ", text_of(entry.shape), " of ",
      name_of(entry.dtype), " but ", entry.end - entry.begin, " bytes; the header is damaged");
  WD_REQUIRE(entry.begin == expected_begin, origin, ": tensor ", name_text(entry.name), " begins at byte ",
             entry.begin, ", must begin at ", expected_begin,
             " where the one before it ends; write the file again without holes and overlaps");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json_text, std::uint64_t data_bytes,
                                           const std::string& origin) {
  WD_REQUIRE(!json_text.empty() && json_text.front() == '{', origin,
             ": the header does not begin with '{'; this is not a safetensors file");
  // The parser would stop at a zero byte as at the end.
  const std::size_t last = json_text.find_last_not_of(' ');
  WD_REQUIRE(json_text[last] == '}' && json_text.find('\0') == json_text.npos, origin,
             ": the header does not end with '}'; its length field is wrong, or the file is damaged");
  SafetensorsHeader header;
  HeaderEvents events(origin, header);
  json::sax_parse(json_text, &events);
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& left, const auto& right) {
    return std::tie(left.begin, left.end) < std::tie(right.begin, right.end);
  });
  std::uint64_t begin = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    require_place(entry, begin, data_bytes, origin);
    begin = entry.end;
  }
  WD_REQUIRE(begin == data_bytes, origin, ": the tensors end at byte ", begin, " of ", data_bytes,
             " tensor bytes; the file has bytes that no tensor owns, or its header lies about its length");
  return header;
}

}  // namespace wd::algo
