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
      shown_(listener_ || silent            ? Shown::nowhere
             : ::isatty(STDERR_FILENO) == 1 ? Shown::on_terminal
                                            : Shown::in_log),
      start_(std::chrono::steady_clock::now()),
      last_(listener_ ? start_ - std::chrono::hours(1) : start_) {}

Progress::~Progress() {
  if (shown_ == Shown::on_terminal) std::fprintf(stderr, "\r\033[K");
}

void Progress::update(double done, const std::string& note) {
  if ((shown_ == Shown::nowhere && !listener_) || since(last_) < 0.2) return;
  last_ = std::chrono::steady_clock::now();
  if (listener_) return listener_(label_, total_ > 0 ? done / total_ : 0, note);
  const double seconds = since(start_);
  if (shown_ == Shown::in_log) {
    if (seconds < next_log_) return;
    next_log_ = seconds + std::min(seconds, log_at_least_every);
    std::fprintf(stderr, "%s\n", progress_text(label_, done, total_, seconds, note).c_str());
    return;
  }
  std::fprintf(stderr, "\r\033[K%s", progress_text(label_, done, total_, seconds, note).c_str());
  std::fflush(stderr);
}

std::string progress_text(const std::string& label, double done, double total, double seconds,
                          const std::string& note) {
  std::string line = label;
  if (total > 0 && done > 0) {
    line += text(" ", static_cast<int>(100 * done / total), " %, ",
                 duration_text(seconds * (total - done) / done), " left");
    const double each = seconds / done;
    const char* const format = each > 1      ? ", %.3g s each"
                               : each > 0.01 ? ", %.3g a second"
                                             : ", %.0f a second";
    char rate[40];
    std::snprintf(rate, sizeof rate, format, each > 1 ? each : 1 / each);
    if (total > 1 && seconds > 0) line += rate;
  }
  if (!note.empty()) line += ", " + note;
  return line;
}

std::string duration_text(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 60) return text(whole, " s");
  return text(whole / 60, " min ", whole % 60 < 10 ? "0" : "", whole % 60, " s");
}

}  // namespace wd
