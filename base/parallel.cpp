// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace wd {
namespace {

void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Waits awake, about as long as putting a thread to sleep and waking it up takes: the next job of a small
/// network comes sooner.
template <typename Arrived>
void await_briefly(Arrived arrived) {
  constexpr std::chrono::microseconds longest{50};
  const auto start = std::chrono::steady_clock::now();
  while (!arrived() && std::chrono::steady_clock::now() - start < longest) {
    for (int i = 0; i < 8; ++i) pause_core();
    std::this_thread::yield();  // whoever else wants the core has it
  }
}

}  // namespace

struct ThreadPool::State {
  /// Chunks that one thread begins with: over successive jobs on the same arrays they stay in its core's cache.
  struct alignas(64) Share {
    std::atomic<std::size_t> next{0};
    std::size_t end = 0;
  };

  explicit State(unsigned threads) : shares(threads) {}

  std::mutex mutex;
  std::condition_variable wake, finished;
  std::vector<std::thread> workers;
  std::vector<Share> shares;  // of the caller, then of the workers
  const std::function<void(std::size_t)>* work = nullptr;
  std::atomic<std::size_t> busy = 0;  // workers that have taken up the current job and not left it
  std::atomic<std::size_t> generation = 0;
  bool open = false;  // whether a worker may still take up the current job
  bool stop = false;
  std::exception_ptr error;

  /// Does the thread's own share, then what others have not begun.
  void drain(std::size_t thread) {
    for (std::size_t n = 0; n < shares.size(); ++n) {
      Share& share = shares[(thread + n) % shares.size()];
      for (std::size_t i; (i = share.next.fetch_add(1)) < share.end;) {
        try {
          (*work)(i);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!error) error = std::current_exception();
          for (Share& rest : shares) rest.next.store(rest.end);
        }
      }
    }
  }

  void serve(std::size_t thread) {
    std::size_t seen = 0;
    for (;;) {
      await_briefly([&] { return generation.load(std::memory_order_relaxed) != seen; });
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return stop || generation != seen; });
        if (stop) return;
        seen = generation;
        if (!open) continue;  // too late
        ++busy;
      }
      drain(thread);
      const std::lock_guard lock(mutex);
      if (--busy == 0) finished.notify_one();
    }
  }
};

ThreadPool::ThreadPool(unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  state_ = std::make_unique<State>(threads);
  for (unsigned i = 1; i < threads; ++i) state_->workers.emplace_back([s = state_.get(), i] { s->serve(i); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

unsigned ThreadPool::threads() const { return static_cast<unsigned>(state_->workers.size()) + 1; }

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)>& work) {
  State& s = *state_;
  if (count <= 1 || s.workers.empty()) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  {
    const std::lock_guard lock(s.mutex);
    s.work = &work;
    for (std::size_t t = 0; t < s.shares.size(); ++t) {
      s.shares[t].next.store(count * t / s.shares.size());
      s.shares[t].end = count * (t + 1) / s.shares.size();
    }
    s.error = nullptr;
    ++s.generation;
    s.open = true;
  }
  s.wake.notify_all();
  s.drain(0);
  // All chunks are claimed. A worker that has not woken up by now is not waited for: waking takes longer than many a job.
  {
    const std::lock_guard lock(s.mutex);
    s.open = false;
  }
  await_briefly([&] { return s.busy.load(std::memory_order_relaxed) == 0; });
  std::unique_lock lock(s.mutex);
  s.finished.wait(lock, [&] { return s.busy == 0; });
  if (s.error) std::rethrow_exception(s.error);
}

}  // namespace wd
