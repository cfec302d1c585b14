// SPDX-License-Identifier: Apache-2.0
#include "compiler/dump_stripes.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::compiler {
namespace {

using nlohmann::ordered_json;

class Dumper {
 public:
  Dumper(const Stripes& stripes, const std::vector<LoweredStep>& steps, const model::Network& network)
      : graph_(stripes.graph),
        layout_(stripes.layout),
        faster_with_(stripes.faster_with),
        steps_(steps),
        network_(network) {}

  ordered_json tables() {
    ordered_json groups = ordered_json::array(), rings = ordered_json::array();
    for (std::size_t g = 0; g < layout_.groups.size(); ++g) {
      groups.push_back(group(g));
      for (const StripeRing& ring : layout_.rings)
        if (ring.first_group == static_cast<int>(g)) rings.push_back(this->ring(ring));
    }
    ordered_json all = {{"groups", groups},
                        {"rings", rings},
                        {"activation rows", layout_.rows},
                        {"beats loaded", loaded_},
                        {"beats stored", stored_}};
    if (faster_with_ > 0) all["fewer cycles with instr_rows"] = faster_with_;
    return all;
  }

 private:
  std::string name(int l) const {
    const StripeLayer& layer = graph_.layers[index(l)];
    return layer.lowered->name + (steps_[layer.step].loop_count > 1 ? text(".", layer.iteration) : "");
  }

  std::string names(const std::vector<int>& values) const {
    std::string all;
    for (const int v : values)
      all += text(all.empty() ? "" : ", ", network_.tensors[index(graph_.values[index(v)].tensor)].name);
    return all.empty() ? "-" : all;
  }

  bool sliced(std::size_t g, int v) const {
    const StripeRing& ring = layout_.ring(g, v);
    return ring.area < ring.pitch * graph_.values[index(v)].words;
  }

  ordered_json group(std::size_t g) {
    const StripeGroup& group = layout_.groups[g];
    const GroupShape& shape = group.shape;
    const int height = graph_.layers[index(shape.last)].height;
    std::int64_t loaded = 0, stored = 0;
    for (const StripeAction& action : layout_.actions[g]) {
      if (action.kind == StripeAction::Kind::compute) continue;
      (action.kind == StripeAction::Kind::load ? loaded : stored) +=
          graph_.values[index(action.what)].beats(action.rows.first, action.rows.end) /
          (sliced(g, action.what) ? shape.slices : 1);
    }
    loaded_ += loaded, stored_ += stored;
    return {{"group", g},
            {"layers", name(shape.first) + (shape.last > shape.first ? " to " + name(shape.last) : "")},
            {"stripes", text(ceil_div(height, shape.rows), " of ", shape.rows, " rows",
                             shape.pieces > 1 ? text(" in ", shape.pieces) : "",
                             shape.slices > 1 ? text(" in ", shape.slices, " slices") : "")},
            {"rows", group.rows},
            {"loads", names(group.from_memory)},
            {"ahead", group.from_memory.empty() ? "-"
                      : shape.ahead             ? "yes"
                                                : "no"},
            {"beats loaded", loaded},
            {"stores", names(group.to_memory)},
            {"beats stored", stored},
            {"stay", names(group.on_chip_behind)},
            {"cycles by the model", std::llround(group.cycles)}};
  }

  ordered_json ring(const StripeRing& ring) const {
    const StripeValue& value = graph_.values[index(ring.values.front())];
    return {{"groups", ring.first_group == ring.last_group ? text(ring.first_group)
                                                           : text(ring.first_group, " to ", ring.last_group)},
            {"tensor", names(ring.values)},
            {"image rows", ring.rows >= value.height ? "all" : text(ring.rows, " of ", value.height)},
            {"first row", ring.first},
            {"rows", ring.area}};
  }

  const StripeGraph& graph_;
  const StripeLayout& layout_;
  int faster_with_;
  const std::vector<LoweredStep>& steps_;
  const model::Network& network_;
  std::int64_t loaded_ = 0, stored_ = 0;
};

}  // namespace

ordered_json dump_stripes(const Stripes& stripes, const std::vector<LoweredStep>& steps,
                          const model::Network& network) {
  if (!stripes.used()) return {{"stripes", "none: the network fits whole"}};
  return Dumper(stripes, steps, network).tables();
}

}  // namespace wd::compiler
