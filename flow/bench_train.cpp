// SPDX-License-Identifier: Apache-2.0
#include "flow/bench_train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/executor/evaluate.hpp"
#include "algo/executor/executor.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/config.hpp"
#include "base/error.hpp"
#include "flow/own_process.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int warm_up_steps = 2;
constexpr std::size_t least_steps = 5;

struct BenchNetwork {
  const char* name;
  unsigned threads;        // where --threads does not say
  algo::ImageShape image;  // Fashion-MNIST's or CIFAR's
  /// A training configuration; empty: the demo's.
  const char* config;
};

/// Edge-popup keeps the best 30 % of each layer (one coat); the demo's supermask has three coats.
constexpr BenchNetwork networks[] = {
    {"mlp", 1, {28, 28, 1}, R"({
       "network": {"kind": "mlp", "hidden": [512, 512]},
       "supermask": {"pruned": [0.7]}, "augmentation": {"flip": true}})"},
    {"hfn", 2, {28, 28, 1}, R"({
       "network": {"kind": "resnet", "patch": 4, "stem": {"kernel": 3, "channels": 32}, "stages": [
         {"channels": 32, "blocks": 2, "stride": 1, "folded": true},
         {"channels": 64, "blocks": 3, "stride": 2, "folded": true},
         {"channels": 128, "blocks": 3, "stride": 2, "folded": true}], "always_project": true},
       "supermask": {"pruned": [0.7]}, "augmentation": {"flip": true}})"},
    {"resnet18", 2, {32, 32, 3}, R"({
       "network": {"kind": "resnet", "preset": "resnet18", "form": "cifar"},
       "supermask": {"pruned": [0.7]}, "augmentation": {"flip": true, "crop": 4}})"},
    {"hfn_resnet50", 2, {32, 32, 3}, R"({
       "network": {"kind": "resnet", "preset": "resnet50", "form": "cifar", "fold": [3, 4]},
       "supermask": {"pruned": [0.7]}, "augmentation": {"flip": true, "crop": 4}})"},
    {"demo", 2, {28, 28, 1}, ""},
};

const BenchNetwork& find_network(const std::string& name) {
  const auto* found = std::find_if(std::begin(networks), std::end(networks),
                                   [&](const BenchNetwork& network) { return name == network.name; });
  WD_ASSERT(found != std::end(networks));
  return *found;
}

algo::TrainConfig config_of(const BenchNetwork& network, const std::string& precision) {
  const std::string given = network.config;
  json value = given.empty() ? algo::to_json(algo::demo_config()) : json::parse(given);
  value["precision"] = precision;
  return algo::config_from_json(value, text("bench: ", network.name));
}

algo::ImageSet random_images(const algo::ImageShape& shape, std::size_t count) {
  algo::ImageSet images{shape.height, shape.width, {}, {}, shape.channels};
  images.pixels.resize(count * images.image_bytes());
  images.labels.resize(count);
  const auto bits = [](std::size_t i) { return algo::random_bits(1, algo::RandomStream::shuffle, i); };
  for (std::size_t i = 0; i < images.pixels.size(); ++i)
    images.pixels[i] = static_cast<std::uint8_t>(bits(i));
  for (std::size_t i = 0; i < count; ++i)
    images.labels[i] = static_cast<std::uint16_t>(bits(images.pixels.size() + i) % 10);
  return images;
}

/// Milliseconds of each part, one entry per measured step.
struct StepTimes {
  std::vector<double> fill, forward, loss, backward, update, step, cpu;
};

/// Milliseconds that all threads have spent on a processor.
double cpu_ms() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) * 1e-6;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

class StepBench {
 public:
  StepBench(const algo::TrainConfig& config, const algo::ImageShape& shape, unsigned threads)
      : config_(config),
        images_(random_images(shape, 8 * static_cast<std::size_t>(config.batch))),
        pool_(threads),
        executor_(algo::make_executor(config.executor(),
                                      algo::build_graph(config.network, shape, images_.classes), pool_)),
        optimizer_(config.optimizer),
        values_(algo::input_format(config.network, images_).values(false)),
        order_(algo::shuffled_order(config.seed, 0, images_.count())) {}

