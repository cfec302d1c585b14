// SPDX-License-Identifier: Apache-2.0
// Does work that takes long without Python's lock: other threads of Python go on, Ctrl-C stops it as it stops a command.
//
// What      one piece of work at a time: a second thread waits. SIGINT sets the wish to stop, which the work obeys at its next
//           step; then Python's own handler has its turn, which raises KeyboardInterrupt. Progress goes to a function of Python; what that raises
//           stops the work, too, and comes out of the call. Messages go to the logger `whitedwarf`.
// Errors    a call from within a progress function: wd::Error.
// Test      whitedwarf_test.py
#pragma once

#include <pybind11/pybind11.h>

#include <functional>

#include "flow/context.hpp"

namespace wd::python {

/// @param progress None, or called with (label, share, note)
void do_long_work(const pybind11::object& progress, const std::function<void(flow::Context&)>& work);

}  // namespace wd::python
