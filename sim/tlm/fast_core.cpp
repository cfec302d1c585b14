// SPDX-License-Identifier: Apache-2.0
// The fast simulator as a core: a program is computed in one go, ahead of time between its transactions.
//
// What      a thread, because transactions may wait. On-chip buffers outlive a program, and a change of instructions or switches.
// Faults    are found when they are passed: in front of each instruction it is asked whether one came before it, in whose cycle, and the first one counts.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "hw/arch/row_outside.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/core.hpp"

namespace whitedwarf {
namespace {

using sc_core::sc_time;

class FastCore final : public sc_core::sc_module, public Core {
 public:
  SC_HAS_PROCESS(FastCore);
  FastCore(sc_core::sc_module_name name, const CoreSetting& setting) : sc_module(name), setting_(setting) {
    SC_THREAD(work);
    set_stack_size(std::size_t{8} << 20);
  }

  void set_instructions(const std::vector<wd::arch::Instr>& instrs) override {
    instrs_ = instrs, changed_ = true;
  }

  void start(const CoreJob& job) override {
    changed_ |= job.switches != job_.switches;
    job_ = job;
    stopped_ = false;
    start_.notify(next_edge(sc_core::sc_time_stamp(), setting_.period) + setting_.period -
                  sc_core::sc_time_stamp());
  }

  wd::arch::Counters counters() override { return counters_; }
  void stop() override {
    stopped_ = true;
    stop_.notify();
  }
  std::uint32_t instruction() const override { return present_; }
  bool ahead() const override { return true; }

 private:
  struct Stopped {};  // thrown through the engine
  struct Found {
    std::uint64_t cycle = 0;
    CoreFault fault;
    auto order() const { return std::pair(cycle, fault.cause); }
  };

  /// Like the hardware, it knows instructions and no more.
  void make_engine() {
    auto program = std::make_unique<wd::program::Program>();
    program->arch = setting_.arch;
    program->instrs = instrs_;
    // Behind what was written: zeros, which are HALT; behind the memory's end nothing is executed.
    program->instrs.emplace_back();
    int layers = 1;
    for (const wd::arch::Instr& instr : instrs_) layers = std::max(layers, instr.layer + 1);
    program->layers.resize(static_cast<std::size_t>(layers));
    auto engine = std::make_unique<wd::sim::FastEngine>(*program, job_.switches,
                                                        wd::sim::FastOptions{.threads = setting_.threads});
    if (engine_) engine->take_buffers(*engine_);
    engine_ = std::move(engine);
    program_ = std::move(program);
    engine_->set_memory(*setting_.bus);
    engine_->set_stepper([this](std::uint32_t number, std::uint64_t begin) { step(number, begin); });
    changed_ = false;
  }

  void consider(std::uint64_t cycle, const CoreFault& fault) {
    const Found other{cycle, fault};
    if (!found_ || other.order() < found_->order()) found_ = other;
  }
  /// What has come by itself.
  void consider_bursts() {
    using enum wd::arch::FaultCause;
    if (const auto& fault = setting_.bus->fault)
      consider(fault->cycle, {bus_error, fault->instruction, static_cast<std::uint32_t>(fault->beat)});
    if (const auto& given_up = engine_->given_up())
      consider(given_up->cycle, {stream_error, given_up->instruction, 0});
  }

  /// What is wrong with an instruction itself.
  std::optional<Found> own_fault(std::uint32_t number, std::uint64_t begin) const {
    using enum wd::arch::FaultCause;
    if (number == static_cast<std::uint32_t>(setting_.arch.instr_rows))
      return Found{begin, {instruction_address, number - 1, 0}};
    if (number == instrs_.size()) return {};  // a HALT
    const wd::arch::Instr& instr = instrs_[number];
    if (wd::arch::find_operation(instr.op) == nullptr) return Found{begin + 1, {illegal_opcode, number, 0}};
    if (const auto row = wd::arch::row_outside(instr, setting_.arch))
      return Found{begin + 1, {address_outside, number, *row}};
    return {};
  }

  /// In front of an instruction whose first cycle is `begin`.
  void step(std::uint32_t number, std::uint64_t begin) {
    using enum wd::arch::FaultCause;
    if (stopped_) throw Stopped{};
    if (job_.watchdog != 0 && job_.watchdog < begin) consider(job_.watchdog, {watchdog, present_, 0});
    const std::optional<Found> own = own_fault(number, begin);
    if (own) {
      consider(own->cycle, own->fault);
      // It may run off in the instruction's own cycles.
      if (job_.watchdog != 0 && job_.watchdog >= begin && job_.watchdog <= own->cycle)
        consider(job_.watchdog, {watchdog, own->fault.instruction, 0});
    }
    consider_bursts();
    if (found_ && (found_->cycle < begin || own)) {
      engine_->follow_bursts(found_->cycle);
      consider_bursts();
      throw Stopped{};
    }
    present_ = number;
  }

  void work() {
    for (;;) {
      wait(start_);
      found_.reset();
      present_ = job_.entry;
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what it refers to goes on
      const sc_time cycle_0 = sc_core::sc_time_stamp();
      setting_.bus->begin_loose(cycle_0);
      std::string why;
      std::optional<std::uint64_t> ended;  // the core has, before memory
      try {
        if (changed_) make_engine();
        const wd::sim::FastEngine::Run run = engine_->execute(job_.entry);
        ended = run.counters.cycles;
        const std::uint64_t end = std::max(run.end, setting_.bus->written());
        if (job_.watchdog != 0 && job_.watchdog <= end)
          consider(job_.watchdog, {wd::arch::FaultCause::watchdog, present_, 0});
        consider_bursts();
        if (!found_) wait_until(cycle_0, end);
      } catch (const Stopped&) {
      } catch (const wd::Error& error) {
        why = error.what();
      }
      counters_ = engine_ ? engine_->counters() : wd::arch::Counters{};
      if (found_ && !stopped_) {
        counters_.cycles = std::min(found_->cycle, ended.value_or(found_->cycle));
        wait_until(cycle_0, found_->cycle);
        setting_.faulted(found_->fault);
      }
      setting_.finished(why);
    }
  }

  void wait_until(const sc_time& cycle_0, std::uint64_t cycle) {
    const sc_time end = cycle_0 + static_cast<double>(cycle) * setting_.period;
    if (end > sc_core::sc_time_stamp() && !stopped_) wait(end - sc_core::sc_time_stamp(), stop_);
  }

  const CoreSetting setting_;
  std::vector<wd::arch::Instr> instrs_;
  bool changed_ = true;
  CoreJob job_;
  sc_core::sc_event start_, stop_;
  std::unique_ptr<wd::program::Program> program_;
  std::unique_ptr<wd::sim::FastEngine> engine_;
  wd::arch::Counters counters_;
  std::uint32_t present_ = 0;   // the instruction that was begun last
  std::optional<Found> found_;  // the first fault, as far as is known
  bool stopped_ = false;        // by the chip
};

}  // namespace

std::unique_ptr<Core> make_fast_core(const CoreSetting& setting) {
  return std::make_unique<FastCore>("core", setting);
}

}  // namespace whitedwarf
