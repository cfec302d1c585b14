// SPDX-License-Identifier: Apache-2.0
#include "sim/rtl/rtl_engine.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/make_core.hpp"
#include "sim/rtl/rtl_chip.hpp"

namespace wd::sim {
namespace {

using arch::Arch;
using rtl::RtlCore;
using State = rtl::SequencerState;

/// Refuses a parameter with a value that no configuration has.
void require_elaborated(const char* name, int Arch::*parameter, const Arch& arch) {
  std::string values;
  for (const rtl::Configuration& known : rtl::configurations()) {
    const std::string value = std::to_string(known.arch.*parameter);
    if (known.arch.*parameter == arch.*parameter) return;
    if ((" and " + values + " and ").find(" and " + value + " and ") == std::string::npos)
      values += (values.empty() ? "" : " and ") + value;
  }
  fail("the RTL is elaborated with '", name, "' = ", values, ", the program was compiled for ",
       arch.*parameter, "; compile again with --arch and {\"", name,
       "\": ", rtl::configurations().front().arch.*parameter, "}");
}

}  // namespace

std::unique_ptr<RtlCore> rtl::make_core(const Arch& arch, int initial_state, bool signals) {
  for (const rtl::Configuration& known : rtl::configurations())
    if (arch == known.arch) {
      WD_REQUIRE(!signals || known.make_with_signals != nullptr,
                 "the RTL of this architecture has no signals to watch");
      return (signals ? known.make_with_signals : known.make)(initial_state);
    }
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) require_elaborated(#name, &Arch::name, arch);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  fail(
      "the RTL is not elaborated with this combination of parameters; rtl_configurations() are those it has");
}

std::unique_ptr<rtl::RtlChip> rtl::make_chip(const Arch& arch, int initial_state, bool signals) {
  for (const rtl::Configuration& known : rtl::configurations())
    if (arch == known.arch && known.make_chip != nullptr)
      return (signals ? known.make_chip_with_signals : known.make_chip)(arch, initial_state);
  std::string all, other = "'systemc' or 'fast'";
  for (const Arch& one : rtl_chip_configurations()) all += text(all.empty() ? "" : " ", arch::changes(one));
  for (const Arch& one : rtl_configurations())
    if (arch == one) other = "'rtl'";
  fail("the RTL chip with its AXI buses is built for the arrays ", all, "; take ", other,
       ", or one of these");
}

namespace {

/// Collects tiles and convolutions from the core's cycles.
class Tracer {
 public:
  Tracer(RtlCore& core, const Arch& arch) : core_(core), arch_(arch) {}

  /// Before the clock edge of cycle `cycle`.
  void observe(std::uint64_t cycle, Trace& trace) {
    const State state = core_.state();
    if (last_ == State::post && state != State::post) finish(cycle - 1, state == State::fetch, trace);
    if (state == State::setup) begin(cycle);
    if (state == State::run) run(cycle);
    if (state == State::post) post();
    last_ = state;
  }
  void restart() { last_ = State::idle; }

 private:
  void begin(std::uint64_t cycle) {
    instr_ = arch::decode(core_.instr());
    const auto [oc, t] = core_.tile();
    const auto pes = static_cast<std::size_t>(arch_.pes());
    tile_ = {};
    tile_.id = {instr_.layer, core_.iteration(), oc, t};
    tile_.start_cycle = tile_.run_end_cycle = cycle;
    if (has_sums()) {
      tile_.sums.assign(pes, 0);
      core_.array().begin();
    }
    post_cycle_ = 0;
  }

  void run(std::uint64_t cycle) {
    tile_.run_end_cycle = cycle;
    if (has_sums()) core_.array().observe(static_cast<std::uint32_t>(cycle - tile_.start_cycle - 1));
  }

  /// In POST cycle i + 1 the sums of step i are selected, or added to those before; PEs beyond the last channel block and
  /// groups outside of the tensor have none.
  void post() {
    if (!has_sums()) return;
    const int step = post_cycle_++ - 1, blocks = program::tile_blocks(instr_, tile_.id.oc, arch_);
    const int steps = program::block_steps(instr_, arch_);
    const int row_steps = steps / program::block_results(instr_, arch_);
    if (step < 0 || step >= steps * blocks || step % row_steps != row_steps - 1) return;
    for (int gx = 0; gx < arch_.groups_x; ++gx) {
      const int group = step % steps / row_steps * arch_.groups_x + gx;
      if (tile_.id.t * arch_.groups() + group >= instr_.out_h * instr_.out_w) continue;
      for (int channel = 0; channel < arch::block; ++channel)
        tile_.sums[static_cast<std::size_t>(group * arch_.pes_per_group + step / steps * arch::block +
                                            channel)] = core_.post_sum(gx, channel);
    }
  }

