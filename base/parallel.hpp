// SPDX-License-Identifier: Apache-2.0
// Runs independent chunks of work on a pool of threads.
//
// Each thread begins with the same part of every job's chunks, as what it wrote in the last job is in its
// core's cache, then takes over what others have not begun: a core that is taken away delays one chunk only.
// Between jobs a thread stays awake for 50 us, giving the core to whoever else wants it, before it sleeps;
// waking it costs as much as a small job. What a chunk computes must not depend on which thread runs it:
// results are then the same at any thread count.
// Errors    the first exception of a chunk is rethrown to the caller after all threads are idle.
// Test      parallel_test.cpp
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace wd {

class ThreadPool {
 public:
  /// @param threads including the caller's; 0 takes what the machine has.
  explicit ThreadPool(unsigned threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned threads() const;

  /// Calls work(i) for i in [0, count), in any order, and returns when all are done.
  void run(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wd
