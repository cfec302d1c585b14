// SPDX-License-Identifier: Apache-2.0
#include "flow/timeline.hpp"

#include <optional>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

class Recorder final : public sim::Trace {
 public:
  Recorder(const program::Program& program, Timeline& timeline) : program_(program), timeline_(timeline) {}

  /// An instruction begins: the one before it has ended.
  void instruction(std::uint32_t number, std::uint64_t begin) {
    end_instruction(begin);
    instruction_ = &program_.instrs[number];
    instruction_begin_ = begin;
    number_ = number;
  }
  void end_instruction(std::uint64_t at) {
    if (instruction_ == nullptr) return;
    const arch::Instr& instr = *instruction_;
    std::string name = arch::op_name(instr.operation());
    if (arch::has_tiles(instr.operation())) name = text(name, " ", layer_name(instr.layer));
    json details{{"instruction", number_}};
    if (instr.operation() == arch::Op::Wait || arch::is_burst(instr.operation())) details["tag"] = instr.tag;
    add(Track::sequencer, name, instruction_begin_, at, std::move(details));
    instruction_ = nullptr;
  }

  void tile(const sim::TileTrace& tile) override {
    end_post(tile.start_cycle);
    add(Track::array, layer_name(tile.id.layer), tile.start_cycle + 1, tile.run_end_cycle + 1,
        details(tile.id));
    post_ = tile.id;
    post_begin_ = tile.run_end_cycle + 1;
  }
  void conv(const sim::ConvTrace& conv) override { end_post(conv.end_cycle + 1); }

  void burst(const sim::fast::BurstSpan& span) {
    const arch::Instr& burst = *span.burst;
    const std::uint64_t first = span.start + 1 + static_cast<std::uint64_t>(program_.arch.memory_latency);
    const std::string name = arch::op_name(burst.operation());
    const json about{{"beats", burst.count}, {"tag", burst.tag}, {"iteration", span.iteration}};
    add(Track::latency, name, span.start, first, about);
    add(Track::port, name, first, span.end, about);
    if (burst.coded != 0) add(Track::decoder, name, span.start + 1, span.end, about);
  }

 private:
  std::string layer_name(int layer) const { return program_.layers[static_cast<std::size_t>(layer)].name; }
  static json details(const sim::TileId& id) {
    return {{"iteration", id.iteration}, {"channel_tile", id.oc}, {"pixel_tile", id.t}};
  }

  /// The post unit goes on with a tile until the next one is set up, or the layer has ended.
  void end_post(std::uint64_t at) {
    if (post_) add(Track::post, layer_name(post_->layer), post_begin_, at, details(*post_));
    post_.reset();
  }

  void add(Track track, const std::string& name, std::uint64_t begin, std::uint64_t end, json details) {
    WD_ASSERT(begin <= end);
    if (begin != end) timeline_.slices.push_back({track, name, begin, end - begin, std::move(details)});
  }

  const program::Program& program_;
  Timeline& timeline_;
  const arch::Instr* instruction_ = nullptr;
  std::uint64_t instruction_begin_ = 0;
  std::uint32_t number_ = 0;
  std::optional<sim::TileId> post_;
  std::uint64_t post_begin_ = 0;
};

}  // namespace

const char* track_name(Track track) {
  switch (track) {
    case Track::sequencer:
      return "sequencer";
    case Track::array:
      return "array";
    case Track::post:
      return "post unit";
    case Track::port:
      return "memory port: beats";
    case Track::latency:
      return "memory port: waits for the first beat";
    case Track::decoder:
      return "weight decoder";
  }
  return "";
}

Timeline timeline_of(const program::Program& program, const arch::Switches& switches,
                     std::span<const std::uint8_t> input) {
  Timeline timeline;
  timeline.dataset = program.dataset;
  Recorder recorder(program, timeline);
  sim::FastEngine engine(program, switches);
  engine.load();
  engine.set_trace(&recorder);
  engine.set_stepper([&](std::uint32_t number, std::uint64_t begin) { recorder.instruction(number, begin); });
  engine.set_burst_sink([&](const sim::fast::BurstSpan& span) { recorder.burst(span); });
  timeline.counters = engine.frame(input).counters;
  recorder.end_instruction(timeline.counters.cycles);
  return timeline;
}

json Timeline::to_json() const {
  json events = json::array();
  const auto name = [&](const char* what, int thread, const std::string& text) {
    events.push_back({{"ph", "M"}, {"pid", 1}, {"tid", thread}, {"name", what}, {"args", {{"name", text}}}});
  };
  name("process_name", 0, "WhiteDwarf, a frame: 1 us is a cycle");
  for (int track = 0; track < track_count; ++track) {
    name("thread_name", track + 1, track_name(static_cast<Track>(track)));
    events.push_back({{"ph", "M"},
                      {"pid", 1},
                      {"tid", track + 1},
                      {"name", "thread_sort_index"},
                      {"args", {{"sort_index", track}}}});
  }
  for (const TimelineSlice& slice : slices)
    events.push_back({{"ph", "X"},
                      {"pid", 1},
                      {"tid", static_cast<int>(slice.track) + 1},
                      {"name", slice.name},
                      {"ts", slice.start},
                      {"dur", slice.cycles},
                      {"args", slice.details}});
  return {{"traceEvents", events},
          {"otherData",
           {{"unit", "1 us is a cycle"}, {"dataset", dataset}, {"counters", arch::to_json(counters)}}}};
}

}  // namespace wd::flow
