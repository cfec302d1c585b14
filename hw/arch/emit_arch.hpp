// SPDX-License-Identifier: Apache-2.0
// The forms in which the .def lists leave C++; each goes to stdout.
#pragma once

#include <string>
#include <string_view>

namespace wd::arch {

/// mem_addr -> MemAddr
std::string upper_camel(std::string_view name);

void emit_sv();
void emit_map();
void emit_md();

}  // namespace wd::arch
