// SPDX-License-Identifier: Apache-2.0
// make_fuzz_corpus FOLDER: writes the seeds of every fuzz target to FOLDER/<target>/seed.<number>.
#include <cstdio>
#include <exception>

#include "base/error.hpp"
#include "testbench/fuzz/seeds.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_fuzz_corpus FOLDER\n", stderr);
    return 1;
  }
  try {
    for (const std::string& target : wd::fuzz::targets()) {
      const std::filesystem::path folder = std::filesystem::path(argv[1]) / target;
      wd::make_output_folder(folder);
      std::size_t number = 0;
      for (const wd::Bytes& seed : wd::fuzz::seeds_of(target))
        wd::write_file(folder / wd::text("seed.", number++), seed);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
