// SPDX-License-Identifier: Apache-2.0
// Makes one printable line of a message, whatever values it tells.
//
// Shape     UTF-8; what is none, and what does not print, becomes \xNN; of more than 2,000 bytes, both ends.
// Test      one_line_test.cpp
#pragma once

#include <string>

namespace wd {

std::string one_line(const std::string& message);

}  // namespace wd
