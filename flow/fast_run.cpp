// SPDX-License-Identifier: Apache-2.0
#include "flow/fast_run.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "flow/frames.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {

FastRun run_fast(const Context& context, const program::Program& program, const arch::Switches& switches,
                 const algo::ImageSet& set, std::size_t images, unsigned threads) {
  const Frames frames(program, set, images);
  ThreadPool pool(threads);
  const sim::FastEngine first(program, switches);
  std::vector<FastRun> parts(pool.threads());
  pool.run(parts.size(), [&](std::size_t part) {
    sim::FastEngine engine(first, 1);
    engine.load();
    for (std::size_t i = part; i < frames.count(); i += parts.size()) {
      context.check_stop();
      const sim::FrameResult frame = engine.frame(frames.input(i));
      parts[part].counters += frame.counters;
      parts[part].right += frames.right(i, frame.scores);
    }
  });
  FastRun sum;
  sum.images = frames.images();
  sum.places = frames.places();
  for (const FastRun& part : parts) {
    sum.counters += part.counters;
    sum.right += part.right;
  }
  return sum;
}

std::size_t SharedMaps::part_frames(const program::Program& program, std::size_t frames,
                                    std::size_t most_bytes) {
  const std::size_t each = sizeof(std::uint16_t) * sim::fast::MapLayout(program).maps();
  return std::clamp<std::size_t>(most_bytes / std::max<std::size_t>(1, each), 1,
                                 std::max<std::size_t>(1, frames));
}

std::vector<sim::FrameResult> run_part(const Context& context, const program::Program& program,
                                       const arch::Switches& switches, const Frames& frames, SharedMaps& maps,
                                       unsigned threads, bool whole, bool check_first) {
  sim::FastEngine first_engine(program, switches);
  const std::vector<sim::fast::MapTensor> tensors = sim::fast::MapLayout(program).tensors();
  const bool record = !whole && maps.tensors.empty();
  const bool replay = !whole && !record && maps.tensors == tensors;
  if (record) maps.tensors = tensors;
  std::vector<sim::FrameResult> results(maps.frames.size());
  ThreadPool pool(threads);
  pool.run(pool.threads(), [&](std::size_t part) {
    sim::FastEngine engine(first_engine, 1);
    engine.load();
    for (std::size_t i = part; i < results.size(); i += pool.threads()) {
      context.check_stop();
      const std::vector<std::uint8_t> input = frames.input(maps.first + i);
      results[i] = record   ? engine.record(input, maps.frames[i])
                   : replay ? engine.replay(input, maps.frames[i])
                            : engine.frame(input);
      if (!check_first || !replay || i != 0) continue;
      const sim::FrameResult computed = engine.frame(input);
      WD_REQUIRE(computed.scores == results[i].scores && computed.counters == results[i].counters,
                 frames.name(maps.first), ": replaying changes results: a bug");
    }
  });
  return results;
}

}  // namespace wd::flow
