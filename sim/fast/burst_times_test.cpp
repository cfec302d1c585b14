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

class SteppedDma {
 public:
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
      if (step.burst && ready) bursts_.push_back({*step.burst, step.burst->count, {}, {}});
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
      if (!burst.start) burst.start = cycle;
      if (cycle < *burst.start + latency || burst.left == 0) return;
      const int pixels = burst.instr.in_h * burst.instr.in_w;
      const bool store = burst.instr.operation() == Op::StoreTensor;
      if (store && (tiles >> (burst.instr.count - burst.left) % pixels % 16 & 1) != 0) return;
      if (--burst.left == 0) burst.end = cycle + 1;
      return;
    }
  }

  std::vector<Burst> bursts_;
};

Instr burst_of(Op op, int height, int width, int blocks, int tag) {
  Instr burst = wd::arch::make(op);
  burst.in_h = height, burst.in_w = width, burst.in_blocks = blocks, burst.tag = tag;
  burst.count = height * width * blocks;
  return burst;
}

std::vector<std::uint64_t> times_of(const std::vector<Step>& steps) {
  BurstTimes times(latency);
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
  int stores = 0;
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
  }
  CHECK(stores > 2000);
}
