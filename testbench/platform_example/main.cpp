// SPDX-License-Identifier: Apache-2.0
// A system of one's own around the chip: a processor and a memory that are no part of WhiteDwarf.
//
// What      platform_example PROGRAM PIXELS MODEL [direct]: runs the images of PIXELS, bytes of height x width x channels one image after the other,
//           on a chip of MODEL (fast, systemc, rtl, axi); prints a line of scores for each image, then the cycles of all frames.
// Test      testbench/platform_example_test.sh
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>
#include <whitedwarf/chip.hpp>
#include <whitedwarf/program.hpp>
#include <whitedwarf/registers.hpp>
#include <whitedwarf/rtl.hpp>

namespace {

namespace reg = whitedwarf::reg;

/// A memory as anyone would write it: bytes, a latency, blocking transport alone, direct access where it is wanted.
class Ram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Ram> of_host{"of_host"}, of_chip{"of_chip"};

  Ram(sc_core::sc_module_name name, std::size_t bytes, const sc_core::sc_time& latency, bool direct)
      : sc_module(name), bytes_(bytes), latency_(latency), direct_(direct) {
    for (auto* socket : {&of_host, &of_chip}) {
      socket->register_b_transport(this, &Ram::transport);
      socket->register_get_direct_mem_ptr(this, &Ram::give_pointer);
    }
  }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t first = payload.get_address(), length = payload.get_data_length();
    payload.set_dmi_allowed(direct_);
    if (first > bytes_.size() || length > bytes_.size() - first)
      return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (payload.is_read()) {
      std::memcpy(payload.get_data_ptr(), &bytes_[first], length);
      delay += latency_;
    } else {
      std::memcpy(&bytes_[first], payload.get_data_ptr(), length);
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  bool give_pointer(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_dmi_ptr(bytes_.data());
    dmi.set_start_address(0);
    dmi.set_end_address(bytes_.size() - 1);
    dmi.set_read_latency(latency_);
    dmi.allow_read_write();
    return direct_;
  }

  std::vector<std::uint8_t> bytes_;
  const sc_core::sc_time latency_;
  const bool direct_;
};

/// A processor that owns the chip. It knows it by its sockets, its registers and what a program file says; its own program is a thread.
class Processor : public sc_core::sc_module {
 public:
  using Socket = tlm_utils::simple_initiator_socket<Processor>;
  Socket chip{"chip"}, memory{"memory"};
  sc_core::sc_in<bool> interrupt{"interrupt"};

  SC_HAS_PROCESS(Processor);
  Processor(sc_core::sc_module_name name, std::function<void(Processor&)> program)
      : sc_module(name), program_(std::move(program)) {
    SC_THREAD(work);
  }
  std::string failure;

  void load(const whitedwarf::ProgramImage& image) {
    std::vector<std::uint8_t> bytes = image.memory;
    transfer(memory, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
    for (std::size_t i = 0; i < image.instructions.size(); ++i)
      set(reg::instructions + 4 * i, image.instructions[i]);
    set(reg::switches, reg::switches_all);
    set(reg::interrupt_enable, reg::interrupt_pending_done | reg::interrupt_pending_fault);
    run(image.load_entry);
  }

  /// @return the scores, FP16, of a frame's images; `cycles` that it took
  std::vector<std::uint16_t> frame(const whitedwarf::ProgramImage& image, std::vector<std::uint8_t> pixels,
                                   std::uint64_t& cycles) {
    std::vector<std::uint8_t> tensor = image.input(pixels), scores(image.score_bytes);
    transfer(memory, tlm::TLM_WRITE_COMMAND, image.input_address, tensor.data(), tensor.size());
    run(image.frame_entry);
    cycles = get(reg::counters);
    cycles |= std::uint64_t{get(reg::counters + 4)} << 32;
    transfer(memory, tlm::TLM_READ_COMMAND, image.score_address, scores.data(), scores.size());
    return image.scores(scores);
  }

 private:
  void run(std::uint32_t entry) {
    set(reg::entry, entry);
    set(reg::start, 1);
    while (!interrupt.read()) wait(interrupt.value_changed_event());
    const std::uint32_t pending = get(reg::interrupt_pending);
    set(reg::interrupt_pending, pending);
    while (interrupt.read()) wait(interrupt.value_changed_event());
    if ((pending & reg::interrupt_pending_fault) != 0)
      throw std::runtime_error("the chip tells of fault " + std::to_string(get(reg::fault_cause)));
  }

  void set(std::uint64_t address, std::uint32_t value) {
    transfer(chip, tlm::TLM_WRITE_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value), sizeof value);
  }
  std::uint32_t get(std::uint64_t address) {
    std::uint32_t value = 0;
    transfer(chip, tlm::TLM_READ_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value), sizeof value);
    return value;
  }

