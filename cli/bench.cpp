// SPDX-License-Identifier: Apache-2.0
// bench: the speed and peak memory of every stage, on the demo's network with random weights (no training
// needed). The training step of several networks: bench_train.cpp.
#include <chrono>

#include "algo/compress/compress.hpp"
#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "cli/own_process.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/weight_code.hpp"

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
    WD_REQUIRE(!interrupted, "interrupted");
  } while (seconds_since(begin) < 1);
  return static_cast<double>(calls) / seconds_since(begin);
}

nlohmann::json row(const std::string& stage, double figure, const std::string& unit,
                   const std::string& measured) {
  return {{"stage", stage}, {"figure", figure}, {"unit", unit}, {"measured", measured}};
}

/// The demo's network with random weights.
model::Network demo_network() {
  const algo::TrainConfig config = algo::demo_config();
  model::FoldedShape shape{config.network.stem.channels, {}, {}, {}, config.supermask.coats};
  for (const algo::StageConfig& stage : config.network.stages) {
    shape.channels.push_back(stage.channels);
    shape.strides.push_back(stage.stride);
    shape.iterations.push_back(stage.blocks - 1);
  }
  return model::hidden_fold_network(shape, 1);
}

/// Milliseconds per training step, without evaluation, from the progress of a short run.
double train_step_ms(unsigned threads) {
  algo::TrainConfig config = algo::demo_config();
  config.epochs = 1;
  config.quantization.fp8_epochs = 0;
  const std::size_t steps = 40;
  algo::ImageSet images;
  images.height = images.width = 28;
  const model::Network network = demo_network();
  for (std::size_t i = 0; i < steps * static_cast<std::size_t>(config.batch); ++i) {
    const auto image = model::random_image(network, i);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(static_cast<std::uint16_t>(i % 10));
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

nlohmann::json engine_row(const std::string& name, const model::Network& network) {
  const program::Program program = compiler::compile(network, {});
  const auto macs = static_cast<double>(dense_macs_per_frame(program));
  const auto beats = program::InputTensor(program).encode(model::random_image(network, 1));
  const auto engine = make_engine(name, program, {});
  engine->load();
  sim::FrameResult frame;
  const double frames = rate([&] { frame = engine->frame(beats); });
  const double cycles = frames * static_cast<double>(frame.counters.cycles);
  nlohmann::json result =
      name == "golden" || name == "fast"
          ? row(name, frames * macs, "dense MAC/s per core", "one image, again and again, one thread")
          : row(name, cycles, "cycles/s", "one image, again and again, one core, 1024 PEs");
  result["macs_per_second"] = frames * macs;
  if (engine->timed()) result["cycles_per_second"] = cycles;
  return result;
}

}  // namespace

nlohmann::json bench(Job& job) {
  const model::Network network = demo_network();
  const model::Weights* largest = &network.weights.front();
  for (const model::Weights& w : network.weights)
    if (w.count() > largest->count()) largest = &w;
  const auto count = static_cast<double>(largest->count());
  const Bytes coded = stream::encode_weights(largest->levels, {}, largest->coats);
  nlohmann::json rows = nlohmann::json::array();
  rows.push_back(in_own_process([&] {
    return row("train", train_step_ms(job.threads), "ms/step",
               "demo configuration and batch, random images, all threads");
  }));
  rows.push_back(in_own_process([&] {
    const double runs = rate([&] { stream::encode_weights(largest->levels, {}, largest->coats); });
    return row("compress", count * runs, "weights/s per core",
               "encoding of the largest layer, run/level code");
  }));
  rows.push_back(in_own_process([&] {
    const double runs = rate([&] { stream::decode_weights(coded, largest->count(), largest->coats, false); });
    return row("decompress", count * runs, "weights/s per core", "decoding of the same layer");
  }));
  rows.push_back(in_own_process([&] {
    return row("compile", 1000 / rate([&] { compiler::compile(network, {}); }), "ms",
               "demo network, default architecture");
  }));
  for (const std::string& name : engine_names())
    rows.push_back(in_own_process([&] { return engine_row(name, network); }));
  return rows;
}

}  // namespace wd::cli
