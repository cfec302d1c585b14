// SPDX-License-Identifier: Apache-2.0
// Times of bursts against a plain model that steps the DMA cycle by cycle.
#include "sim/fast/burst_times.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <vector>

namespace {

using wd::arch::Instr;
using wd::arch::Op;
using wd::sim::fast::BurstTimes;

constexpr std::uint64_t latency = 5;

/// What the sequencer does next: queues a burst, waits for a tag, or computes tiles that read these banks, one entry a cycle.
struct Step {
  std::optional<Instr> burst;
  std::optional<int> tag;
  std::vector<std::uint32_t> reads;
};

/// How long behind the last word of the stores before it each store's first word has to wait; the rest of them not at all.
using Pauses = std::vector<std::uint64_t>;

class SteppedDma {
 public:
  explicit SteppedDma(Pauses pauses = {}) : pauses_(std::move(pauses)) {}
  std::vector<std::uint64_t> sent;  // cycles of all words of stores

  /// @return the last cycle of each step that queues or waits
  std::vector<std::uint64_t> run(const std::vector<Step>& steps) {
    std::vector<std::uint64_t> ends;
    std::size_t at = 0, inside = 0;
    for (std::uint64_t cycle = 0; at < steps.size(); ++cycle) {
      std::uint32_t tiles = 0;
      const Step& step = steps[at];
      const bool ready = step.burst ? under_way(cycle) < wd::arch::burst_queue
                         : step.tag ? !under_way(cycle, *step.tag)
                                    : true;
      if (step.burst && ready) bursts_.push_back({*step.burst, step.burst->count, {}, {}, {}, 0});
      if (!step.reads.empty()) tiles = step.reads[inside++];
      if ((step.burst || step.tag) && ready) ends.push_back(cycle);
      if ((step.burst || step.tag) ? ready : inside == step.reads.size()) ++at, inside = 0;
      transfer(cycle, tiles);
    }
    return ends;
  }

 private:
  struct Burst {
    Instr instr;
    int left;
    std::optional<std::uint64_t> start, end;
    std::optional<std::uint64_t> read;  // the cycle in which the word was read that is not sent yet
    std::uint64_t ready = 0;            // its first word is not sent before
  };

  static bool over(const Burst& burst, std::uint64_t cycle) { return burst.end && *burst.end < cycle; }
  int under_way(std::uint64_t cycle) const {
    int count = 0;
    for (const Burst& burst : bursts_) count += !over(burst, cycle);
    return count;
  }
  bool under_way(std::uint64_t cycle, int tag) const {
    for (const Burst& burst : bursts_)
      if (burst.instr.tag == tag && !over(burst, cycle)) return true;
    return false;
  }

  void transfer(std::uint64_t cycle, std::uint32_t tiles) {
    for (Burst& burst : bursts_) {
      if (over(burst, cycle)) continue;
      const bool out = wd::arch::stores(burst.instr.operation());
      if (!burst.start) {
        burst.start = cycle;
        if (out && stores_ < pauses_.size() && !sent.empty()) burst.ready = sent.back() + pauses_[stores_];
        stores_ += out;
      }
      if (burst.read && cycle > *burst.read && cycle >= burst.ready) {
        burst.read.reset();
        if (out) sent.push_back(cycle);
        if (burst.left == 0) burst.end = cycle;
      }
      if (cycle < *burst.start + latency || burst.left == 0 || burst.read) return;
      const int pixels = burst.instr.in_h * burst.instr.in_w;
      const bool store = burst.instr.operation() == Op::StoreTensor;
      if (store && (tiles >> (burst.instr.count - burst.left) % pixels % 16 & 1) != 0) return;
      --burst.left;
      burst.read = cycle;
      return;
    }
  }

  const Pauses pauses_;
  std::size_t stores_ = 0;
  std::vector<Burst> bursts_;
};

Instr burst_of(Op op, int height, int width, int blocks, int tag) {
  Instr burst = wd::arch::make(op);
  burst.in_h = height, burst.in_w = width, burst.in_blocks = blocks, burst.tag = tag;
  burst.count = height * width * blocks;
  return burst;
}

/// Memory that takes loads as the ideal one does, and stores with pauses.
class PausingMover final : public wd::sim::fast::BurstMover {
 public:
  explicit PausingMover(Pauses pauses) : pauses_(std::move(pauses)) {}
  std::vector<std::uint64_t> sent;

