// SPDX-License-Identifier: Apache-2.0
#include "flow/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/shared_files.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::flow {
namespace {

constexpr std::int64_t largest_seed = 999'999'999'999'999'999;

void require_one_of(const std::string& given, const std::string& shown, const Names& known) {
  WD_REQUIRE(std::count(known.begin(), known.end(), given) == 1, shown, " is '", given, "', must be one of ",
             join(known));
}

/// Files that are read may be the program's own.
std::filesystem::path path_at(Takes::Place place, const std::filesystem::path& given) {
  return place == Takes::Place::file ? find_shared(given) : given;
}

void declare_threads(OptionSink& sink, unsigned& threads) {
  sink.whole("threads", threads, 0, 256, "threads; 0 takes all of the machine; results do not change");
}

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

std::string list_item(const std::string& name) {
  std::string item;
  for (const char c : name) item += c == ',' ? "\\," : std::string(1, c);
  return item;
}

Names split_paths(const std::string& list) {
  Names parts{""};
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == '\\' && at + 1 < list.size() && list[at + 1] == ',')
      parts.back() += list[++at];
    else if (list[at] == ',')
      parts.emplace_back();
    else
      parts.back() += list[at];
  }
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
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, number);
  const bool is_number =
      error == std::errc() && stopped == end && std::isfinite(number) && number >= low && number <= high;
  WD_REQUIRE(is_number, shown, " is '", value, "', must be a number, ", low, " to ", high);
  return number;
}

std::string number_text(double value) { return wd::text(value); }

void OptionSink::flag(const std::string& name, bool& value, const std::string& help, bool set) {
  add({name, help, "", {}, [&value, set](const std::string&, const std::string&) { value = set; }});
}

void OptionSink::text(const std::string& name, std::string& value, const std::string& help,
                      const std::string& otherwise) {
  add({name, help, otherwise.empty() ? value : otherwise, Takes::text(),
       [&value](const std::string& given, const std::string& shown) {
         WD_REQUIRE(!given.empty(), shown, " is empty; give it a value or leave it out");
         value = given;
       }});
}

void OptionSink::path(const std::string& name, std::filesystem::path& value, Takes::Place place,
                      const std::string& help, const std::string& otherwise) {
  add({name, help, otherwise.empty() ? value.string() : otherwise, Takes::path(place),
       [&value, place](const std::string& given, const std::string& shown) {
         WD_REQUIRE(!given.empty(), shown, " is empty; name a path or leave it out");
         value = path_at(place, given);
       }});
}

void OptionSink::paths(const std::string& name, std::vector<std::filesystem::path>& value, Takes::Place place,
                       const std::string& help, const std::string& otherwise, const std::string& word,
                       bool* word_given) {
  add({name, help, otherwise, Takes::path(place, word).list(),
       [&value, place, word, word_given](const std::string& given, const std::string& shown) {
         std::vector<std::filesystem::path> list;
         for (const std::string& path : split_paths(given)) {
           WD_REQUIRE(!path.empty(), shown, " is '", given,
                      "': a name in it is empty; name paths, with commas between them");
           list.push_back(path_at(place, path));
         }
         if (word_given != nullptr) *word_given = std::erase(list, word) > 0;
         value = std::move(list);
       }});
}

void OptionSink::real(const std::string& name, double& value, double low, double high,
                      const std::string& help) {
  add({name, help, number_text(value), Takes::number(low, high),
       [&value, low, high](const std::string& given, const std::string& shown) {
         value = real_number(given, shown, low, high);
       }});
}

void OptionSink::real(const std::string& name, std::optional<double>& value, double low, double high,
                      const std::string& help, const std::string& otherwise) {
  add({name, help, otherwise, Takes::number(low, high),
       [&value, low, high](const std::string& given, const std::string& shown) {
         value = real_number(given, shown, low, high);
       }});
}

void OptionSink::choice(const std::string& name, std::string& value, const Names& known,
                        const std::string& help, const std::string& otherwise) {
  add({name, help + ": " + join(known), otherwise.empty() ? value : otherwise, Takes::word(known),
       [&value, known](const std::string& given, const std::string& shown) {
         require_one_of(given, shown, known);
         value = given;
       }});
}

void OptionSink::choices(const std::string& name, Names& value, const std::string& what, const Names& known,
                         const std::string& help) {
  add({name, help + ", comma-separated: " + join(known),
       value == known || value.empty() ? "all" : join(value), Takes::word(known).list(),
       [&value, what, known](const std::string& given, const std::string& shown) {
         value = choose(given, shown, what, known);
       }});
}

void OptionSink::seed(const std::string& name, std::uint64_t& value, const std::string& help,
                      const std::string& otherwise) {
  whole(name, value, 1, largest_seed, help, otherwise);
}

void OptionSink::seeds(const std::string& name, std::vector<std::uint64_t>& value, const std::string& help) {
  add({name, help, "", Takes::whole(1, largest_seed).list(),
       [&value](const std::string& given, const std::string& shown) {
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

void CommonOptions::declare_out(OptionSink& sink) {
  sink.path("out", out, Takes::Place::new_folder, "folder for all files");
}

void CommonOptions::declare(OptionSink& sink) {
  declare_out(sink);
  declare_threads(sink, threads);
}

void ThreadOptions::declare(OptionSink& sink) { declare_threads(sink, threads); }

void DataOptions::declare(OptionSink& sink) {
  sink.path("data", data, Takes::Place::folder, "folder with the data set's files", "the data set's package");
}

void ArchOptions::declare(OptionSink& sink) {
  sink.path("arch", arch, Takes::Place::file, "architecture parameters that differ from the defaults (JSON)",
            "none differ");
}

void declare_batch(OptionSink& sink, int& batch) {
  Names sizes;
  for (int images = 1; images <= 16; ++images)
    if (program::is_batch(images)) sizes.push_back(std::to_string(images));
  sink.add({"batch", "images that a frame computes together, on one load of the weights: " + join(sizes), "1",
            Takes::word(sizes), [&batch, sizes](const std::string& given, const std::string& shown) {
              require_one_of(given, shown, sizes);
              batch = std::stoi(given);
            }});
}

}  // namespace wd::flow
