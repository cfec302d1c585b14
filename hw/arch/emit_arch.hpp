// SPDX-License-Identifier: Apache-2.0
// The two forms in which the .def lists leave C++; each goes to stdout.
#pragma once

namespace wd::arch {

void emit_sv();
void emit_md();

}  // namespace wd::arch
