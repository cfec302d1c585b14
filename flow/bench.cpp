// SPDX-License-Identifier: Apache-2.0
#include "flow/bench.hpp"

#include <time.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <whitedwarf/rtl.hpp>

#include "algo/compress/compress.hpp"
#include "algo/compress/random_masks.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "compiler/compile.hpp"
#include "flow/engines.hpp"
#include "flow/figures.hpp"
#include "flow/machine_peak.hpp"
#include "flow/own_process.hpp"
#include "flow/platform_system.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/weight_code.hpp"
#include "sim/tlm/program_image.hpp"

namespace wd::flow {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Of this thread.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Calls work() until a second has passed; returns calls per second of the core's time that they took, whoever else had it.
template <typename Work>
double rate(const Context& context, Work work) {
  work();  // warm
  const auto begin = Clock::now();
  const double cpu_begin = cpu_seconds();
  std::size_t calls = 0;
  do {
    work();
    ++calls;
    context.check_stop("interrupted");
  } while (seconds_since(begin) < 1);
  return static_cast<double>(calls) / (cpu_seconds() - cpu_begin);
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

BenchRow products_row() {
  const MachinePeak peak = measure_products();
  return {"products", peak.products_per_second, "int8 products/s",
          peak.instructions + ", over registers, one core"};
}

BenchRow memory_row() {
  const MachinePeak peak = measure_memory();
  return {"memory", peak.bytes_per_second, "bytes/s",
          text("triad over 3 arrays of ", peak.array_bytes >> 20, " MiB, one core")};
}

BenchRow engine_row(const EngineKind& kind, const model::Network& network, const Context& context,
                    const EngineSettings& settings = {}) {
  const program::Program program = compiler::compile(network, {});
  const auto beats = program::InputTensor(program).encode(model::random_image(network, 1));
  const auto engine = kind.make(program, {}, settings);
  engine->load();
  sim::FrameResult frame;
  const double frames = rate(context, [&] { frame = engine->frame(beats); });
  const double macs = frames * static_cast<double>(dense_macs_per_image(program)),
               cycles = frames * static_cast<double>(frame.counters.cycles);
  BenchRow row{kind.name, macs, "dense MAC/s per core", "one image, again and again, one thread"};
  if (kind.serial) row = {kind.name, cycles, "cycles/s", "one image, again and again, one core, 1024 PEs"};
  row.macs_per_second = macs;
  if (kind.timed) row.cycles_per_second = cycles;
  row.bytes_per_second = frames * least_bytes_per_image(program);
  return row;
}

/// A network whose weights do not stay on the chip.
model::Network large_network() {
  const algo::Graph graph =
      algo::build_graph(algo::resnet_preset("resnet18", false, {}, "bench"), {32, 32, 3}, 10);
  return compress::random_model(graph, {compress::MaskQuestion{}});
}

/// Simulated cycles of frames behind the chip's sockets, as engine_row() has them without.
BenchRow platform_row(const std::string& chip, const std::string& memory, const model::Network& network,
                      const std::string& which, const Context& context) {
  whitedwarf::add_rtl_model();
  PlatformSystem::silence();
  const program::Program program = compiler::compile(network, {});
  const whitedwarf::ProgramImage image = whitedwarf::program_image(program);
  const auto beats = program::InputTensor(program).encode(model::random_image(network, 1));
  whitedwarf::ChipOptions chip_options;
  chip_options.model = chip;
  chip_options.architecture = image.architecture;
  whitedwarf::MemoryOptions memory_options;
  memory_options.bytes = image.memory_bytes;
  memory_options.period = chip_options.period;
  memory_options.latency = program.arch.memory_latency;
  memory_options.dram = memory;
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  PlatformSystem system(chip_options, memory_options);
  BenchRow row{text("platform, ", chip, which), 0, "cycles/s",
               text("frames behind TLM-2.0 sockets, ", memory.empty() ? "ideal memory" : memory.c_str())};
  system.program = [&] {
    system.host.load(image, arch::Switches{}.bits());
    system.host.run(image.load_entry);
    std::uint64_t cycles = 0;
    std::vector<std::uint16_t> scores;
    const double frames = rate(context, [&] { cycles = system.host.frame(image, beats, scores).cycles(); });
    row.figure = frames * static_cast<double>(cycles);
  };
  system.run();
  row.cycles_per_second = row.figure;
  return row;
}

const model::Weights& largest_of(const model::Network& network) {
  const model::Weights* largest = &network.weights.front();
  for (const model::Weights& w : network.weights)
    if (w.count() > largest->count()) largest = &w;
  return *largest;
}

std::optional<double> optional_number(const nlohmann::json& row, const char* key) {
  return row.contains(key) ? std::optional(row.at(key).get<double>()) : std::nullopt;
}

/// What a measurement says in a process of its own.
template <typename Measure>
BenchRow measured(const Context& context, Measure measure) {
  const nlohmann::json row = in_own_process([&] { return measure().to_json(); }, context);
  return {row.at("stage"),
          row.at("figure"),
          row.at("unit"),
          row.at("measured"),
          row.at("peak_mib"),
          optional_number(row, "macs_per_second"),
          optional_number(row, "cycles_per_second"),
          optional_number(row, "bytes_per_second")};
}

}  // namespace

nlohmann::json BenchRow::to_json() const {
  nlohmann::json row{
      {"stage", stage}, {"figure", figure}, {"unit", unit}, {"measured", measured}, {"peak_mib", peak_mib}};
  if (macs_per_second) row["macs_per_second"] = *macs_per_second;
  if (cycles_per_second) row["cycles_per_second"] = *cycles_per_second;
  if (bytes_per_second) row["bytes_per_second"] = *bytes_per_second;
  if (of_peak_products) row["of_peak_products"] = *of_peak_products;
  if (of_memory) row["of_memory"] = *of_memory;
  return row;
}

nlohmann::json BenchReport::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const BenchRow& row : rows) list.push_back(row.to_json());
  return list;
}

