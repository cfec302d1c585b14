// SPDX-License-Identifier: Apache-2.0
// The fast simulator as a core: a program is computed in one go, ahead of time between its transactions.
//
// What      a thread, because transactions may wait. On-chip buffers outlive a program, and a change of instructions or switches.
#include <algorithm>

#include "base/error.hpp"
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
    start_.notify(next_edge(sc_core::sc_time_stamp(), setting_.period) + setting_.period -
                  sc_core::sc_time_stamp());
  }

  wd::arch::Counters counters() override { return counters_; }

 private:
  /// Like the hardware, it knows instructions and no more.
  void make_engine() {
    auto program = std::make_unique<wd::program::Program>();
    program->arch = setting_.arch;
    program->instrs = instrs_;
    int layers = 1;
    for (const wd::arch::Instr& instr : instrs_) layers = std::max(layers, instr.layer + 1);
    program->layers.resize(static_cast<std::size_t>(layers));
    auto engine = std::make_unique<wd::sim::FastEngine>(*program, job_.switches,
                                                        wd::sim::FastOptions{.threads = setting_.threads});
    if (engine_) engine->take_buffers(*engine_);
    engine_ = std::move(engine);
    program_ = std::move(program);
    engine_->set_memory(*setting_.bus);
    changed_ = false;
  }

  void work() {
    for (;;) {
      wait(start_);
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what it refers to goes on
      const sc_time cycle_0 = sc_core::sc_time_stamp();
      setting_.bus->begin_loose(cycle_0);
      std::string why;
      try {
        if (changed_) make_engine();
        const wd::sim::FastEngine::Run run = engine_->execute(job_.entry);
        counters_ = run.counters;
        const sc_time end =
            cycle_0 + static_cast<double>(std::max(run.end, setting_.bus->written())) * setting_.period;
        if (end > sc_core::sc_time_stamp()) wait(end - sc_core::sc_time_stamp());
      } catch (const wd::Error& error) {
        why = error.what();
      }
      setting_.finished(why);
    }
  }

  const CoreSetting setting_;
  std::vector<wd::arch::Instr> instrs_;
  bool changed_ = true;
  CoreJob job_;
  sc_core::sc_event start_;
  std::unique_ptr<wd::program::Program> program_;
  std::unique_ptr<wd::sim::FastEngine> engine_;
  wd::arch::Counters counters_;
};

}  // namespace

std::unique_ptr<Core> make_fast_core(const CoreSetting& setting) {
  return std::make_unique<FastCore>("core", setting);
}

}  // namespace whitedwarf
