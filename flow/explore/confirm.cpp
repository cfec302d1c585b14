// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/confirm.hpp"

#include <chrono>
#include <list>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "flow/content_key.hpp"
#include "flow/engines.hpp"
#include "flow/own_process.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

/// A point on an engine that has its chip.
struct Task {
  ExplorePoint* point;
  std::string engine, key;
};

/// What differs between two sets of counters; empty if nothing.
std::string difference(const std::string& who, const arch::Counters& found, const std::string& other,
                       const arch::Counters& expected) {
  const json a = arch::to_json(found), b = arch::to_json(expected);
  for (const auto& item : b.items())
    if (a.at(item.key()) != item.value())
      return text(who, " counts ", item.key(), " ", a.at(item.key()), ", ", other, " ", item.value());
  return "";
}

/// How an engine differs from what the study says; empty if it does not.
std::string compare(const std::string& engine, const program::Program& program, const Design& design,
                    const Frames& frames, const Measured& measured) {
  const auto fast = engine_kind("fast").make(program, design.switches, {});
  fast->load();
  const sim::FrameResult first = fast->frame(frames.input(0));
  arch::Counters all = first.counters;
  for (std::size_t i = 1; i < frames.count(); ++i) all += fast->frame(frames.input(i)).counters;
  std::string found = difference("the fast simulator with values", all, "the study", measured.counters);
  if (!found.empty()) return found;
  const auto made = engine_kind(engine).make(program, design.switches, {});
  made->load();
  const sim::FrameResult frame = made->frame(frames.input(0));
  if (frame.scores != first.scores) return engine + " has other scores than the fast simulator";
  return engine_kind(engine).timed ? difference(engine, frame.counters, "the fast simulator", first.counters)
                                   : "";
}

std::string difference_of(OwnProcess& process, const std::string& what, const Context& context) {
  try {
    return process.result(context).at("difference").get<std::string>();
  } catch (const Error& error) {
    context.check_stop(stopped);
    fail(what, ": its first frame did not end: ", error.what(), "; --no-confirm leaves it out");
  }
}

/// The tasks that engines can do; the others' answer is there already.
std::list<Task> tasks_of(const Plan& plan, const Evaluator& evaluator, std::vector<ExplorePoint>& points) {
  std::list<Task> tasks;
  for (ExplorePoint& one : points) {
    if (!one.front) continue;
    const Design design = plan.space.design(one.point);
    for (const std::string& engine : plan.confirm) {
      const std::string unfit = engine_kind(engine).unfit(design.compile.arch);
      one.confirmed[engine] = unfit;
      if (unfit.empty())
        tasks.push_back(
            {&one, engine, sha256_of(json({{"confirm", engine}, {"design", evaluator.key(design)}}).dump())});
    }
  }
  return tasks;
}

void say_what(const Plan& plan, const std::list<Task>& tasks, const KeptResults& kept,
              const Context& context) {
  std::string counts;
  std::size_t left = 0;
  for (const std::string& engine : plan.confirm) {
    std::size_t count = 0;
    for (const Task& task : tasks) count += task.engine == engine;
    counts += text(counts.empty() ? "" : ", ", count, " by ", engine);
  }
  for (const Task& task : tasks) left += !kept.find(task.key);
  if (left != 0)
    context.say(text("confirming points of the front, a frame each: ", counts,
                     left == tasks.size() ? std::string() : text("; ", left, " of them are left"),
                     "; --no-confirm leaves that out"));
}

}  // namespace

void confirm_front(const Plan& plan, const Evaluator& evaluator, KeptResults& kept, unsigned threads,
                   std::vector<ExplorePoint>& points, const Context& context) {
  std::list<Task> tasks = tasks_of(plan, evaluator, points);
  kept.refresh();
  say_what(plan, tasks, kept, context);
  const std::size_t at_once = ThreadPool(threads).threads();
  const std::size_t all = tasks.size();
  Progress progress("confirm", static_cast<double>(all));
  struct Running {
    Task task;
    WorkShares::Share share;
    OwnProcess process;
  };
  while (!tasks.empty()) {
    std::list<Running> running;
    for (auto task = tasks.begin(); task != tasks.end() && running.size() < at_once;) {
      if (kept.find(task->key)) {
        task->point->confirmed[task->engine] = confirmed_equal;
        task = tasks.erase(task);
        continue;
      }
      if (auto share = kept.take(task->key)) {
        const Design design = plan.space.design(task->point->point);
        const program::Program program = evaluator.program(design);
        const Frames frames(program, evaluator.images(design.model), plan.images);
        const Measured measured = evaluator.measured(design);
        running.push_back(
            {*task, std::move(*share), OwnProcess([&] {
               return json{{"difference", compare(task->engine, program, design, frames, measured)}};
             })});
      }
      ++task;
    }
    for (Running& one : running) {
      const auto found = difference_of(
          one.process, text(plan.space.name(one.task.point->point), ": ", one.task.engine), context);
      WD_REQUIRE(found.empty(), plan.space.name(one.task.point->point), ": ", found, ": a bug");
      Measured measured;
      measured.confirmed = true;
      kept.keep(one.task.key, measured);
    }
    progress.update(static_cast<double>(all - tasks.size() + running.size()));
    if (!running.empty() || tasks.empty()) continue;
    // What is left, other processes have now.
    context.check_stop(stopped);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    kept.refresh();
  }
}

}  // namespace wd::flow::explore
