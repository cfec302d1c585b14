// SPDX-License-Identifier: Apache-2.0
#include "flow/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "hw/formats/program/program.hpp"

namespace wd::flow {
namespace {

constexpr std::uint64_t largest_seed = 999'999'999'999'999'999;

}  // namespace

std::string join(const Names& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

Names split(const std::string& list) {
  Names parts{""};
  for (const char c : list)
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

Names choose(const std::string& list, const std::string& shown, const std::string& what, const Names& known) {
  const std::string plural = what + (what.ends_with("ch") ? "es" : "s");
  WD_REQUIRE(!list.empty(), shown, ": names no ", what, "; ", plural, " are ", join(known));
  const Names names = split(list);
  for (const std::string& one : names) {
    WD_REQUIRE(std::count(known.begin(), known.end(), one) == 1, shown, ": '", one, "' is unknown; ", plural,
               " are ", join(known));
    WD_REQUIRE(std::count(names.begin(), names.end(), one) == 1, shown, ": '", one, "' is named twice");
  }
  return names;
}

std::int64_t whole_number(const std::string& value, const std::string& shown, std::int64_t low,
                          std::int64_t high) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, number);
  const bool is_number = error == std::errc() && stopped == end;
  WD_REQUIRE(is_number, shown, " is '", value, "', must be a whole number, ", low, " to ", high);
  WD_REQUIRE(number >= low && number <= high, shown, " is ", number, ", must be ", low, " to ", high);
  return number;
}

double real_number(const std::string& value, const std::string& shown, double low, double high) {
  char* stopped = nullptr;
  const double number = std::strtod(value.c_str(), &stopped);
  const bool is_number =
      !value.empty() && *stopped == '\0' && std::isfinite(number) && number >= low && number <= high;
  WD_REQUIRE(is_number, shown, " is '", value, "', must be a number, ", low, " to ", high);
  return number;
}

std::string number_text(double value) { return wd::text(value); }

void OptionSink::flag(const std::string& name, bool& value, const std::string& help) {
  add({name, help, "", true, [&value](const std::string&, const std::string&) { value = true; }});
}

void OptionSink::text(const std::string& name, std::string& value, const std::string& help,
                      const std::string& otherwise) {
  add({name, help, otherwise.empty() ? value : otherwise, false,
       [&value](const std::string& given, const std::string& shown) {
         WD_REQUIRE(!given.empty(), shown, " is empty; give it a value or leave it out");
         value = given;
       }});
}

void OptionSink::path(const std::string& name, std::filesystem::path& value, const std::string& help,
                      const std::string& otherwise) {
  add({name, help, otherwise.empty() ? value.string() : otherwise, false,
       [&value](const std::string& given, const std::string& shown) {
         WD_REQUIRE(!given.empty(), shown, " is empty; name a path or leave it out");
         value = given;
       }});
}

void OptionSink::real(const std::string& name, double& value, double low, double high,
                      const std::string& help) {
  add({name, help, number_text(value), false,
       [&value, low, high](const std::string& given, const std::string& shown) {
         value = real_number(given, shown, low, high);
       }});
}

void OptionSink::choice(const std::string& name, std::string& value, const Names& known,
                        const std::string& help, const std::string& otherwise) {
  add({name, help + ": " + join(known), otherwise.empty() ? value : otherwise, false,
       [&value, known](const std::string& given, const std::string& shown) {
         WD_REQUIRE(std::count(known.begin(), known.end(), given) == 1, shown, " is '", given,
                    "', must be one of ", join(known));
         value = given;
       }});
}

void OptionSink::choices(const std::string& name, Names& value, const std::string& what, const Names& known,
                         const std::string& help) {
  add({name, help + ", comma-separated: " + join(known),
       value == known || value.empty() ? "all" : join(value), false,
       [&value, what, known](const std::string& given, const std::string& shown) {
         value = choose(given, shown, what, known);
       }});
}

void OptionSink::seed(const std::string& name, std::uint64_t& value, const std::string& help,
                      const std::string& otherwise) {
  whole(name, value, 1, largest_seed, help, otherwise);
}

void OptionSink::seeds(const std::string& name, std::vector<std::uint64_t>& value, const std::string& help) {
  add({name, help, "", false, [&value](const std::string& given, const std::string& shown) {
         std::vector<std::uint64_t> seeds;
         for (const std::string& part : split(given)) {
           const bool digits = !part.empty() && part.size() <= 18 &&
                               part.find_first_not_of("0123456789") == std::string::npos;
           WD_REQUIRE(digits && std::stoull(part) >= 1, shown, ": '", part,
                      "' is no seed; give numbers from 1 to ", largest_seed, ", like 1,2,3");
           seeds.push_back(std::stoull(part));
           WD_REQUIRE(std::count(seeds.begin(), seeds.end(), seeds.back()) == 1, shown, ": ", part,
                      " is named twice");
         }
         value = seeds;
       }});
}

void CommonOptions::declare(OptionSink& sink) {
  sink.path("out", out, "folder for all files");
  sink.whole("threads", threads, 0, 256, "threads; 0 takes all of the machine; results do not change");
}

void DataOptions::declare(OptionSink& sink) {
  sink.path("data", data, "folder with the data set's files", "the data set's package");
}

void ArchOptions::declare(OptionSink& sink) {
  sink.path("arch", arch, "architecture parameters that differ from the defaults (JSON)", "none differ");
}

void declare_batch(OptionSink& sink, int& batch) {
  sink.add({"batch", "images that a frame computes together, on one load of the weights: 1, 2, 4, 8 or 16",
            "1", false, [&batch](const std::string& given, const std::string& shown) {
              const auto images = static_cast<int>(whole_number(given, shown, 1, 16));
              WD_REQUIRE(program::is_batch(images), shown, ": ", given,
                         " images make no batch; give 1, 2, 4, 8 or 16");
              batch = images;
            }});
}

}  // namespace wd::flow
