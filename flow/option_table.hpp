// SPDX-License-Identifier: Apache-2.0
// Collects the options of a stage as they are declared, for a front end: the command line, the Python module.
//
// Errors    options that exclude or need each other: wd::Error with the options and the remedy.
// Test      options_test.cpp, cli/bad_input_test.sh
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "flow/options.hpp"

namespace wd::flow {

class OptionTable : public OptionSink {
 public:
  void add(Option option) override;
  void exclude(const Names& names) override { excluded_.push_back(names); }
  void need(const std::string& name, const Names& others) override { needs_.emplace_back(name, others); }

  void call_values(const std::vector<std::pair<std::string, std::string>>& called) override;

  const std::vector<Option>& options() const { return options_; }
  /// Refuses a call in which some exclude each other, or one lacks what it is of.
  void require_rules(const std::function<bool(const std::string& name)>& is_given) const;
  /// All that is declared of the options: docs/result-files.md, "Options".
  nlohmann::json to_json() const;

 private:
  std::vector<Option> options_;
  std::vector<Names> excluded_;
  std::vector<std::pair<std::string, Names>> needs_;
};

}  // namespace wd::flow
