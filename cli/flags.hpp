// SPDX-License-Identifier: Apache-2.0
// The options of a command as flags: collects their descriptions, parses a command line, and hands out what is declared of
// them.
//
// Errors    unknown flags, values that an option refuses: wd::Error with the flag, the value and the remedy.
// Test      bad_input_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "flow/options.hpp"

namespace wd::cli {

class Flags : public flow::OptionSink {
 public:
  void add(flow::Option option) override;
  void exclude(const flow::Names& names) override { excluded_.push_back(names); }
  void need(const std::string& name, const flow::Names& others) override {
    needs_.emplace_back(name, others);
  }

  void call_values(const std::vector<std::pair<std::string, std::string>>& called) override;

  const std::vector<flow::Option>& options() const { return options_; }
  /// Sets what the arguments name. @param command for messages
  void parse(const std::string& command, const std::vector<std::string>& arguments);
  struct Given {
    std::string name, value;
    bool flag = false;
    std::string word() const { return flag ? "--" + name : "--" + name + "=" + value; }
  };
  /// What was named, in the order of the options.
  const std::vector<Given>& given() const { return given_; }
  /// All that is declared of the options: docs/result-files.md, "Options".
  nlohmann::json to_json() const;

 private:
  bool is_given(const std::string& name) const;
  void require_rules() const;

  std::vector<flow::Option> options_;
  std::vector<flow::Names> excluded_;
  std::vector<std::pair<std::string, flow::Names>> needs_;
  std::vector<Given> given_;
};

}  // namespace wd::cli
