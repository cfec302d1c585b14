// SPDX-License-Identifier: Apache-2.0
#include "algo/train/trainer.hpp"

#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>

#include "algo/quantize/export.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/evaluate.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

class Trainer {
 public:
  Trainer(const TrainConfig& config, const ImageSet& train, const ImageSet& test, const TrainOptions& options)
      : config_(config),
        train_(train),
        test_(test),
        options_(options),
        pool_(options.threads),
        engine_(config, build_graph(config, train.height, train.width), pool_),
        format_(input_format(config, train)),
        steps_per_epoch_(train.count() / static_cast<std::size_t>(config.batch)) {}

  TrainResult run() {
    if (options_.resume) state_ = read_checkpoint(options_.checkpoint, config_, train_, engine_);
    WD_REQUIRE(state_.step <= steps_total(), options_.checkpoint.string(), ": 'step' is ", state_.step,
               ", the run has ", steps_total(), "; start afresh");
    saved_ = counted_ = std::chrono::steady_clock::now();
    while (state_.step < steps_total()) {
      if (options_.stop && options_.stop->load()) {
        save();
        return {false, state_.history, state_.seconds, 0, 0, {}};
      }
      step();
    }
    return finish();
  }

 private:
  std::size_t steps_total() const { return steps_per_epoch_ * static_cast<std::size_t>(config_.epochs); }
  int epoch() const { return static_cast<int>(state_.step / steps_per_epoch_); }
  TrainPhase phase() const { return epoch() < config_.fp32_epochs() ? TrainPhase::fp32 : TrainPhase::fp8; }

  void enter_fp8() {
    const std::vector<int> scales = calibrate_scales(engine_, train_, format_, config_.seed);
    engine_.use_fp8(scales);
  }

  void step() {
    if (phase() == TrainPhase::fp8 && !engine_.fp8()) enter_fp8();
    const auto epoch_index = static_cast<std::uint32_t>(epoch());
    if (order_.empty()) order_ = shuffled_order(config_.seed, epoch_index, train_.count());
    const std::size_t first = state_.step % steps_per_epoch_ * engine_.batch();
    const std::span indices = std::span(order_).subspan(first, engine_.batch());
    fill_batch(pool_, train_, {indices, config_.seed, epoch_index, config_.augmentation}, format_.transform,
               format_.values(engine_.fp8()), engine_.input());
    std::vector<std::uint8_t> labels;
    for (std::uint32_t i : indices) labels.push_back(train_.labels[i]);
    engine_.forward_train();
    const double loss = engine_.classifier().loss(labels, config_.label_smoothing);
    refuse_divergence(loss);
    for (std::size_t b = 0; b < labels.size(); ++b)
      state_.epoch_right += engine_.classifier().predicted(b) == labels[b];
    state_.epoch_images += labels.size();
    state_.epoch_loss += loss;
    engine_.backward();
    const double rate = learning_rate(config_, steps_per_epoch_, state_.step);
    engine_.update({rate, config_.momentum, config_.weight_decay});
    finish_step(rate);
  }

  void finish_step(double rate) {
    const TrainPhase now = phase();
    const int number = epoch() + 1;
    ++state_.step;
    const auto images = static_cast<double>(state_.epoch_images);
    const double loss = state_.epoch_loss * static_cast<double>(engine_.batch()) / images;
    const double right = static_cast<double>(state_.epoch_right) / images;
    if (options_.progress) options_.progress({now, number, state_.step, steps_total(), loss, right});
    const bool epoch_done = state_.step % steps_per_epoch_ == 0;
    if (epoch_done) {
      const std::vector<ChannelStatistics> statistics = running_statistics(engine_);
      const double tested = accuracy(engine_, test_, format_, [&] { engine_.forward_frozen(statistics); });
      state_.history.push_back({number, now, loss, right, tested, rate});
      state_.epoch_loss = 0;
      state_.epoch_right = state_.epoch_images = 0;
      order_.clear();
    }
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - saved_;
    if (epoch_done || since.count() > options_.checkpoint_seconds) save();
  }

