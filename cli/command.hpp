// SPDX-License-Identifier: Apache-2.0
// A subcommand: a name, its help, and how a call of it is made.
//
// What      each command has a file of its own, which joins three things: the options (a struct of flow/), the work (a
//           function of flow/ from options to a result) and the text that a person reads. To add one, write that file
//           with a function `Command NAME_command()`, name it in commands.cpp and in CMakeLists.txt.
// Test      bad_input_test.sh, demo_test.sh
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "flow/context.hpp"
#include "flow/options.hpp"

namespace wd::cli {

/// One call of a command.
class Call {
 public:
  virtual ~Call() = default;
  virtual void declare(flow::OptionSink& sink) = 0;
  virtual void run(flow::Context& context) = 0;
  // After run():
  virtual nlohmann::json json() const = 0;
  virtual std::string text() const = 0;
};

struct Command {
  std::string name;  // may be two words: "bench train"
  std::string summary, examples;
  std::function<std::unique_ptr<Call>()> make;
  std::string first = {};  // an option whose value may stand first in a call, without its name
  bool several = false;    // its value may be several words
  bool shared = false;     // its processes share the work of one folder, so that it takes --slurm
};

/// All of them, in the order of the help.
const std::vector<Command>& commands();

/// Joins options, work and text. The result has to_json(), or is JSON.
template <typename Options, typename Result>
class StageCall : public Call {
 public:
  using Work = Result (*)(const Options&, flow::Context&);
  using Show = std::string (*)(const Options&, const Result&);

  StageCall(Work work, Show show) : work_(work), show_(show) {}
  void declare(flow::OptionSink& sink) override { options_.declare(sink); }
  void run(flow::Context& context) override { result_ = work_(options_, context); }
  nlohmann::json json() const override {
    if constexpr (std::is_same_v<Result, nlohmann::json>)
      return *result_;
    else
      return result_->to_json();
  }
  std::string text() const override { return show_(options_, *result_); }

 private:
  Work work_;
  Show show_;
  Options options_;
  std::optional<Result> result_;
};

template <typename Options, typename Result>
Command make_command(std::string name, std::string summary, std::string examples,
                     Result (*work)(const Options&, flow::Context&),
                     std::string (*show)(const Options&, const Result&)) {
  return {std::move(name), std::move(summary), std::move(examples),
          [work, show] { return std::make_unique<StageCall<Options, Result>>(work, show); }};
}

}  // namespace wd::cli