  void transfer(Socket& socket, tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes,
                std::size_t length) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(bytes);
    payload.set_data_length(static_cast<unsigned>(length));
    payload.set_streaming_width(static_cast<unsigned>(length));
    socket->b_transport(payload, delay);
    if (payload.is_response_error())
      throw std::runtime_error("access at " + std::to_string(address) + ": " + payload.get_response_string());
    wait(delay);
  }

  void work() {
    try {
      program_(*this);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    sc_core::sc_stop();
  }

  const std::function<void(Processor&)> program_;
};

double value_of_fp16(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits >> 15 != 0 ? -magnitude : magnitude;
}

std::vector<std::uint8_t> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

void simulate(const std::string& program, const std::string& pixels_path, const std::string& model,
              bool direct) {
  const whitedwarf::ProgramImage image = whitedwarf::read_program(program);
  const std::vector<std::uint8_t> pixels = bytes_of(pixels_path);
  const std::size_t frame_bytes = image.image_bytes * static_cast<std::size_t>(image.batch);
  if (pixels.empty() || pixels.size() % image.image_bytes != 0)
    throw std::runtime_error(pixels_path + ": has " + std::to_string(pixels.size()) +
                             " bytes, an image has " + std::to_string(image.image_bytes));

  whitedwarf::add_rtl_model();
  whitedwarf::ChipOptions options;
  options.model = model;
  options.architecture = image.architecture;
  whitedwarf::Chip chip("chip", options);
  Ram ram("ram", image.memory_bytes, 24 * options.period, direct);
  std::uint64_t cycles = 0;
  Processor processor("processor", [&](Processor& self) {
    self.load(image);
    for (std::size_t at = 0; at < pixels.size(); at += frame_bytes) {
      const std::size_t end = std::min(at + frame_bytes, pixels.size());
      std::uint64_t of_frame = 0;
      const auto scores = self.frame(
          image, {pixels.begin() + static_cast<long>(at), pixels.begin() + static_cast<long>(end)}, of_frame);
      for (std::size_t i = 0; i < (end - at) / image.image_bytes * image.classes; ++i)
        std::printf("%.9g%c", value_of_fp16(scores[i]), i % image.classes + 1 == image.classes ? '\n' : ',');
      cycles += of_frame;
    }
  });
  sc_core::sc_signal<bool> interrupt{"interrupt"}, reset_n{"reset_n", true};
  chip.irq_o(interrupt);
  chip.rst_ni(reset_n);
  chip.memory.bind(ram.of_chip);
  processor.interrupt(interrupt);
  processor.chip.bind(chip.registers);
  processor.memory.bind(ram.of_host);
  sc_core::sc_start();
  if (!processor.failure.empty()) throw std::runtime_error(processor.failure + " " + chip.why());
  std::printf("%llu cycles\n", static_cast<unsigned long long>(cycles));
}

}  // namespace

int sc_main(int count, char** arguments) {
  try {
    if (count < 4) throw std::runtime_error("usage: platform_example PROGRAM PIXELS MODEL [direct]");
    simulate(arguments[1], arguments[2], arguments[3], count > 4);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "platform_example: %s\n", error.what());
    return 1;
  }
  return 0;
}
