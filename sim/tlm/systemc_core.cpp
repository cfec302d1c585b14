// SPDX-License-Identifier: Apache-2.0
// The SystemC model as a core. Its clock runs while it works.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "base/error.hpp"
#include "sim/systemc/probe.hpp"
#include "sim/systemc/top.hpp"
#include "sim/systemc/transaction.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/core.hpp"

namespace whitedwarf {
namespace {

namespace at = wd::arch::register_at;
using sc_core::sc_time;

class SystemCCore final : public sc_core::sc_module, public Core {
 public:
  SC_HAS_PROCESS(SystemCCore);
  SystemCCore(sc_core::sc_module_name name, const CoreSetting& setting)
      : sc_module(name),
        setting_(setting),
        top_("top", setting.arch),
        probe_("probe", top_, [this] { return clock_cycle(setting_.period); }) {
    top_.clk_i(clk_);
    host_.bind(top_.register_socket());
    top_.memory_socket().bind(unused_);
    top_.set_burst_port(setting.bus);
    probe_.clk_i(clk_);
    probe_.busy_i(top_.busy);
    top_.set_fault_handler([this](wd::arch::FaultCause cause, std::uint32_t instruction, std::uint32_t row) {
      if (cause == wd::arch::FaultCause::stream_error) instruction = setting_.bus->burst_instruction();
      setting_.faulted({cause, instruction, row});
    });
    SC_METHOD(tick);
    sensitive << start_;
    dont_initialize();
    SC_METHOD(ended);
    sensitive << top_.busy.negedge_event() << top_.bursts_busy().negedge_event() << setting.bus->became_idle()
              << stops_;
    dont_initialize();
  }

  void set_instructions(const std::vector<wd::arch::Instr>& instrs) override {
    std::uint64_t address = at::instructions;
    for (const wd::arch::Instr& instr : instrs)
      for (const std::uint64_t word : wd::arch::encode(instr)) {
        write(address, static_cast<std::uint32_t>(word));
        write(address + 4, static_cast<std::uint32_t>(word >> 32));
        address += 8;
      }
  }

  void start(const CoreJob& job) override {
    write(at::entry, job.entry);
    write(at::switches, job.switches.bits());
    write(at::window, static_cast<std::uint32_t>(job.switches.window));
    write(at::start, 1);
    running_ = true;
    stops_.cancel();
    start_.notify(next_edge(sc_core::sc_time_stamp(), setting_.period) - sc_core::sc_time_stamp());
  }

  void stop() override {
    top_.stop();
    stops_.notify(2 * setting_.period);  // if nothing had begun
  }
  std::uint32_t instruction() const override { return top_.instruction(); }

  wd::arch::Counters counters() override {
    wd::arch::Counters counters;
    std::uint64_t address = at::counters;
    wd::arch::for_each_counter(counters, [&](const char*, std::uint64_t& count) {
      count = read(address);
      count |= std::uint64_t{read(address + 4)} << 32;
      address += 8;
    });
    return counters;
  }

  void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) override {
    probe_.watch(sink, window);
  }
  bool watched() override { return probe_.finish(); }

 private:
  void tick() {
    const bool rises = !clk_.read();
    clk_.write(rises);
    const sc_time half = setting_.period / 2;  // rounded: the other half is the rest, or edges drift
    if (running_ || rises) next_trigger(rises ? half : setting_.period - half);
  }

  void ended() {
    if (!running_ || (read(at::status) & wd::arch::status_busy) != 0 || !setting_.bus->idle()) return;
    running_ = false;
    setting_.finished("");
  }

  void transfer(tlm::tlm_command command, std::uint64_t address, std::uint32_t& value) {
    wd::sim::systemc::transfer(
        *host_.operator->(), command, address, reinterpret_cast<std::uint8_t*>(&value), sizeof value,
        [&](const tlm::tlm_generic_payload& payload, const sc_time&) {
          if (payload.is_response_error())
            SC_REPORT_ERROR(name(),
                            wd::text("register ", address, ": ", payload.get_response_string()).c_str());
        });
  }
  void write(std::uint64_t address, std::uint32_t value) { transfer(tlm::TLM_WRITE_COMMAND, address, value); }
  std::uint32_t read(std::uint64_t address) {
    std::uint32_t value = 0;
    transfer(tlm::TLM_READ_COMMAND, address, value);
    return value;
  }

  const CoreSetting setting_;
  sc_core::sc_signal<bool> clk_{"clk"};
  tlm_utils::simple_initiator_socket<SystemCCore> host_{"host"};
  tlm_utils::simple_target_socket<SystemCCore> unused_{"unused"};  // bursts go through the port
  wd::sim::systemc::Top top_;
  wd::sim::systemc::Probe probe_;
  sc_core::sc_event start_, stops_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<Core> make_systemc_core(const CoreSetting& setting) {
  wd::sim::systemc::check_supported(setting.arch);
  return std::make_unique<SystemCCore>("core", setting);
}

}  // namespace whitedwarf
