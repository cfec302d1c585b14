// SPDX-License-Identifier: Apache-2.0
// Shows a long job's progress, its rate and an estimate of the time left, on stderr; or tells it to a listener.
//
// Shape      a line that is written over, five times a second at most. Where stderr is no terminal, lines of a log, rarely: the first after
//            log_after seconds, then after twice as long each time, log_at_least_every at most.
// Not        shown after silence().
// Test       progress_test.cpp, cli/terminal_test.sh
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace wd {

/// Gets what a terminal would show: the job, how much of it is done, 0 to 1 (nothing known: 0), and a note.
using ProgressListener = std::function<void(const std::string& label, double share, const std::string& note)>;

/// While it lives, jobs that this thread begins tell the listener, and show nothing.
class ListenToProgress {
 public:
  explicit ListenToProgress(ProgressListener listener);
  ~ListenToProgress();
  ListenToProgress(const ListenToProgress&) = delete;
  ListenToProgress& operator=(const ListenToProgress&) = delete;

 private:
  ProgressListener former_;
};

class Progress {
 public:
  /// @param total how many units the job has; 0 hides the estimate. 1: parts of it are done, which have no rate.
  Progress(std::string label, double total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows nothing from now on, in the whole program.
  static void silence();

  /// Of lines in a log.
  static constexpr double log_after = 120, log_at_least_every = 600;

  /// Tells how many units are done.
  void update(double done, const std::string& note = {});

 private:
  std::string label_;
  double total_;
  ProgressListener listener_;
  enum class Shown { nowhere, on_terminal, in_log } shown_;
  double next_log_ = log_after;  // seconds from the start
  std::chrono::steady_clock::time_point start_, last_;
};

/// "train 40 %, 2 min 07 s left, 31/s, epoch 3": of `done` units of `total` (0: unknown) in so many seconds.
std::string progress_text(const std::string& label, double done, double total, double seconds,
                          const std::string& note);

/// Seconds as a person writes them: "48 s", "3 min 07 s".
std::string duration_text(double seconds);

}  // namespace wd
