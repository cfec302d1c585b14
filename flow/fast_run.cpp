// SPDX-License-Identifier: Apache-2.0
#include "flow/fast_run.hpp"

#include "base/parallel.hpp"
#include "flow/frames.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {

FastRun run_fast(const Context& context, const program::Program& program, const arch::Switches& switches,
                 const algo::ImageSet& set, std::size_t images, unsigned threads) {
  const Frames frames(program, set, images);
  ThreadPool pool(threads);
  std::vector<FastRun> parts(pool.threads());
  const sim::FastEngine first(program, switches);
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

}  // namespace wd::flow