BenchReport bench(const ThreadOptions& options, Context& context) {
  const model::Network network = demo_network();
  const model::Weights& largest = largest_of(network);
  const auto count = static_cast<double>(largest.count());
  const Bytes coded = stream::encode_weights(largest.levels, {}, largest.coats);
  BenchReport report;
  const auto add = [&](auto measure) { report.rows.push_back(measured(context, measure)); };
  add(products_row);
  const double most_products = report.rows.back().figure;
  add(memory_row);
  const double most_bytes = report.rows.back().figure;
  const auto add_engine = [&](auto measure) {
    add(measure);
    BenchRow& row = report.rows.back();
    row.of_peak_products = *row.macs_per_second / most_products;
    row.of_memory = *row.bytes_per_second / most_bytes;
  };
  add([&] {
    return BenchRow{"train", train_step_ms(options.threads), "ms/step",
                    "demo configuration and batch, random images, all threads"};
  });
  add([&] {
    const double runs = rate(context, [&] { stream::encode_weights(largest.levels, {}, largest.coats); });
    return BenchRow{"compress", count * runs, "weights/s per core",
                    "encoding of the largest layer, run/level code"};
  });
  add([&] {
    const double runs =
        rate(context, [&] { stream::decode_weights(coded, largest.count(), largest.coats, false); });
    return BenchRow{"decompress", count * runs, "weights/s per core", "decoding of the same layer"};
  });
  add([&] {
    return BenchRow{"compile", 1000 / rate(context, [&] { compiler::compile(network, {}); }), "ms",
                    "demo network, default architecture"};
  });
  for (const EngineKind& kind : engine_kinds())
    add_engine([&] { return engine_row(kind, network, context); });
  for (const sim::fast::Kernel kernel : sim::fast::all_kernels()) {
    if (!available(kernel) || kernel == sim::fast::best_kernel()) continue;
    add_engine([&] {
      BenchRow row = engine_row(engine_kind("fast"), network, context, {.kernel = kernel});
      row.stage = text("fast, kernel ", name_of(kernel));
      return row;
    });
  }
  const model::Network large = large_network();
  for (const char* chip : {"fast", "systemc", "rtl", "axi"})
    add([&] { return platform_row(chip, "", network, "", context); });
  for (const char* memory : {"", "ddr3-1600"})
    add([&] { return platform_row("fast", memory, large, ", ResNet-18", context); });
  return report;
}

}  // namespace wd::flow