  void finish(std::uint64_t cycle, bool last_tile, Trace& trace) {
    post();  // the sums of a tile's last step
    if (has_sums()) tile_.details = core_.array().details();
    trace.tile(tile_);
    if (!last_tile) return;
    ConvTrace conv{tile_.id.layer,
                   tile_.id.iteration,
                   cycle,
                   instr_.out_h,
                   instr_.out_w,
                   instr_.out_blocks * arch::block,
                   {}};
    if (instr_.score) {
      for (int x = 0; x < conv.width; ++x)
        for (int i = 0; i < conv.channels; ++i) {
          const std::uint16_t score =
              core_.score(program::score_row(instr_, x, i / arch::block), i % arch::block);
          conv.outputs.push_back(static_cast<std::uint8_t>(score));
          conv.outputs.push_back(static_cast<std::uint8_t>(score >> 8));
        }
    } else {
      conv.outputs.resize(static_cast<std::size_t>(conv.height * conv.width * conv.channels));
      const program::TensorPlace place = program::output_place(instr_);
      std::uint8_t* to = conv.outputs.data();
      for (int y = 0; y < conv.height; ++y)
        for (int x = 0; x < conv.width; ++x)
          for (int block = 0; block < instr_.out_blocks; ++block, to += arch::block)
            core_.act_word(program::pixel_bank(place, y, x, arch_),
                           program::pixel_row(place, y, x, block, arch_), to);
    }
    trace.conv(conv);
  }

  bool has_sums() const { return instr_.operation() == arch::Op::Conv; }

  RtlCore& core_;
  const Arch& arch_;
  State last_ = State::idle;
  arch::Instr instr_;
  TileTrace tile_;
  int post_cycle_ = 0;
};

/// The memory port's other end: one burst at a time.
class Memory {
 public:
  Memory(const program::Program& program)
      : bytes_(static_cast<std::size_t>(program.memory_beats()) * program::beat_bytes),
        latency_(program.arch.memory_latency) {
    std::memcpy(bytes_.data(), program.memory.data(), program.memory.size());
  }
  std::uint8_t* beat(std::uint64_t addr) { return bytes_.data() + addr * program::beat_bytes; }

  /// What the core sees in the coming cycle.
  void drive(RtlCore& core) {
    shown_ = left_ != 0 && !write_ && wait_ == 0;
    core.read_beat(shown_, shown_ ? beat(addr_) : nullptr);
    if (wait_ != 0) --wait_;
  }
  /// What the core asks for in the settled cycle.
  void observe(const RtlCore& core) {
    if (shown_ && core.takes_beat()) ++addr_, --left_;
    const RtlCore::Request request = core.request();
    if (request.valid) {
      WD_REQUIRE(std::uint64_t{request.addr} + request.count <= bytes_.size() / program::beat_bytes,
                 "burst of ", request.count, " beats at ", request.addr, " leaves the program's memory of ",
                 bytes_.size() / program::beat_bytes, " beats");
      addr_ = request.addr, left_ = request.count, write_ = request.write, wait_ = latency_ - 1;
    }
    if (left_ != 0 && write_ && core.write_beat(beat(addr_))) ++addr_, --left_;
  }

 private:
  Bytes bytes_;
  int latency_, wait_ = 0;
  std::uint64_t addr_ = 0;
  std::uint32_t left_ = 0;
  bool write_ = false, shown_ = false;
};

/// The window of a frame whose signals are told.
class Watched {
 public:
  explicit Watched(const SignalWindow& window) : window_(window) {}
  void begin(std::uint64_t cycle, RtlCore& core) const {
    if (inside(cycle) && window_.edges) core.tell_signals(2 * cycle);
  }
  void settled(std::uint64_t cycle, RtlCore& core) {
    if (inside(cycle)) core.tell_signals(2 * cycle + 1);
    if (cycle == window_.last) core.close_signals();
    cycles_ = cycle + 1;
  }
  void require_reached() const {
    WD_REQUIRE(cycles_ > window_.last, "the frame has ", cycles_, " cycles, signals are asked for to cycle ",
               window_.last);
  }

 private:
  bool inside(std::uint64_t cycle) const { return window_.first <= cycle && cycle <= window_.last; }

  SignalWindow window_;
  std::uint64_t cycles_ = 0;
};

}  // namespace

class RtlEngine::Host {
 public:
  Host(const program::Program& program, const arch::Switches& switches, int initial_state, bool signals,
       SignalSink* sink = nullptr, const WantedSignal& wanted = {})
      : program_(program),
        core_(rtl::make_core(program.arch, initial_state, signals)),
        memory_(program),
        tracer_(*core_, program.arch) {
    arch::check(switches, program.arch, "RTL");
    if (sink != nullptr) core_->open_signals(*sink, {0, 0, "", 0, wanted, true});
    from_reset_ = sink != nullptr;
    core_->reset(true);
    core_->start(false, 0);
    core_->read_beat(false, nullptr);
    core_->write_control(false, 0);
    core_->write_instr(false, 0, {});
    for (int i = 0; i < 2; ++i) cycle();
    core_->reset(false);
    std::uint32_t row = 0;
    for (const arch::Instr& instr : program.instrs) {
      core_->write_instr(true, row++, arch::encode(instr));
      cycle();
    }
    core_->write_instr(false, 0, {});
    core_->write_control(true, switches.control());
    cycle();
    core_->write_control(false, 0);
  }

