// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/confirm.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "flow/engines.hpp"
#include "flow/own_process.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

/// What an engine makes of the first frame; in a process of its own, as SystemC elaborates once.
json first_frame(const std::string& engine, const program::Program& program, const Design& design,
                 const std::vector<std::uint8_t>& input, const Context& context) {
  return in_own_process(
      [&] {
        const auto made = engine_kind(engine).make(program, design.switches, {});
        made->load();
        const sim::FrameResult frame = made->frame(input);
        json value = {{"scores", frame.scores}};
        if (engine_kind(engine).timed) value["counters"] = arch::to_json(frame.counters);
        return value;
      },
      context);
}

void require_equal(const json& found, const json& expected, const std::string& engine,
                   const std::string& point) {
  WD_REQUIRE(found.at("scores") == expected.at("scores"), point, ": ", engine,
             " has other scores than the fast simulator: a bug");
  if (!found.contains("counters")) return;
  for (const auto& item : expected.at("counters").items())
    WD_REQUIRE(found.at("counters").at(item.key()) == item.value(), point, ": ", engine, " counts ",
               item.key(), " ", found.at("counters").at(item.key()).dump(), ", the fast simulator ",
               item.value().dump(), ": a bug");
}

}  // namespace

void confirm_front(const Plan& plan, Evaluator& evaluator, std::vector<ExplorePoint>& points,
                   Context& context) {
  if (plan.confirm.empty()) return;
  std::vector<ExplorePoint*> front;
  for (ExplorePoint& one : points)
    if (one.front) front.push_back(&one);
  Progress progress("confirm", static_cast<double>(front.size() * plan.confirm.size()));
  double done = 0;
  for (ExplorePoint* one : front) {
    const Design design = plan.space.design(one->point);
    const program::Program program = evaluator.program(design);
    const Frames frames(program, evaluator.images(design.model), plan.images);
    const std::vector<std::uint8_t> input = frames.input(0);
    const std::string name = plan.space.name(one->point);
    const json expected = first_frame("fast", program, design, input, context);
    for (const std::string& engine : plan.confirm) {
      const std::string unfit = engine_kind(engine).unfit(program.arch);
      if (unfit.empty())
        require_equal(first_frame(engine, program, design, input, context), expected, engine, name);
      one->confirmed[engine] = unfit.empty() ? "equal" : unfit;
      progress.update(++done);
    }
  }
}

}  // namespace wd::flow::explore
