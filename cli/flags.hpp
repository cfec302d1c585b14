// SPDX-License-Identifier: Apache-2.0
// The options of a command as flags: parses a command line.
//
// Errors    unknown flags, values that an option refuses: wd::Error with the flag, the value and the remedy.
// Test      bad_input_test.sh
#pragma once

#include <string>
#include <vector>

#include "flow/option_table.hpp"

namespace wd::cli {

class Flags : public flow::OptionTable {
 public:
  /// Sets what the arguments name. @param command for messages
  void parse(const std::string& command, const std::vector<std::string>& arguments);
  struct Given {
    std::string name, value;
    bool flag = false;
    std::string word() const { return flag ? "--" + name : "--" + name + "=" + value; }
  };
  /// What was named, in the order of the options.
  const std::vector<Given>& given() const { return given_; }

 private:
  bool is_given(const std::string& name) const;

  std::vector<Given> given_;
};

}  // namespace wd::cli
