// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/burst_times.hpp"

#include <limits>

namespace wd::sim::fast {

constexpr std::uint64_t forever = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t activation_banks = 16;

std::uint64_t BurstTimes::queue(std::uint64_t exec, const arch::Instr& burst, std::uint64_t cycles,
                                int iteration) {
  if (bursts_ >= arch::burst_queue) {
    finish(bursts_ - arch::burst_queue);
    exec = std::max(exec, free_[bursts_ % free_.size()]);
  }
  Burst queued;
  queued.number = bursts_++;
  queued.exec = exec;
  queued.tag = burst.tag;
  queued.left = cycles;
  queued.store = burst.operation() == arch::Op::StoreTensor;
  if (queued.store) queued.pixels = static_cast<std::uint64_t>(burst.in_h * burst.in_w);
  queued.instr = &burst;
  queued.iteration = iteration;
  queued.out = arch::stores(burst.operation());
  waiting_.push_back(queued);
  follow(exec);
  return exec;
}

std::uint64_t BurstTimes::wait(std::uint64_t exec, int tag) {
  const auto last =
      std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const Burst& burst) { return burst.tag == tag; });
  if (last != waiting_.rend()) finish(last->number);
  return std::max(exec, tag_[static_cast<std::size_t>(tag)]);
}

void BurstTimes::tiles_read(std::uint64_t cycle, std::uint32_t tiles) {
  follow(cycle);
  if (waiting_.empty()) return;
  Burst& store = waiting_.front();
  if (store.next == cycle && (tiles >> store.pixel % activation_banks & 1) != 0) ++store.next;
}

void BurstTimes::follow(std::uint64_t until) {
  while (!waiting_.empty() && follow_first(until)) {
  }
}

void BurstTimes::finish(std::uint64_t number) {
  while (!waiting_.empty() && waiting_.front().number <= number) follow_first(forever);
  follow(0);  // what starts behind it
}

std::uint64_t BurstTimes::finish_all() {
  if (!waiting_.empty()) finish(waiting_.back().number);
  return free_at_;
}

bool BurstTimes::follow_first(std::uint64_t until) {
  Burst& first = waiting_.front();
  if (!first.started) {
    first.started = true;
    const std::uint64_t start = std::max(first.exec, free_at_);
    first.start = start;
    first.next = start + latency_;
    if (mover_ != nullptr && !first.out)
      first.next = mover_->load(*first.instr, first.iteration, start) - first.left;
    if (mover_ != nullptr && first.out) first.ready = mover_->accepts_from();
    if (first.out && !first.store && first.ready != 0) first.next = std::max(first.next, first.ready - 1);
  }
  std::uint64_t words = first.store ? std::min(first.left, until - std::min(until, first.next)) : first.left;
  const bool held = words != 0 && first.ready > first.next + 1;
  if (held) words = 1;
  if (mover_ != nullptr && first.out && words != 0)
    mover_->store(*first.instr, first.iteration, static_cast<std::uint64_t>(first.instr->count) - first.left,
                  words, held ? first.ready : first.next + 1);
  first.next = held ? first.ready : first.next + words;
  first.left -= words, first.pixel = (first.pixel + words) % first.pixels;
  if (first.left != 0) return held && follow_first(until);
  free_at_ = first.next + 1;  // the last word is sent in the cycle behind its read
  if (told_) told_({first.instr, first.iteration, first.start, free_at_});
  free_[first.number % free_.size()] = tag_[static_cast<std::size_t>(first.tag)] = free_at_;
  waiting_.pop_front();
  return true;
}

}  // namespace wd::sim::fast
