// SPDX-License-Identifier: Apache-2.0
// The core with a memory that has times of its own: beats come late and with gaps, written ones have to wait. No value and no counter
// but `cycles` and `decoder_cycles` depends on it.
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/make_core.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {
namespace {

using sim::rtl::RtlCore;

struct Stalls {
  int late = 0, gaps = 0, refused = 0, held = 0;  // cycles
};

/// The core, its memory and its host.
class Bench {
 public:
  Bench(const RandomProgram& random, std::uint64_t seed)
      : program_(random.program),
        core_(sim::rtl::make_core(program_.arch, static_cast<int>(seed % 5), false)),
        bytes_(std::size_t{program_.memory_beats()} * program::beat_bytes),
        bits_(seed) {
    std::copy(program_.memory.begin(), program_.memory.end(), bytes_.begin());
    core_->reset(true);
    core_->start(false, 0);
    core_->read_beat(false, nullptr);
    core_->write_control(true, random.switches.control());
    core_->write_instr(false, 0, {});
    for (int i = 0; i < 2; ++i) edge();
    core_->write_control(false, 0);
    core_->reset(false);
    std::uint32_t row = 0;
    for (const arch::Instr& instr : program_.instrs) {
      core_->write_instr(true, row++, arch::encode(instr));
      edge();
    }
    core_->write_instr(false, 0, {});
  }

  arch::Counters run(std::uint32_t entry) {
    percent_ = std::array{90U, 50U, 15U}[bits_() % 3];
    core_->start(true, entry);
    edge();
    core_->start(false, 0);
    for (int cycle = 0;; ++cycle) {
      if (cycle > 2'000'000) FAIL("it hangs");
      drive();
      core_->settle();
      observe();
      core_->advance();
      if (!core_->busy()) break;
    }
    core_->read_beat(false, nullptr);
    REQUIRE(left_ == 0);
    arch::Counters counters;
    int index = 0;
    arch::for_each_counter(counters, [&](const char*, std::uint64_t& n) { n = core_->counter(index++); });
    return counters;
  }

  std::vector<std::uint16_t> frame(std::span<const std::uint8_t> input, arch::Counters& counters) {
    std::memcpy(beat(program_.input_addr), input.data(), input.size());
    counters = run(program_.frame_entry);
    std::vector<std::uint16_t> scores;
    for (int image = 0; image < program_.batch; ++image)
      for (std::uint32_t c = 0; c < program_.classes; ++c) {
        const std::uint8_t* const score = beat(program_.score_addr) + 2 * program_.score_index(image, c);
        scores.push_back(static_cast<std::uint16_t>(score[0] | score[1] << 8));
      }
    return scores;
  }

  Stalls seen;

 private:
  bool chance() { return bits_() % 100 < percent_; }
  std::uint8_t* beat(std::uint64_t addr) { return bytes_.data() + addr * program::beat_bytes; }
  void edge() {
    core_->settle();
    core_->advance();
  }

  void drive() {
    const bool reads = left_ != 0 && !write_;
    if (wait_ != 0) --wait_;
    seen.late += reads && wait_ != 0;
    if (!shown_ && reads && wait_ == 0) {
      shown_ = chance();
      seen.gaps += !shown_;
    }
    core_->read_beat(shown_, shown_ ? beat(addr_) : nullptr);
    takes_ = wait_ == 0 && chance();
    core_->take_beats(takes_);
  }

  void observe() {
    std::array<std::uint8_t, program::beat_bytes> sent;
    if (shown_ && core_->takes_beat()) {
      ++addr_, --left_;
      shown_ = false;
    }
    seen.held += shown_;
    if (core_->write_beat(sent.data())) {
      REQUIRE(left_ != 0);
      REQUIRE(write_);
      std::copy(sent.begin(), sent.end(), beat(addr_));
      ++addr_, --left_;
    }
    seen.refused += left_ != 0 && write_ && !takes_;
    const RtlCore::Request request = core_->request();
    if (!request.valid) return;
    REQUIRE(left_ == 0);
    REQUIRE(std::uint64_t{request.addr} + request.count <= program_.memory_beats());
    addr_ = request.addr, left_ = request.count, write_ = request.write;
    wait_ = 1 + static_cast<int>(bits_() % 200);
    if (bits_() % 2 == 0) wait_ = program_.arch.memory_latency;
  }

  const program::Program& program_;
  std::unique_ptr<RtlCore> core_;
  Bytes bytes_;
  std::mt19937_64 bits_;
  unsigned percent_ = 100;
  std::uint64_t addr_ = 0;
  std::uint32_t left_ = 0;
  int wait_ = 0;
  bool write_ = false, shown_ = false, takes_ = false;
};

TEST_CASE("core: values and counters but cycles do not depend on when memory gives and takes beats",
          "[rtl][cosim]") {
  const std::vector<arch::Arch> built = sim::rtl_configurations();
  Stalls seen;
  int slower = 0, runs = 0, stored = 0;
  for (std::uint64_t seed = 3000; seed < 3024; ++seed) {
    INFO("seed " << seed);
    const RandomProgram random = random_program({.seed = seed, .arch = built[seed % 4 == 0 ? 2 : 1]});
    for (const arch::Instr& instr : random.program.instrs)
      stored += instr.operation() == arch::Op::StoreTensor;
    sim::GoldenEngine golden(random.program);
    sim::FastEngine fast(random.program, random.switches);
    Bench bench(random, seed);
    const auto same = [&](arch::Counters ours, const arch::Counters& expected) {
      ++runs;
      slower += ours.cycles > expected.cycles;
      ours.cycles = expected.cycles;
      ours.decoder_cycles = expected.decoder_cycles;  // it waits for memory, too
      return ours == expected;
    };
    golden.load();
    CHECK(same(bench.run(random.program.load_entry), fast.load()));
    for (const auto& input : random.inputs) {
      arch::Counters counters;
      CHECK(bench.frame(input, counters) == golden.frame(input).scores);
      CHECK(same(counters, fast.frame(input).counters));
    }
    seen.late += bench.seen.late, seen.gaps += bench.seen.gaps;
    seen.refused += bench.seen.refused, seen.held += bench.seen.held;
  }
  CHECK(slower > runs / 2);
  CHECK(stored > 5);
  CHECK(seen.late > 5000);
  CHECK(seen.gaps > 5000);
  CHECK(seen.refused > 500);
  CHECK(seen.held > 20);
}

}  // namespace
}  // namespace wd::testbench
