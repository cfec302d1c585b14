// SPDX-License-Identifier: Apache-2.0
#include "flow/fast_run.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/numerics/fp16.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {

std::size_t best_class(const std::vector<std::uint16_t>& scores) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (numerics::fp16_to_float(scores[i]) > numerics::fp16_to_float(scores[best])) best = i;
  return best;
}

FastRun run_fast(const Context& context, const program::Program& program, const arch::Switches& switches,
                 const algo::ImageSet& set, std::size_t images, unsigned threads) {
  const program::InputTensor input(program);
  images = std::min(images, set.count());
  ThreadPool pool(threads);
  std::vector<FastRun> parts(pool.threads());
  pool.run(parts.size(), [&](std::size_t part) {
    sim::FastEngine engine(program, switches);
    engine.load();
    for (std::size_t i = part; i < images; i += parts.size()) {
      context.check_stop();
      const sim::FrameResult frame = engine.frame(input.encode(set.image(i)));
      parts[part].counters += frame.counters;
      parts[part].right += best_class(frame.scores) == set.labels[i];
    }
  });
  FastRun sum;
  sum.images = images;
  for (const FastRun& part : parts) {
    sum.counters += part.counters;
    sum.right += part.right;
  }
  return sum;
}

}  // namespace wd::flow
