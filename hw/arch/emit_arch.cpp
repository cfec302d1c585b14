// SPDX-License-Identifier: Apache-2.0
// Prints what is generated from the .def lists: the SystemVerilog package, the register map's decoder or the generated part of
// docs/isa.md.
//
// Usage     emit_arch sv > hw/gen/wd_arch_pkg.sv      emit_arch map > hw/gen/wd_register_map.sv
//               emit_arch md (between the markers of docs/isa.md)
// Test      ctest arch.generated_is_current
#include "hw/arch/emit_arch.hpp"

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "sv") {
    wd::arch::emit_sv();
  } else if (what == "map") {
    wd::arch::emit_map();
  } else if (what == "md") {
    wd::arch::emit_md();
  } else {
    std::fputs("usage: emit_arch sv|map|md\n", stderr);
    return 1;
  }
  return 0;
}
