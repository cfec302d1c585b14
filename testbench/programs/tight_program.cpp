// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/tight_program.hpp"

#include "base/error.hpp"

namespace wd::testbench {

program::Program compile_tightly(const model::Network& network, compiler::Options options) {
  const arch::Arch own = options.arch;
  for (options.arch.norm_rows = 1; options.arch.norm_rows <= own.norm_rows; ++options.arch.norm_rows)
    for (options.arch.weight_rows = 16; options.arch.weight_rows <= own.weight_rows;
         options.arch.weight_rows += 4)
      try {
        program::Program program = compiler::compile(network, options);
        program.arch = own;
        program::check(program, "tight program");
        return program;
      } catch (const Error& error) {
        if (std::string(error.what()).find("norm_rows") != std::string::npos) break;
      }
  fail("network ", network.name, ": no buffer is large enough");
}

}  // namespace wd::testbench