  std::uint64_t load(const Instr& burst, int, std::uint64_t start) override {
    return start + latency + static_cast<std::uint64_t>(burst.count);
  }
  void store(const Instr&, int, std::uint64_t, std::uint64_t words, std::uint64_t first) override {
    for (std::uint64_t i = 0; i < words; ++i) sent.push_back(first + i);
  }
  std::uint64_t accepts_from() override {
    const std::size_t store = stores_++;
    return store < pauses_.size() && !sent.empty() ? sent.back() + pauses_[store] : 0;
  }

 private:
  const Pauses pauses_;
  std::size_t stores_ = 0;
};

std::vector<std::uint64_t> times_of(const std::vector<Step>& steps, PausingMover* mover = nullptr) {
  BurstTimes times(latency, mover);
  std::uint64_t cycle = 0;
  std::vector<std::uint64_t> ends;
  for (const Step& step : steps) {
    if (step.burst) ends.push_back(cycle = times.queue(cycle, *step.burst));
    if (step.tag) ends.push_back(cycle = times.wait(cycle, *step.tag));
    if (step.burst || step.tag) ++cycle;
    for (const std::uint32_t banks : step.reads) {
      if (times.store_pending() && banks != 0) times.tiles_read(cycle, banks);
      ++cycle;
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("burst times: a store goes on where tiles leave its banks alone", "[fast][oracle]") {
  const Instr store = burst_of(Op::StoreTensor, 1, 3, 1, 1);  // banks 0, 1, 2, from cycle 5 on
  const Step wait{{}, 1, {}};
  const auto end = [&](std::vector<std::uint32_t> reads) {
    return times_of({{store, {}, {}}, {{}, {}, std::move(reads)}, wait}).back();
  };
  CHECK(end({0}) == 9);                        // read in 5, 6, 7; the last one is sent in 8
  CHECK(end({0, 0, 0, 0, 1, 1, 1, 0}) == 12);  // bank 0 is read by others in 5, 6, 7
  CHECK(end({0, 0, 0, 0, 0xfffe, 1, 1, 0xfffb, 0xffff, 4, 0}) ==
        12);  // 0 in 5, 1 in 6; 7: bank 0; 2 waits for 8
  CHECK(end({0, 0, 0, 0, 0xffff, 0, 0xffff, 0, 0xffff, 0}) == 12);  // 6, 8, 10
}

TEST_CASE("burst times: the same as a DMA that is stepped cycle by cycle", "[fast][oracle]") {
  std::mt19937 random(7);
  const auto below = [&](unsigned count) { return static_cast<int>(random() % count); };
  int stores = 0, waited = 0;
  for (int run = 0; run < 400; ++run) {
    std::vector<Step> steps;
    const unsigned density = 1 + random() % 4;
    for (int s = 0; s < 40; ++s) {
      const int kind = below(8);
      if (kind < 4) {
        const Op op = kind < 2 ? Op::StoreTensor : kind == 2 ? Op::LoadTensor : Op::LoadWeights;
        steps.push_back({burst_of(op, 1 + below(3), 1 + below(20), 1 + below(4), below(8)), {}, {}});
        stores += op == Op::StoreTensor;
      } else if (kind == 4) {
        steps.push_back({{}, below(8), {}});
      } else {
        Step tiles;
        for (int i = 1 + below(200); i > 0; --i)
          tiles.reads.push_back(static_cast<unsigned>(below(4)) >= density ? 0
                                : below(2) == 0                            ? 0xffff
                                                                           : random() & 0xffff);
        steps.push_back(tiles);
      }
    }
    for (int tag = 0; tag < 8; ++tag) steps.push_back({{}, tag, {}});
    SteppedDma dma;
    REQUIRE(times_of(steps) == dma.run(steps));
    // Memory that lets every other store wait.
    Pauses pauses;
    for (int i = 0; i < 40; ++i) pauses.push_back(random() % 2 == 0 ? 0 : random() % 60);
    SteppedDma paused(pauses);
    PausingMover mover(pauses);
    REQUIRE(times_of(steps, &mover) == paused.run(steps));
    REQUIRE(mover.sent == paused.sent);
    waited += paused.sent != dma.sent;
  }
  CHECK(waited > 100);
  CHECK(stores > 2000);
}
