// SPDX-License-Identifier: Apache-2.0
// Text for LaTeX in UTF-8: what it reserves is escaped.
//
// Test      report_test.cpp
#pragma once

#include <string>

namespace wd::report {

std::string latex_text(const std::string& text);

}  // namespace wd::report