  /// @param steps 0: as many as fit into ten seconds.
  StepTimes run(std::size_t steps, const Context& context) {
    for (int i = 0; i < warm_up_steps; ++i) step(nullptr);
    StepTimes times;
    const Clock::time_point begin = Clock::now();
    const auto enough = [&] {
      const std::size_t done = times.step.size();
      if (steps > 0) return done >= steps;
      return done >= least_steps && Clock::now() - begin > std::chrono::seconds(10);
    };
    while (!enough()) {
      context.check_stop("interrupted");
      step(&times);
    }
    return times;
  }

  std::size_t weights() const { return executor_->graph().weight_count(); }

 private:
  void step(StepTimes* times) {
    std::vector<Clock::time_point> at{Clock::now()};
    const auto mark = [&] { at.push_back(Clock::now()); };
    const std::size_t batch = executor_->batch(), first = step_ * batch % images_.count();
    const auto number = static_cast<std::uint32_t>(step_++);
    const algo::BatchLabels labels = executor_->fill(
        images_, {std::span(order_).subspan(first, batch), config_.seed, number, config_.augmentation, 0},
        values_);
    mark();
    const double cpu_begin = cpu_ms();
    executor_->forward_train();
    mark();
    const double loss = executor_->loss({labels.labels, labels.partners, 1, config_.label_smoothing}).loss;
    WD_REQUIRE(std::isfinite(loss), "the loss of training step ", step_, " is ", loss);
    mark();
    executor_->backward();
    mark();
    executor_->update(optimizer_, config_.schedule.base, step_);
    mark();
    if (!times) return;
    const auto ms = [&](std::size_t from, std::size_t to) {
      return std::chrono::duration<double, std::milli>(at[to] - at[from]).count();
    };
    std::vector<double>* const parts[] = {&times->fill, &times->forward, &times->loss, &times->backward,
                                          &times->update};
    for (std::size_t p = 0; p < std::size(parts); ++p) parts[p]->push_back(ms(p, p + 1));
    times->step.push_back(ms(1, at.size() - 1));
    times->cpu.push_back(cpu_ms() - cpu_begin);
  }

  const algo::TrainConfig& config_;
  algo::ImageSet images_;
  ThreadPool pool_;
  std::unique_ptr<algo::Executor> executor_;
  algo::Optimizer optimizer_;
  algo::PixelValues values_;
  std::vector<std::uint32_t> order_;
  std::size_t step_ = 0;
};

TrainStepRow measure(const BenchNetwork& network, const std::string& precision, unsigned threads,
                     std::size_t steps, const Context& context) {
  const algo::TrainConfig config = config_of(network, precision);
  StepBench bench(config, network.image, threads);
  const StepTimes times = bench.run(steps, context);
  TrainStepRow row;
  row.network = network.name;
  row.precision = precision;
  row.threads = threads;
  row.batch = config.batch;
  row.weights = bench.weights();
  row.steps = times.step.size();
  row.step_ms = median(times.step);
  row.fastest_ms = *std::min_element(times.step.begin(), times.step.end());
  row.cpu_ms = median(times.cpu);
  row.forward_ms = median(times.forward);
  row.loss_ms = median(times.loss);
  row.backward_ms = median(times.backward);
  row.update_ms = median(times.update);
  row.fill_ms = median(times.fill);
  row.images_per_second = 1000 * config.batch / row.step_ms;
  return row;
}

}  // namespace

std::vector<std::string> bench_train_networks() {
  std::vector<std::string> names;
  for (const BenchNetwork& network : networks) names.emplace_back(network.name);
  return names;
}

void BenchTrainOptions::declare(OptionSink& sink) {
  work.declare(sink);
  sink.choices("networks", networks, "network", bench_train_networks(), "networks");
  sink.choices("precision", precisions, "precision", {"bf16", "fp32"}, "how activations are stored");
  sink.whole("steps", steps, 1, 10000, "steps measured per network", "ten seconds' worth, at least 5");
}

BenchTrainReport bench_train(const BenchTrainOptions& options, Context& context) {
  BenchTrainReport report;
  for (const std::string& name : options.networks.empty() ? bench_train_networks() : options.networks)
    for (const std::string& precision : options.precisions) {
      const BenchNetwork& network = find_network(name);
      const unsigned threads = options.work.threads > 0 ? options.work.threads : network.threads;
      const json row = in_own_process(
          [&]() -> json { return measure(network, precision, threads, options.steps, context); }, context);
      report.rows.push_back(row.get<TrainStepRow>());
    }
  return report;
}

}  // namespace wd::flow
