// SPDX-License-Identifier: Apache-2.0
// Describes the options of a stage once: name, kind, range, default and help, beside the members that they set. Help,
// checks and the hostile calls of the test cli.hostile_calls are made of it.
//
// What      each stage has a struct of options with `void declare(OptionSink&)`. Who takes options from people (the
//           command line, a Python binding) is a sink: it collects the descriptions and hands each given value to its
//           `set`. A stage's struct is made of the parts that several stages share (CommonOptions, DataOptions, ...).
// Errors    set() refuses a value by the option's name, the value and what is allowed: wd::Error.
// Test      options_test.cpp, cli/bad_input_test.sh
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace wd::flow {

using Names = std::vector<std::string>;

/// What an option takes.
struct Takes {
  enum class Kind : std::uint8_t { nothing, whole, number, word, text, path };
  /// What must be at a path before the call, or is made there.
  enum class Place : std::uint8_t { file, folder, new_file, new_folder };

  Kind kind = Kind::nothing;
  bool several = false;            // with commas between them
  std::int64_t low = 0, high = 0;  // of whole numbers
  double least = 0, most = 0;      // of others
  Names words = {};                // all that a word can be
  std::string form =
      {};  // of a text that must have one, "FROM:TO"; of a path that may be a word, too, that word
  Place place = Place::file;
  std::string called =
      {};  // a value in help: its unit or what it names, "MHz", "FROM:TO"; empty: by its kind

  static Takes whole(std::int64_t low, std::int64_t high) { return {Kind::whole, false, low, high}; }
  static Takes number(double least, double most) { return {Kind::number, false, 0, 0, least, most}; }
  static Takes word(Names words) { return {Kind::word, false, 0, 0, 0, 0, std::move(words)}; }
  static Takes text(std::string form = {}) { return {Kind::text, false, 0, 0, 0, 0, {}, std::move(form)}; }
  static Takes path(Place place, std::string form = {}) {
    return {Kind::path, false, 0, 0, 0, 0, {}, std::move(form), place};
  }
  Takes list() const {
    Takes all = *this;
    all.several = true;
    return all;
  }
};

struct Option {
  std::string name, help;  // the help says nothing about the default
  std::string otherwise;   // the default as a person reads it; empty: there is none to tell
  Takes takes;
  /// Checks the value and stores it. @param shown what messages call the option, "--images"
  std::function<void(const std::string& value, const std::string& shown)> set;
};

/// "a,b,c"
std::string join(const Names& names);
/// The parts between commas; of "a," the second is empty.
Names split(const std::string& list);
/// A name as split_paths() reads it from a list: its own commas with a backslash before them.
std::string list_item(const std::string& name);
/// The parts between commas that have no backslash before them.
Names split_paths(const std::string& list);
/// Some of the known words, each once, from a list with commas. @param what one of them is, in messages: "engine"
Names choose(const std::string& list, const std::string& shown, const std::string& what, const Names& known);
std::int64_t whole_number(const std::string& value, const std::string& shown, std::int64_t low,
                          std::int64_t high);
double real_number(const std::string& value, const std::string& shown, double low, double high);
std::string number_text(double value);

class OptionSink {
 public:
  virtual ~OptionSink() = default;

  /// An option of a name that was added before is the same option, which sets one more member.
  virtual void add(Option option) = 0;
  /// Options of which a call has one at most.
  virtual void exclude(const Names& /*names*/) {}
  /// An option that says nothing without one of the others.
  virtual void need(const std::string& /*name*/, const Names& /*others*/) {}
  /// What help calls the values of options that were added, by their names: units, or what they name.
  virtual void call_values(const std::vector<std::pair<std::string, std::string>>& /*called*/) {}

  /// Off unless given. @param set what the value becomes
  void flag(const std::string& name, bool& value, const std::string& help, bool set = true);
  void text(const std::string& name, std::string& value, const std::string& help,
            const std::string& otherwise = "");
  /// A file that is read and not there is the program's own of that name, if it has one (base/shared_files.hpp).
  void path(const std::string& name, std::filesystem::path& value, Takes::Place place,
            const std::string& help, const std::string& otherwise = "");
  /// @param word that may stand among them; whether it does goes to `word_given`
  void paths(const std::string& name, std::vector<std::filesystem::path>& value, Takes::Place place,
             const std::string& help, const std::string& otherwise = "", const std::string& word = "",
             bool* word_given = nullptr);
  void real(const std::string& name, double& value, double low, double high, const std::string& help);
  void real(const std::string& name, std::optional<double>& value, double low, double high,
            const std::string& help, const std::string& otherwise);
  /// One of several words.
  void choice(const std::string& name, std::string& value, const Names& known, const std::string& help,
              const std::string& otherwise = "");
  /// Some of several words, each once. @param what they are, in messages: "engine"
  void choices(const std::string& name, Names& value, const std::string& what, const Names& known,
               const std::string& help);
  /// A seed from 1; 0 stands for none given.
  void seed(const std::string& name, std::uint64_t& value, const std::string& help,
            const std::string& otherwise);
  /// Different seeds, from 1.
  void seeds(const std::string& name, std::vector<std::uint64_t>& value, const std::string& help);

  /// @param otherwise the default's description where the number alone says too little: "all".
  template <typename T>
  void whole(const std::string& name, T& value, std::type_identity_t<T> low, std::type_identity_t<T> high,
             const std::string& help, const std::string& otherwise = "") {
    add({name, help, otherwise.empty() ? std::to_string(value) : otherwise,
         Takes::whole(limited(low), limited(high)),
         [&value, low, high](const std::string& given, const std::string& shown) {
           value = static_cast<T>(whole_number(given, shown, limited(low), limited(high)));
         }});
  }

  template <typename T>
  void numbers(const std::string& name, std::vector<T>& value, std::type_identity_t<T> low,
               std::type_identity_t<T> high, const std::string& help, const std::string& otherwise = "") {
    Names defaults;
    for (const T number : value) defaults.push_back(number_text(static_cast<double>(number)));
    const Takes one = std::is_integral_v<T>
                          ? Takes::whole(limited(low), limited(high))
                          : Takes::number(static_cast<double>(low), static_cast<double>(high));
    add({name, help, otherwise.empty() ? join(defaults) : otherwise, one.list(),
         [&value, low, high](const std::string& given, const std::string& shown) {
           std::vector<T> numbers;
           for (const std::string& part : split(given)) {
             if constexpr (std::is_integral_v<T>)
               numbers.push_back(static_cast<T>(whole_number(part, shown, limited(low), limited(high))));
             else
               numbers.push_back(real_number(part, shown, low, high));
           }
           value = std::move(numbers);
         }});
  }

 private:
  template <typename T>
  static std::int64_t limited(T bound) {
    if constexpr (std::is_floating_point_v<T>)
      return 0;
    else
      return std::in_range<std::int64_t>(bound) ? static_cast<std::int64_t>(bound)
                                                : std::numeric_limits<std::int64_t>::max();
  }
};

/// Of every stage.
struct CommonOptions {
  std::filesystem::path out = "out";
  unsigned threads = 0;

  void declare(OptionSink& sink);
  /// Of a stage that has no work for several threads.
  void declare_out(OptionSink& sink);
  std::filesystem::path file(const char* name) const { return out / name; }
};

/// Of a stage that makes no files.
struct ThreadOptions {
  unsigned threads = 0;

  void declare(OptionSink& sink);
};

/// Where the images of a data set lie.
struct DataOptions {
  std::filesystem::path data;  // empty: the data set's default folder

  void declare(OptionSink& sink);
};

/// Architecture parameters that differ from the defaults.
struct ArchOptions {
  std::filesystem::path arch;  // JSON; empty: the defaults

  void declare(OptionSink& sink);
};

/// Images that a frame of the program to make computes together.
void declare_batch(OptionSink& sink, int& batch);

}  // namespace wd::flow
