// SPDX-License-Identifier: Apache-2.0
#include "flow/lockstep.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::flow {
namespace {

using sim::ConvTrace;
using sim::TileDetail;
using sim::TileTrace;

/// Compares one pair of events and says where they differ.
class Comparison {
 public:
  Comparison(const std::string& a_name, const std::string& b_name, bool cycles,
             const program::Program& program)
      : a_name_(a_name), b_name_(b_name), cycles_(cycles), program_(program) {}

  std::optional<Difference> compare(const Event& a, const Event& b) const {
    if (a.index() != b.index())
      return Difference{true, text(a_name_, " and ", b_name_, " report different events")};
    if (const auto* tile = std::get_if<TileTrace>(&a)) return compare(*tile, std::get<TileTrace>(b));
    return compare(std::get<ConvTrace>(a), std::get<ConvTrace>(b));
  }

 private:
  std::string layer(int index, int iteration) const {
    const auto& layers = program_.layers;
    const std::string name = index >= 0 && index < static_cast<int>(layers.size())
                                 ? layers[static_cast<std::size_t>(index)].name
                                 : "?";
    return text("layer ", index, " (", name, ") iteration ", iteration);
  }

  std::string place(const TileTrace& t) const {
    return text(layer(t.id.layer, t.id.iteration), ", tile oc ", t.id.oc, " t ", t.id.t);
  }

  template <typename A, typename B>
  std::string both(const A& a, const B& b) const {
    return text(a, " (", a_name_, ") and ", b, " (", b_name_, ")");
  }

  /// Of a layer's instruction; 1 for a layer that has none.
  std::size_t out_width(int layer) const {
    for (const arch::Instr& instr : program_.instrs)
      if (arch::has_tiles(instr.operation()) && instr.layer == layer)
        return static_cast<std::size_t>(instr.out_w);
    return 1;
  }

  /// A column of an image by its place in the row of all images.
  std::string column(std::size_t x) const {
    const auto batch = static_cast<std::size_t>(program_.batch);
    return batch == 1 ? text(x) : text(x / batch, " of image ", x % batch);
  }

  /// The PE at a flat index, with what this tile's pixel and channel are.
  std::string pe(const TileTrace& t, std::size_t index) const {
    const auto pes = static_cast<std::size_t>(program_.arch.pes_per_group);
    const std::size_t group = index / pes, lane = index % pes;
    const auto q = static_cast<std::size_t>(t.id.t * program_.arch.groups()) + group,
               width = out_width(t.id.layer);
    return text("group ", group, " PE ", lane, " (pixel y ", q / width, " x ", column(q % width),
                ", channel ", static_cast<std::size_t>(t.id.oc) * pes + lane, ")");
  }

  /// The walker at a flat index, with the channel and groups that it serves.
  std::string walker(const TileTrace& t, std::size_t index) const {
    const auto pes = static_cast<std::size_t>(program_.arch.pes_per_group),
               of_set = static_cast<std::size_t>(program_.arch.groups_per_walker);
    const std::size_t first = index / pes * of_set;
    return text(
        "walker ", index, " (channel ", static_cast<std::size_t>(t.id.oc) * pes + index % pes,
        of_set == 1 ? text(" of group ", first) : text(" of groups ", first, " to ", first + of_set - 1),
        ")");
  }

  std::optional<Difference> compare(const TileTrace& a, const TileTrace& b) const {
    if (!(a.id == b.id))
      return Difference{true, text("tiles come in another order: ", both(place(a), place(b)))};
    if (cycles_) {
      if (auto found = compare_cycles(a, b)) return found;
    }
    if (a.sums.size() != b.sums.size()) return Difference{true, text(place(a), ": numbers of PEs differ")};
    for (std::size_t i = 0; i < a.sums.size(); ++i)
      if (a.sums[i] != b.sums[i]) {
        const TileTrace& timed = a.details.empty() ? b : a;
        return Difference{true, text(place(a), ", ", pe(a, i), last_event(timed, i), ": sum is ",
                                     both(a.sums[i], b.sums[i]))};
      }
    return std::nullopt;
  }

  /// When the organisation last did something for a PE, if it reports that of PEs or of their walkers.
  std::string last_event(const TileTrace& t, std::size_t index) const {
    const auto pes = static_cast<std::size_t>(program_.arch.pes_per_group);
    const std::size_t of_walker =
        index / pes / static_cast<std::size_t>(program_.arch.groups_per_walker) * pes + index % pes;
    for (const TileDetail& detail : t.details) {
      if (!detail.cycles || (detail.part != TileDetail::pe && detail.part != TileDetail::walker)) continue;
      const std::size_t at = detail.part == TileDetail::pe ? index : of_walker;
      if (at < detail.values.size())
        return text(", ", detail.part == TileDetail::pe ? "" : "its walker's ", detail.what, " in cycle ",
                    t.start_cycle + 1 + detail.values[at], " (RUN cycle ", detail.values[at], ")");
    }
    return "";
  }

