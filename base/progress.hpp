// SPDX-License-Identifier: Apache-2.0
// Shows a long job's progress and an estimate of the time left, on stderr; or tells it to a listener.
//
// Not        shown unless stderr is a terminal, and silence() was not called.
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
  /// @param total how many units the job has; 0 hides the estimate.
  Progress(std::string label, double total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows nothing from now on, in the whole program.
  static void silence();

  /// Tells how many units are done; prints at most five times a second.
  void update(double done, const std::string& note = {});

 private:
  std::string label_;
  double total_;
  ProgressListener listener_;
  bool visible_;
  std::chrono::steady_clock::time_point start_, last_;
};

/// Seconds as a person writes them: "48 s", "3 min 07 s".
std::string duration_text(double seconds);

}  // namespace wd