  arch::Counters run(std::uint32_t entry) {
    core_->start(true, entry);
    cycle();
    core_->start(false, 0);
    tracer_.restart();
    constexpr std::uint64_t limit = std::uint64_t{1} << 34;
    std::uint64_t at = 0;
    do {
      WD_REQUIRE(at != limit, "the RTL did not finish in ", limit, " cycles");
      if (watched_) watched_->begin(at, *core_);
      memory_.drive(*core_);
      settle();
      if (watched_) watched_->settled(at, *core_);
      if (trace != nullptr) tracer_.observe(at, *trace);
      memory_.observe(*core_);
      advance();
      ++at;
    } while (core_->busy());
    core_->read_beat(false, nullptr);
    arch::Counters counters;
    int index = 0;
    arch::for_each_counter(counters,
                           [&](const char*, std::uint64_t& value) { value = core_->counter(index++); });
    return counters;
  }

  FrameResult frame(std::span<const std::uint8_t> input) {
    WD_REQUIRE(input.size() == std::size_t{program_.input_beats} * program::beat_bytes, "the input has ",
               input.size(), " bytes, the program expects ",
               std::size_t{program_.input_beats} * program::beat_bytes);
    std::memcpy(memory_.beat(program_.input_addr), input.data(), input.size());
    FrameResult result;
    result.counters = run(program_.frame_entry);
    if (watched_) std::exchange(watched_, {})->require_reached();
    const std::uint8_t* scores = memory_.beat(program_.score_addr);
    for (int image = 0; image < program_.batch; ++image)
      for (std::uint32_t c = 0; c < program_.classes; ++c) {
        const std::uint8_t* score = scores + 2 * program_.score_index(image, c);
        result.scores.push_back(static_cast<std::uint16_t>(score[0] | score[1] << 8));
      }
    return result;
  }

  arch::Counters load() { return run(program_.load_entry); }

  Trace* trace = nullptr;
  void watch(SignalSink& sink, const SignalWindow& window) {
    watched_.emplace(window);
    core_->open_signals(sink, window);  // here, where a block that is not there costs no frame
  }

 private:
  void cycle() {
    settle();
    advance();
  }
  void settle() {
    core_->settle();
    if (from_reset_) core_->tell_signals(half_cycles_++);
  }
  void advance() {
    core_->advance();
    if (from_reset_) core_->tell_signals(half_cycles_++);
  }

  const program::Program& program_;
  std::unique_ptr<RtlCore> core_;
  Memory memory_;
  Tracer tracer_;
  std::optional<Watched> watched_;
  bool from_reset_ = false;  // signals are told of every cycle
  std::uint64_t half_cycles_ = 1;
};

RtlEngine::RtlEngine(const program::Program& program, const arch::Switches& switches, int initial_state,
                     bool signals)
    : signals_(signals), host_(std::make_unique<Host>(program, switches, initial_state, signals)) {}
RtlEngine::RtlEngine(const program::Program& program, const arch::Switches& switches, SignalSink& sink,
                     const WantedSignal& wanted)
    : signals_(true), host_(std::make_unique<Host>(program, switches, 0, true, &sink, wanted)) {}
RtlEngine::~RtlEngine() = default;
arch::Counters RtlEngine::load() { return host_->load(); }
FrameResult RtlEngine::frame(std::span<const std::uint8_t> input) { return host_->frame(input); }
void RtlEngine::set_trace(Trace* trace) { host_->trace = trace; }
void RtlEngine::watch(SignalSink& sink, const SignalWindow& window) { host_->watch(sink, window); }

std::vector<Arch> rtl_configurations() {
  std::vector<Arch> result;
  for (const rtl::Configuration& configuration : rtl::configurations()) result.push_back(configuration.arch);
  return result;
}

std::vector<Arch> rtl_chip_configurations() {
  std::vector<Arch> result;
  for (const rtl::Configuration& configuration : rtl::configurations())
    if (configuration.make_chip != nullptr) result.push_back(configuration.arch);
  return result;
}

std::vector<Arch> rtl_configurations_with_signals() {
  std::vector<Arch> result;
  for (const rtl::Configuration& configuration : rtl::configurations())
    if (configuration.make_with_signals != nullptr) result.push_back(configuration.arch);
  return result;
}

}  // namespace wd::sim
