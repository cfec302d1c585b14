// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/systemc_engine.hpp"

#include <cstdlib>
#include <optional>
#include <systemc>
#include <utility>

#include "base/error.hpp"
#include "sim/systemc/host.hpp"
#include "sim/systemc/memory.hpp"
#include "sim/systemc/probe.hpp"
#include "sim/systemc/top.hpp"

namespace wd::sim {

using systemc::Host;

namespace {

/// What must hold before the one elaboration of this process is spent.
const program::Program& accepted(const program::Program& program, const arch::Switches& switches) {
  static bool elaborated = false;
  systemc::check_supported(program.arch);
  arch::check(switches, program.arch, "SystemC model");
  WD_REQUIRE(
      !elaborated,
      "a SystemC engine exists already, and SystemC elaborates once in a process; start another process");
  elaborated = true;
  // The library prints its banner when the first object is made.
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 0);
  return program;
}

/// Runs what may report an error of the model.
template <typename Work>
auto translate_errors(Work work) {
  try {
    return work();
  } catch (const sc_core::sc_report& report) {
    fail("SystemC model: ", report.get_msg_type(), ": ", report.get_msg());
  }
}

}  // namespace

struct SystemCEngine::Impl {
  Impl(const program::Program& loaded, const arch::Switches& wanted)
      : program(accepted(loaded, wanted)),
        switches(wanted),
        clk("clk", sc_core::sc_time(1, sc_core::SC_NS)),  // the model counts cycles: the period is arbitrary
        memory("memory", std::size_t{loaded.memory_beats()} * program::beat_bytes),
        host("host"),
        top("top", loaded.arch),
        probe("probe", top, [this] { return top.cycle(); }) {
    host.clk_i(clk);
    host.busy_i(top.busy);
    host.core_socket.bind(top.register_socket());
    host.memory_socket.bind(memory.host_socket);
    top.clk_i(clk);
    top.memory_socket().bind(memory.dma_socket);
    probe.clk_i(clk);
    probe.busy_i(top.busy);
  }

  Host::Job job(std::uint32_t entry) const {
    Host::Job result;
    result.entry = entry;
    result.switches = switches.bits();
    result.window = static_cast<std::uint32_t>(switches.window);
    return result;
  }

  const program::Program program;
  const arch::Switches switches;
  sc_core::sc_clock clk;
  systemc::Memory memory;
  Host host;
  systemc::Top top;
  systemc::Probe probe;
  std::optional<SignalWindow> watched;
};

SystemCEngine::SystemCEngine(const program::Program& program, const arch::Switches& switches)
    : impl_(translate_errors([&] { return std::make_unique<Impl>(program, switches); })) {}

SystemCEngine::~SystemCEngine() = default;

void SystemCEngine::set_trace(Trace* trace) { impl_->top.set_trace(trace); }

void SystemCEngine::watch(SignalSink& sink, const SignalWindow& window) {
  impl_->probe.watch(sink, window);
  impl_->watched = window;
}

arch::Counters SystemCEngine::load() {
  Host::Job job = impl_->job(impl_->program.load_entry);
  job.instrs = impl_->program.instrs;
  job.memory = {{0, impl_->program.memory}};
  return translate_errors([&] { return impl_->host.run(std::move(job)).counters; });
}

FrameResult SystemCEngine::frame(std::span<const std::uint8_t> input) {
  const program::Program& program = impl_->program;
  WD_REQUIRE(input.size() == std::size_t{program.input_beats} * program::beat_bytes, "the input tensor has ",
             input.size(), " bytes, the program expects ",
             std::size_t{program.input_beats} * program::beat_bytes);
  Host::Job job = impl_->job(program.frame_entry);
  job.memory = {{std::uint64_t{program.input_addr} * program::beat_bytes, input}};
  job.result_address = std::uint64_t{program.score_addr} * program::beat_bytes;
  job.result_bytes = std::size_t{program.score_beats} * program::beat_bytes;
  const Host::Result result = translate_errors([&] { return impl_->host.run(std::move(job)); });
  FrameResult frame;
  frame.counters = result.counters;
  if (const auto window = std::exchange(impl_->watched, {}))
    WD_REQUIRE(impl_->probe.finish(), "the frame has ", frame.counters.cycles,
               " cycles, signals are asked for to cycle ", window->last);
  const auto batch = static_cast<std::size_t>(program.batch);
  for (std::size_t image = 0; image < batch; ++image)
    for (std::size_t c = 0; c < program.classes; ++c) {
      const std::size_t at =
          2 * (16 * (c / 16 * batch + image) + c % 16);  // 16 classes of every image, then the next 16
      frame.scores.push_back(static_cast<std::uint16_t>(result.bytes[at] | result.bytes[at + 1] << 8));
    }
  return frame;
}

}  // namespace wd::sim
