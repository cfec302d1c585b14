// SPDX-License-Identifier: Apache-2.0
// Which process this is, among all that see a folder, on this machine or another.
//
// Test      work_shares_test.cpp
#pragma once

#include <string>

namespace wd {

/// "HOST-NAMESPACE-PID-START", no other process has it, nor had it; fit for file names.
std::string process_name();
/// Whether a process of that name is sure to have ended. Of other machines' nothing is sure.
bool process_ended(const std::string& name);

}  // namespace wd
