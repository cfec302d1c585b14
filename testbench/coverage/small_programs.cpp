// SPDX-License-Identifier: Apache-2.0
// Random programs on the one array that a build with coverage has: golden model, fast simulator and RTL agree, from random initial states too.
//
// Usage     coverage_programs FIRST COUNT
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "testbench/programs/agreement.hpp"

int main(int argc, char** argv) try {
  using namespace wd;
  if (argc != 3) {
    std::fprintf(stderr, "usage: coverage_programs FIRST COUNT\n");
    return 1;
  }
  const int first = std::atoi(argv[1]), count = std::atoi(argv[2]);
  for (int seed = first; seed < first + count; ++seed) {
    const testbench::RandomProgram random = testbench::random_program(
        {.seed = static_cast<std::uint64_t>(seed), .arch = sim::rtl_configurations().front()});
    sim::GoldenEngine golden(random.program);
    sim::FastEngine fast(random.program, random.switches);
    sim::RtlEngine rtl(random.program, random.switches, seed % 4 == 0 ? 0 : seed);
    const std::string difference = testbench::disagreement({&golden, &fast, &rtl}, random);
    if (!difference.empty()) {
      std::fprintf(stderr, "seed %d: %s\n", seed, difference.c_str());
      return 1;
    }
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "coverage_programs: %s\n", error.what());
  return 1;
}
