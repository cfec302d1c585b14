// SPDX-License-Identifier: Apache-2.0
#include "flow/fast_run.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;

namespace {

algo::ImageSet images_of(const model::Network& network, std::size_t count) {
  algo::ImageSet set;
  set.height = network.input_transform.image_height;
  set.width = network.input_transform.image_width;
  for (std::size_t i = 0; i < count; ++i) {
    const auto image = model::random_image(network, i);
    set.pixels.insert(set.pixels.end(), image.begin(), image.end());
    set.labels.push_back(0);
  }
  return set;
}

}  // namespace

TEST_CASE("fast run: parts of frames, recorded once and replayed on other chips, count what whole runs count",
          "[flow][oracle]") {
  const std::atomic<bool> stop{false};
  const flow::Context context(stop);
  const model::Network network = model::small_network(3);
  const algo::ImageSet set = images_of(network, 7);
  std::vector<program::Program> programs;
  for (const int chunk : {16, 32}) {
    compiler::Options options;
    options.arch.chunk = chunk;
    programs.push_back(compiler::compile(network, options));
    programs.push_back(programs.back());
    programs.back().arch.window = programs.back().arch.entries = 1;
  }
  for (const unsigned threads : {1u, 2u, 8u})
    for (const std::size_t each : {std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
      INFO(threads << " threads, parts of " << each);
      std::vector<arch::Counters> counters(programs.size());
      for (std::size_t first = 0; first < set.count(); first += each) {
        flow::SharedMaps maps{
            first, std::vector<sim::fast::FrameMaps>(std::min(each, set.count() - first)), {}};
        for (std::size_t p = 0; p < programs.size(); ++p)
          for (const sim::FrameResult& frame : flow::run_part(
                   context, programs[p], {}, flow::Frames(programs[p], set, 7), maps, threads, false, true))
            counters[p] += frame.counters;
      }
      for (std::size_t p = 0; p < programs.size(); ++p)
        CHECK(counters[p] == flow::run_fast(context, programs[p], {}, set, 7, threads).counters);
    }
}

TEST_CASE("fast run: a part is as many frames as fit the memory", "[flow]") {
  const program::Program program = compiler::compile(model::small_network(3), {});
  const std::size_t each = 2 * sim::fast::MapLayout(program).maps();
  CHECK(flow::SharedMaps::part_frames(program, 100, 10 * each) == 10);
  CHECK(flow::SharedMaps::part_frames(program, 7, 10 * each) == 7);
  CHECK(flow::SharedMaps::part_frames(program, 7, each - 1) == 1);
}
