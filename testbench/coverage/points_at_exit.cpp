// SPDX-License-Identifier: Apache-2.0
// Keeps the coverage points of all Verilated models of a program, and writes them at its end into the folder that WD_COVERAGE_FOLDER names.
//
// Not       in a build without WD_COVERAGE
#include <unistd.h>
#include <verilated.h>
#include <verilated_cov.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_set>

/// What the models' code calls (verilate.sh): every model registers its points, those of a class are the same.
bool wd_is_new_point(const void* count) {
  static std::mutex mutex;
  static std::unordered_set<const void*> known;
  const std::lock_guard lock(mutex);
  return known.insert(count).second;
}

VerilatedCovContext* wd_points() {
  static VerilatedCovContext* const points = [] {
    VerilatedCovContext* const made =
        (new VerilatedContext)->coveragep();  // models' own contexts do not outlive them
    static VerilatedCovContext* written = made;
    std::atexit([] {
      if (const char* folder = std::getenv("WD_COVERAGE_FOLDER"))
        written->write((std::string(folder) + "/" + std::to_string(getpid()) + ".dat").c_str());
    });
    return made;
  }();
  return points;
}
