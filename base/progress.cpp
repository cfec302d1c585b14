// SPDX-License-Identifier: Apache-2.0
#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"

namespace wd {
namespace {

std::atomic<bool> silent{false};

double since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

void Progress::silence() { silent = true; }

Progress::Progress(std::string label, double total)
    : label_(std::move(label)),
      total_(total),
      visible_(!silent && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (visible_) std::fprintf(stderr, "\r\033[K");
}

void Progress::update(double done, const std::string& note) {
  if (!visible_ || since(last_) < 0.2) return;
  last_ = std::chrono::steady_clock::now();
  std::string line = label_;
  if (total_ > 0 && done > 0) {
    const double left = since(start_) * (total_ - done) / done;
    line += text(" ", static_cast<int>(100 * done / total_), " %, ", duration_text(left), " left");
  }
  if (!note.empty()) line += ", " + note;
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

std::string duration_text(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 60) return text(whole, " s");
  return text(whole / 60, " min ", whole % 60 < 10 ? "0" : "", whole % 60, " s");
}

}  // namespace wd