  std::optional<Difference> compare_cycles(const TileTrace& a, const TileTrace& b) const {
    if (a.start_cycle != b.start_cycle)
      return Difference{false, text(place(a), ": starts in cycle ", both(a.start_cycle, b.start_cycle))};
    if (a.details.size() != b.details.size())
      return Difference{
          false, text(place(a), ": numbers of details are ", both(a.details.size(), b.details.size()))};
    for (std::size_t i = 0; i < a.details.size(); ++i)
      if (auto found = compare_detail(a, a.details[i], b.details[i])) return found;
    if (a.run_end_cycle != b.run_end_cycle)
      return Difference{false,
                        text(place(a), ": RUN ends in cycle ", both(a.run_end_cycle, b.run_end_cycle))};
    return std::nullopt;
  }

  std::optional<Difference> compare_detail(const TileTrace& tile, const TileDetail& a,
                                           const TileDetail& b) const {
    if (a.part != b.part || a.what != b.what || a.cycles != b.cycles)
      return Difference{false, text(place(tile), ": details are ",
                                    both(text(a.part, " ", a.what), text(b.part, " ", b.what)))};
    for (std::size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i)
      if (a.values[i] != b.values[i])
        return Difference{
            false, text(place(tile), ", ", part(tile, a, i, std::min(a.values[i], b.values[i])), " ", a.what,
                        a.cycles ? " in RUN cycle " : " ", both(a.values[i], b.values[i]))};
    if (a.values.size() != b.values.size())
      return Difference{false, text(place(tile), ": ", a.part, " ", a.what, " of ",
                                    both(a.values.size(), b.values.size()), " ", a.part, "s")};
    return std::nullopt;
  }

  /// A part of the array by its number, and the cycle in which to look for it.
  std::string part(const TileTrace& tile, const TileDetail& detail, std::size_t index,
                   std::uint32_t run_cycle) const {
    if (detail.part == TileDetail::pe)
      return text(pe(tile, index), ", tile starts in cycle ", tile.start_cycle, ":");
    if (detail.part == TileDetail::walker)
      return text(walker(tile, index), ", tile starts in cycle ", tile.start_cycle, ":");
    const std::string when = detail.cycles ? text("cycle ", tile.start_cycle + 1 + run_cycle)
                                           : text("tile starts in cycle ", tile.start_cycle);
    return text(when, ": ", detail.part, " ", index);
  }

  std::optional<Difference> compare(const ConvTrace& a, const ConvTrace& b) const {
    const std::string where = layer(a.layer, a.iteration);
    if (a.layer != b.layer || a.iteration != b.iteration)
      return Difference{true,
                        text("layers come in another order: ", both(where, layer(b.layer, b.iteration)))};
    if (a.height != b.height || a.width != b.width || a.channels != b.channels)
      return Difference{true, text(where, ": output shapes are ", both(shape(a), shape(b)))};
    if (a.outputs.size() != b.outputs.size())
      return Difference{true, text(where, ": output sizes are ", both(a.outputs.size(), b.outputs.size()))};
    for (std::size_t i = 0; i < a.outputs.size(); ++i)
      if (a.outputs[i] != b.outputs[i])
        return Difference{true,
                          text(where, output_place(a, i), ": ", both(int{a.outputs[i]}, int{b.outputs[i]}))};
    if (cycles_ && a.end_cycle != b.end_cycle)
      return Difference{false, text(where, ": ends in cycle ", both(a.end_cycle, b.end_cycle))};
    return std::nullopt;
  }

  static std::string shape(const ConvTrace& conv) {
    return text(conv.height, " x ", conv.width, " x ", conv.channels);
  }

  std::string output_place(const ConvTrace& conv, std::size_t byte) const {
    const auto channels = static_cast<std::size_t>(std::max(1, conv.channels));
    const auto width = static_cast<std::size_t>(std::max(1, conv.width));
    const std::size_t per_value = std::max<std::size_t>(
        1, conv.outputs.size() / (channels * width * static_cast<std::size_t>(std::max(1, conv.height))));
    const std::size_t value = byte / per_value, pixel = value / channels, channel = value % channels;
    const auto pes = static_cast<std::size_t>(program_.arch.pes_per_group);
    const std::size_t y = pixel / width, x = pixel % width;
    const auto groups = static_cast<std::size_t>(program_.arch.groups());
    return text(", tile oc ", channel / pes, " t ", pixel / groups, ", group ", pixel % groups, " PE ",
                channel % pes, ": post unit output of pixel y ", y, " x ", column(x), " channel ", channel,
                " is code");
  }

