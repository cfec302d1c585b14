// SPDX-License-Identifier: Apache-2.0
#include "cli/fast_run.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::cli {

std::size_t best_class(const std::vector<std::uint16_t>& scores) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (numerics::fp16_to_float(scores[i]) > numerics::fp16_to_float(scores[best])) best = i;
  return best;
}

FastRun run_fast(Job& job, const program::Program& program, const arch::Switches& switches,
                 std::size_t images) {
  const algo::ImageSet& test = job.test_images(program.dataset);
  const program::InputTensor input(program);
  images = std::min(images, test.count());
  ThreadPool pool(job.threads);
  std::vector<FastRun> parts(pool.threads());
  pool.run(parts.size(), [&](std::size_t part) {
    const auto engine = make_engine("fast", program, switches);
    engine->load();
    for (std::size_t i = part; i < images; i += parts.size()) {
      WD_REQUIRE(!interrupted, "interrupted; nothing was written");
      const sim::FrameResult frame = engine->frame(input.encode(test.image(i)));
      parts[part].counters += frame.counters;
      parts[part].right += best_class(frame.scores) == test.labels[i];
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

}  // namespace wd::cli
