// SPDX-License-Identifier: Apache-2.0
// bench: the speed of every stage on the demo's network, with random weights where training is not needed.
#include <sys/resource.h>

#include <chrono>

#include "algo/compress/compress.hpp"
#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "compiler/compile.hpp"
#include "hw/model/random_network.hpp"
#include "hw/program/input_tensor.hpp"
#include "hw/stream/weight_code.hpp"

namespace wd::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Calls work() until a second has passed; returns calls per second.
template <typename Work>
double rate(Work work) {
  work();  // warm
  const auto begin = Clock::now();
  std::size_t calls = 0;
  do {
    work();
    ++calls;
  } while (seconds_since(begin) < 1 && !interrupted);
  return static_cast<double>(calls) / seconds_since(begin);
}

nlohmann::json row(const std::string& stage, double figure, const std::string& unit,
                   const std::string& measured) {
  return {{"stage", stage}, {"figure", figure}, {"unit", unit}, {"measured", measured}};
}

/// The demo's network with random weights.
model::Network demo_network() {
  const algo::TrainConfig config = algo::demo_config();
  model::FoldedShape shape{config.stem.channels, {}, {}, {}, config.supermask.coats};
  for (const algo::StageConfig& stage : config.stages) {
    shape.channels.push_back(stage.channels);
    shape.strides.push_back(stage.stride);
    shape.iterations.push_back(stage.iterations);
  }
  return model::hidden_fold_network(shape, 1);
}

/// Milliseconds per training step, without evaluation, from the progress of a short run.
double train_step_ms(unsigned threads) {
  algo::TrainConfig config = algo::demo_config();
  config.epochs = 1;
  config.fp8_epochs = 0;
  const std::size_t steps = 40;
  algo::ImageSet images;
  images.height = images.width = 28;
  const model::Network network = demo_network();
  for (std::size_t i = 0; i < steps * static_cast<std::size_t>(config.batch); ++i) {
    const auto image = model::random_image(network, i);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  Clock::time_point begin, end;
  algo::TrainOptions options;
  options.threads = threads;
  options.progress = [&](const algo::TrainProgress& p) {
    if (p.step == 10) begin = Clock::now();
    if (p.step == steps) end = Clock::now();
  };
  algo::train(config, images, images, options);
  return std::chrono::duration<double>(end - begin).count() / static_cast<double>(steps - 10) * 1000;
}

void bench_engines(nlohmann::json& rows) {
  const model::Network network = demo_network();
  const program::Program program = compiler::compile(network, {});
  const auto macs = static_cast<double>(dense_macs_per_frame(program));
  const program::InputTensor input(program);
  const auto beats = input.encode(model::random_image(network, 1));
  for (const std::string& name : engine_names()) {
    const auto engine = make_engine(name, program, {});
    engine->load();
    sim::FrameResult frame;
    const double frames = rate([&] { frame = engine->frame(beats); });
    rows.push_back(
        row(name, frames * macs, "dense MAC/s per core", "one image of the demo's network, again and again"));
    if (engine->timed())
      rows.push_back(row(name, frames * static_cast<double>(frame.counters.cycles), "cycles/s per core",
                         "the same run"));
  }
}

}  // namespace

nlohmann::json bench(Job& job) {
  nlohmann::json rows = nlohmann::json::array();
  rows.push_back(row("train", train_step_ms(job.threads), "ms/step",
                     "demo configuration, batch of its size, random images"));
  const model::Network network = demo_network();
  const model::Weights* largest = &network.weights.front();
  for (const model::Weights& w : network.weights)
    if (w.count() > largest->count()) largest = &w;
  const auto count = static_cast<double>(largest->count());
  Bytes coded;
  rows.push_back(row(
      "encode", count * rate([&] { coded = stream::encode_weights(largest->levels, {}, largest->coats); }),
      "weights/s per core", "largest layer, joint run/level code"));
  rows.push_back(row(
      "decode", count * rate([&] { stream::decode_weights(coded, largest->count(), largest->coats, false); }),
      "weights/s per core", "the same layer"));
  rows.push_back(row("compile", 1000 / rate([&] { compiler::compile(network, {}); }), "ms",
                     "demo network, default architecture"));
  bench_engines(rows);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  rows.push_back(
      row("memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB", "peak of this whole process"));
  return rows;
}

}  // namespace wd::cli
