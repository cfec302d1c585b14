// SPDX-License-Identifier: Apache-2.0
#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/error.hpp"

namespace wd {
namespace {

std::atomic<bool> silent{false};
thread_local ProgressListener thread_listener;

double since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

void Progress::silence() { silent = true; }

ListenToProgress::ListenToProgress(ProgressListener listener)
    : former_(std::exchange(thread_listener, std::move(listener))) {}

ListenToProgress::~ListenToProgress() { thread_listener = std::move(former_); }

// A listener hears of short jobs, too: the first news are told at once.
Progress::Progress(std::string label, double total)
    : label_(std::move(label)),
      total_(total),
      listener_(thread_listener),
      visible_(!listener_ && !silent && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(listener_ ? start_ - std::chrono::hours(1) : start_) {}

Progress::~Progress() {
  if (visible_) std::fprintf(stderr, "\r\033[K");
}

void Progress::update(double done, const std::string& note) {
  if ((!visible_ && !listener_) || since(last_) < 0.2) return;
  last_ = std::chrono::steady_clock::now();
  if (listener_) return listener_(label_, total_ > 0 ? done / total_ : 0, note);
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
