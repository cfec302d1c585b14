// SPDX-License-Identifier: Apache-2.0
// Hands keyword arguments to the options of a stage, as the texts that these take (decision 0018).
//
// Errors    a keyword that is none, a value of another type than the option's, what the option itself refuses: wd::Error, in the
//           words of the command.
// Test      whitedwarf_test.py
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "flow/option_table.hpp"

namespace wd::python {

/// "checkpoint_seconds" of "checkpoint-seconds".
std::string keyword_of(const std::string& option);

/// Sets what the arguments name; None leaves an option out. @param function for messages
void set_options(const flow::OptionTable& table, const pybind11::dict& arguments,
                 const std::string& function);

}  // namespace wd::python
