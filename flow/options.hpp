// SPDX-License-Identifier: Apache-2.0
// Describes the options of a stage once: name, type, range, default and help, beside the members that they set.
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
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace wd::flow {

struct Option {
  std::string name, help;  // the help says nothing about the default
  std::string otherwise;   // the default as a person reads it; empty: there is none to tell
  bool flag = false;       // takes no value
  /// Checks the value and stores it. @param shown what messages call the option, "--images"
  std::function<void(const std::string& value, const std::string& shown)> set;
};

using Names = std::vector<std::string>;

/// "a,b,c"
std::string join(const Names& names);
/// The parts between commas; of "a," the second is empty.
Names split(const std::string& list);
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

  /// Off unless given.
  void flag(const std::string& name, bool& value, const std::string& help);
  void text(const std::string& name, std::string& value, const std::string& help,
            const std::string& otherwise = "");
  void path(const std::string& name, std::filesystem::path& value, const std::string& help,
            const std::string& otherwise = "");
  void real(const std::string& name, double& value, double low, double high, const std::string& help);
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
    add({name, help, otherwise.empty() ? std::to_string(value) : otherwise, false,
         [&value, low, high](const std::string& given, const std::string& shown) {
           value = static_cast<T>(whole_number(given, shown, limited(low), limited(high)));
         }});
  }

  template <typename T>
  void numbers(const std::string& name, std::vector<T>& value, std::type_identity_t<T> low,
               std::type_identity_t<T> high, const std::string& help, const std::string& otherwise = "") {
    Names defaults;
    for (const T number : value) defaults.push_back(number_text(static_cast<double>(number)));
    add({name, help, otherwise.empty() ? join(defaults) : otherwise, false,
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
    return std::in_range<std::int64_t>(bound) ? static_cast<std::int64_t>(bound)
                                              : std::numeric_limits<std::int64_t>::max();
  }
};

/// Of every stage.
struct CommonOptions {
  std::filesystem::path out = "out";
  unsigned threads = 0;

  void declare(OptionSink& sink);
  std::filesystem::path file(const char* name) const { return out / name; }
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
