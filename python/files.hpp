// SPDX-License-Identifier: Apache-2.0
// The three files of a network for Python: model.wdm, model.wdz, program.wdp, with their contents as arrays.
//
// Errors    of their readers; of an engine that does not have the program's chip: wd::Error.
// Test      whitedwarf_test.py
#pragma once

#include <pybind11/pybind11.h>

#include <nlohmann/json_fwd.hpp>

namespace wd::python {

/// As Python has it.
pybind11::object loads(const nlohmann::json& value);

void bind_model(pybind11::module_& module);
void bind_program(pybind11::module_& module);

}  // namespace wd::python
