// SPDX-License-Identifier: Apache-2.0
// The Verilated RTL as a model of whitedwarf::Chip: "rtl". For the architectures that it is elaborated with.
#pragma once

namespace whitedwarf {

/// To be called before a chip of this model is made.
void add_rtl_model();

}  // namespace whitedwarf
