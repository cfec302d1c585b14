// SPDX-License-Identifier: Apache-2.0
// Plants one difference of each kind into recorded events; each must be found and located.
#include "flow/lockstep.hpp"

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

using namespace wd;
using namespace wd::flow;

namespace {

struct Recorded {
  explicit Recorded(int batch = 1)
      : network(model::hidden_fold_network({}, 5)), program(compiler::compile(network, {.batch = batch})) {
    input = program::InputTensor(program).encode(model::random_image(network, 1));
    sim::FastEngine engine(program, {});
    engine.load();
    engine.set_trace(&recorder);
    frame = engine.frame(input);
  }
  /// The nth tile of the recording.
  static sim::TileTrace& tile(std::vector<Event>& events, std::size_t n) {
    for (Event& event : events)
      if (auto* t = std::get_if<sim::TileTrace>(&event))
        if (n-- == 0) return *t;
    throw std::out_of_range("tile");
  }
  /// A figure of the organisation's details.
  static std::uint32_t& detail(std::vector<Event>& events, std::size_t n, std::string_view what,
                               std::size_t i) {
    for (sim::TileDetail& d : tile(events, n).details)
      if (d.what == what) return d.values.at(i);
    throw std::out_of_range("detail");
  }
  std::string difference(std::vector<Event> changed, bool cycles = true) const {
    const auto found = first_difference(recorder.events, "fast", changed, "other", cycles, program);
    return found ? found->where : "none";
  }

  model::Network network;
  program::Program program;
  std::vector<std::uint8_t> input;
  Recorder recorder;
  sim::FrameResult frame;
};

}  // namespace

TEST_CASE("lockstep: planted differences are located", "[testbench]") {
  const Recorded r;
  using Catch::Contains;
  CHECK(r.difference(r.recorder.events) == "none");

  auto events = r.recorder.events;  // tile 6 is stage1.conv1, third of its four tiles
  r.tile(events, 6).sums[3 * 64 + 17] += 1;
  CHECK_THAT(r.difference(events),
             Contains("layer 1 (stage1.conv1) iteration 0") && Contains("tile oc 0 t 2") &&
                 Contains("group 3 PE 17") && Contains("pixel y 5 x 0, channel 17") &&
                 Contains("its walker's last walk in cycle") && Contains("(fast)") && Contains("(other)"));
  CHECK_THAT(r.difference(events, false), Contains("group 3 PE 17"));

  events = r.recorder.events;
  r.detail(events, 6, "is issued", 5) += 1;
  CHECK_THAT(r.difference(events), Contains("stage1.conv1") && Contains("row 5 is issued in RUN cycle"));
  CHECK(r.difference(events, false) == "none");

  events = r.recorder.events;
  r.detail(events, 6, "walked positions", 37) += 1;
  CHECK_THAT(r.difference(events),
             Contains("walker 37 (channel 37 of groups 0 to 15)") && Contains("walked positions"));

  events = r.recorder.events;
  r.detail(events, 6, "operands", 65) += 1;
  CHECK_THAT(r.difference(events), Contains("group 1 PE 1") && Contains("operands"));

  events = r.recorder.events;
  r.detail(events, 6, "last walk", 37) += 1;
  CHECK_THAT(r.difference(events), Contains("walker 37 (channel 37") && Contains("last walk in RUN cycle"));

  events = r.recorder.events;
  r.tile(events, 6).details[2].values.pop_back();
  CHECK_THAT(r.difference(events), Contains("stage1.conv1") && Contains("rows"));

  events = r.recorder.events;
  r.tile(events, 6).details.pop_back();
  CHECK_THAT(r.difference(events), Contains("numbers of details are 4 (fast) and 3 (other)"));

  events = r.recorder.events;
  r.tile(events, 6).run_end_cycle += 1;
  CHECK_THAT(r.difference(events), Contains("RUN ends in cycle"));

  events = r.recorder.events;
  for (Event& event : events)
    if (auto* conv = std::get_if<sim::ConvTrace>(&event); conv != nullptr && conv->layer == 1) {
      conv->outputs[(4 * 7 + 3) * 64 + 9] ^= 1;
      break;
    }
  CHECK_THAT(r.difference(events), Contains("stage1.conv1") && Contains("tile oc 0 t 1, group 15 PE 9") &&
                                       Contains("post unit output of pixel y 4 x 3 channel 9"));

  events = r.recorder.events;
  std::get<sim::ConvTrace>(events.back()).channels += 1;
  CHECK_THAT(r.difference(events), Contains("output shapes are 1 x 1 x"));

  events = r.recorder.events;
  events.pop_back();
  CHECK_THAT(r.difference(events), Contains("reports"));

  arch::Counters changed = r.frame.counters;
  ++changed.act_reads;
  CHECK_THAT(*counter_difference(r.frame.counters, "fast", changed, "other"), Contains("'act_reads'"));
}

TEST_CASE("lockstep: golden and fast agree tile by tile, under every switch", "[testbench][cosim]") {
  const Recorded r;
  for (int off = 0; off < 8; ++off) {
    arch::Switches switches;
    switches.skip_zero_activations = off & 1;
    switches.skip_zero_weights = off & 2;
    switches.skip_zero_bits = off & 4;
    switches.window = off % 3;
    sim::GoldenEngine golden(r.program);
    sim::FastEngine fast(r.program, switches);
    golden.load();
    fast.load();
    const LockstepResult result = compare_frame({&golden, &fast}, r.program, r.input);
    INFO((result.first ? result.first->where : ""));
    CHECK_FALSE(result.first.has_value());
    CHECK(result.tiles > 0);
  }
}

TEST_CASE("lockstep: a planted difference in a batch is located in its image", "[testbench]") {
  const Recorded r(4);
  using Catch::Contains;
  CHECK(r.difference(r.recorder.events) == "none");
  auto events = r.recorder.events;
  r.tile(events, 1).sums[6 * 64 + 17] +=
      1;  // tile 1 of a row of 4 * 7 pixels: pixel 22 is column 5 of image 2
  CHECK_THAT(r.difference(events), Contains("(pixel y 0 x 5 of image 2, channel 17)"));
  for (Event& event : events = r.recorder.events)
    if (auto* conv = std::get_if<sim::ConvTrace>(&event); conv != nullptr && conv->width == 4) {
      conv->outputs[static_cast<std::size_t>(2 * (3 * conv->channels + 9))] ^=
          1;  // scores: 1 x 4 pixels, two bytes each
      break;
    }
  CHECK_THAT(r.difference(events), Contains("pixel y 0 x 0 of image 3 channel 9"));
}
