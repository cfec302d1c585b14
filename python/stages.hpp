// SPDX-License-Identifier: Apache-2.0
// The stages that Python can call: a function's name, what it does, and how a call of it is made.
//
// Not       Python's types: arguments.hpp turns them into the texts that options take.
// Test      whitedwarf_test.py
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "flow/options.hpp"

namespace wd::python {

class StageCall {
 public:
  virtual ~StageCall() = default;
  virtual void declare(flow::OptionSink& sink) = 0;
  /// @return the result as JSON
  virtual std::string run(flow::Context& context) = 0;
};

struct Stage {
  const char* name;  // of the function
  const char* summary;
  std::unique_ptr<StageCall> (*make)();
};

const std::vector<Stage>& stages();
/// Errors: an unknown name.
const Stage& stage_named(const std::string& name);

}  // namespace wd::python