  const std::string &a_name_, &b_name_;
  bool cycles_;
  const program::Program& program_;
};

std::vector<LayerSummary> summarize(const std::vector<Event>& events, const program::Program& program) {
  std::vector<LayerSummary> layers(program.layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].name = program.layers[i].name;
  std::uint64_t begin = 0;
  bool fresh = true;
  for (const Event& event : events) {
    if (const auto* tile = std::get_if<TileTrace>(&event)) {
      if (fresh) begin = tile->start_cycle;
      fresh = false;
      ++layers[static_cast<std::size_t>(tile->id.layer)].tiles;
    } else {
      const auto& conv = std::get<ConvTrace>(event);
      if (conv.end_cycle > 0) layers[conv.layer].cycles += conv.end_cycle + 1 - begin;
      fresh = true;
    }
  }
  return layers;
}

}  // namespace

std::optional<Difference> first_difference(const std::vector<Event>& reference,
                                           const std::string& reference_name, const std::vector<Event>& other,
                                           const std::string& other_name, bool compare_cycles,
                                           const program::Program& program) {
  const Comparison comparison(reference_name, other_name, compare_cycles, program);
  for (std::size_t i = 0; i < std::min(reference.size(), other.size()); ++i)
    if (auto found = comparison.compare(reference[i], other[i])) return found;
  if (reference.size() != other.size())
    return Difference{true, text(reference_name, " reports ", reference.size(), " tiles and layers, ",
                                 other_name, " ", other.size())};
  return std::nullopt;
}

std::optional<std::string> counter_difference(const arch::Counters& a, const std::string& a_name,
                                              const arch::Counters& b, const std::string& b_name) {
#define ARCH_COUNTER(name, sv, unit, meaning) \
  if (a.name != b.name)                       \
    return text("counter '" #name "' is ", a.name, " (", a_name, ") and ", b.name, " (", b_name, ")");
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return std::nullopt;
}

LockstepResult compare_frame(const std::vector<sim::Engine*>& engines, const program::Program& program,
                             std::span<const std::uint8_t> input) {
  WD_REQUIRE(engines.size() >= 2, "comparing needs at least two engines");
  const auto timed =
      std::find_if(engines.begin(), engines.end(), [](const sim::Engine* e) { return e->timed(); });
  sim::Engine& reference = timed == engines.end() ? *engines.front() : **timed;
  LockstepResult result;
  const auto record = [&](sim::Engine& engine, Recorder& recorder) {
    engine.set_trace(&recorder);
    const sim::FrameResult frame = engine.frame(input);
    engine.set_trace(nullptr);
    return frame;
  };
  Recorder expected;
  const sim::FrameResult expected_frame = record(reference, expected);
  result.layers = summarize(expected.events, program);
  for (sim::Engine* engine : engines) {
    if (engine == &reference) continue;
    Recorder seen;
    const sim::FrameResult frame = record(*engine, seen);
    for (const Event& event : seen.events) ++(event.index() == 0 ? result.tiles : result.convolutions);
    const bool cycles = engine->timed() && reference.timed();
    auto found =
        first_difference(expected.events, reference.name(), seen.events, engine->name(), cycles, program);
    if (!found && frame.scores != expected_frame.scores)
      found =
          Difference{true, text("class scores of ", reference.name(), " and ", engine->name(), " differ")};
    if (found) {
      (found->value ? result.values_equal : result.cycles_equal) = false;
      for (LayerSummary& layer : result.layers)
        if (found->where.find("(" + layer.name + ")") != std::string::npos) layer.equal = false;
    }
    if (cycles) {
      if (const auto counter =
              counter_difference(expected_frame.counters, reference.name(), frame.counters, engine->name())) {
        result.counters_equal = false;
        if (!found) found = Difference{false, *counter};
      }
      if (expected_frame.counters.cycles != frame.counters.cycles) result.cycles_equal = false;
    }
    if (found && !result.first) result.first = found;
  }
  return result;
}

std::optional<Difference> compare_loaded(const std::vector<sim::Engine*>& engines,
                                         const std::function<arch::Counters(const sim::Engine&)>& counters) {
  const sim::Engine* reference = nullptr;
  for (const sim::Engine* engine : engines) {
    if (!engine->timed()) continue;
    if (reference == nullptr) {
      reference = engine;
    } else if (const auto found = counter_difference(counters(*reference), reference->name(),
                                                     counters(*engine), engine->name())) {
      return Difference{false, "load: " + *found};
    }
  }
  return std::nullopt;
}

}  // namespace wd::flow