  /// Adds the time since the last call to the run's.
  void count_seconds() {
    const auto now = std::chrono::steady_clock::now();
    state_.seconds += std::chrono::duration<double>(now - std::exchange(counted_, now)).count();
  }

  void save() {
    count_seconds();
    if (options_.checkpoint.empty()) return;
    write_checkpoint(options_.checkpoint, config_, train_, engine_, state_);
    saved_ = std::chrono::steady_clock::now();
  }

  void refuse_divergence(double loss) const {
    if (std::isfinite(loss) && loss < loss_limit) return;
    std::string where = "classifier";
    for (const Layer& layer : engine_.layers()) {
      const ChannelStatistics& s = layer.norm.batch_statistics();
      bool finite = true;
      for (std::size_t c = 0; c < s.mean.size(); ++c)
        finite &= std::isfinite(s.mean[c]) && std::isfinite(s.variance[c]);
      if (finite) continue;
      where = layer.node.name;
      break;
    }
    fail(config_.name, ": training diverged at step ", state_.step + 1, ", layer '", where, "': the loss is ",
         loss, "; lower 'lr' (", config_.lr, ") or raise 'warmup_epochs' (", config_.warmup_epochs, ")");
  }

  TrainResult finish() {
    TrainResult result;
    result.finished = true;
    result.history = state_.history;
    std::vector<int> scales = engine_.scale_exps();
    engine_.use_fp8({});
    const auto fp32 = population_statistics(engine_, train_, format_, config_.seed);
    result.accuracy_fp32 = accuracy(engine_, test_, format_, [&] { engine_.forward_frozen(fp32); });
    if (scales.empty()) scales = calibrate_scales(engine_, train_, format_, config_.seed);
    engine_.use_fp8(scales);
    const auto fp8 = population_statistics(engine_, train_, format_, config_.seed);
    const std::vector<model::Norm> norms = fold_layers(engine_, fp8);
    result.accuracy_fp8 = accuracy(engine_, test_, format_, [&] { engine_.forward_hardware(norms); });
    count_seconds();
    result.seconds = state_.seconds;
    result.network = export_network(engine_, norms, config_, format_.transform);
    return result;
  }

  static constexpr double loss_limit = 100;  // guessing costs ln(10) = 2.3

  const TrainConfig& config_;
  const ImageSet &train_, &test_;
  const TrainOptions& options_;
  ThreadPool pool_;
  Engine engine_;
  InputFormat format_;
  std::size_t steps_per_epoch_;
  TrainState state_;
  std::vector<std::uint32_t> order_;
  std::chrono::steady_clock::time_point saved_, counted_;
};

void require_usable(const TrainConfig& config, const ImageSet& train, const ImageSet& test) {
  WD_REQUIRE(train.count() >= static_cast<std::size_t>(config.batch), config.name, ": 'batch' is ",
             config.batch, ", there are only ", train.count(), " training images; lower 'batch'");
  WD_REQUIRE(test.count() > 0, config.name, ": there are no test images");
  WD_REQUIRE(train.height == test.height && train.width == test.width, config.name, ": training images are ",
             train.height, "x", train.width, ", test images ", test.height, "x", test.width,
             "; both must come from the same data set");
}

}  // namespace

const char* phase_name(TrainPhase phase) { return phase == TrainPhase::fp32 ? "fp32" : "fp8"; }

double learning_rate(const TrainConfig& config, std::size_t steps_per_epoch, std::size_t step) {
  const auto per_epoch = static_cast<double>(steps_per_epoch), at = static_cast<double>(step);
  const double warm = config.warmup_epochs * per_epoch, total = config.epochs * per_epoch;
  if (at < warm) return config.lr * (at + 1) / (warm + 1);
  return config.lr * 0.5 * (1 + std::cos(std::numbers::pi * (at - warm) / (total - warm)));
}

TrainResult train(const TrainConfig& config, const ImageSet& train, const ImageSet& test,
                  const TrainOptions& options) {
  require_usable(config, train, test);
  WD_REQUIRE(!options.resume || !options.checkpoint.empty(), config.name,
             ": resuming needs the path of a checkpoint");
  return Trainer(config, train, test, options).run();
}

}  // namespace wd::algo
