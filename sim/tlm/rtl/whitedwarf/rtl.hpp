// SPDX-License-Identifier: Apache-2.0
// The Verilated RTL as models of whitedwarf::Chip: "rtl", the core behind the other models' registers, and "axi", the whole chip with its AXI buses. For the architectures that it is elaborated with.
#pragma once

namespace whitedwarf {

/// To be called before a chip of this model is made.
void add_rtl_model();

}  // namespace whitedwarf
