// SPDX-License-Identifier: Apache-2.0
// A program as text that a person can read and change, and back: every byte of a program file comes back.
//
// Shape     lines: `.meta NAME JSON`, then instructions with the labels `load:` and `frame:`, then the memory image from
//           beat 0 as blocks `.weights`, `.norms` and `.beats`; docs/formats.md. `;` begins a comment.
// Errors    read_program_text: wd::Error naming file, line, field, value and remedy.
// Test      program_text_test.cpp, testbench/program_text_test.cpp
#pragma once

#include <string>
#include <string_view>

#include "hw/formats/program/program.hpp"

namespace wd::program {

/// @param program a checked one. @param memory off: without the memory image
std::string program_text(const Program& program, bool memory = true);

/// The labels and instructions alone.
std::string instruction_text(const Program& program);

/// @param origin the file's name, for messages
Program read_program_text(std::string_view contents, const std::string& origin);

}  // namespace wd::program
