// SPDX-License-Identifier: Apache-2.0
#include "algo/train/trainer.hpp"

#include <chrono>
#include <cmath>
#include <utility>

#include "algo/data/batch_loader.hpp"
#include "algo/executor/evaluate.hpp"
#include "algo/networks/build.hpp"
#include "algo/quantize/absorb.hpp"
#include "algo/quantize/export.hpp"
#include "algo/quantize/hardware.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/hardware_figures.hpp"
#include "algo/train/teacher.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

class Trainer {
 public:
  Trainer(const TrainConfig& config, const ImageSet& train, const ImageSet& check, const ImageSet& test,
          const TrainOptions& options)
      : config_(config),
        train_(train),
        check_(check),
        test_(test),
        options_(options),
        pool_(options.threads),
        loader_(pool_, train),
        executor_(make_executor(
            config.executor(),
            options.graph
                ? *options.graph
                : build_graph(config.network, {train.height, train.width, train.channels}, train.classes),
            pool_)),
        optimizer_(config.optimizer),
        format_(input_format(config.network, train)),
        values_(format_.values(false)),
        steps_per_epoch_(train.count() / static_cast<std::size_t>(config.batch)),
        images_{checksum(train), checksum(test)} {
    executor_->fp8.format = config.quantization.format;
  }

  TrainResult run() {
    if (options_.resume)
      state_ = read_checkpoint(open_checkpoint(options_.checkpoint), config_, images_, *executor_);
    else
      start();
    WD_REQUIRE(state_.step <= steps_total(), options_.checkpoint.string(), ": 'step' is ", state_.step,
               ", the run has ", steps_total(), "; start afresh");
    if (config_.distillation.on() && !options_.measure_only) find_teacher();
    if (executor_->fp8.on()) values_ = format_.values(true);
    saved_ = counted_ = Clock::now();
    while (!options_.measure_only && state_.step < steps_total()) {
      if (options_.stop && options_.stop->load()) {
        save();
        TrainResult stopped;
        stopped.history = state_.history;
        stopped.seconds = state_.seconds;
        stopped.speed = state_.speed;
        return stopped;
      }
      step();
    }
    return finish();
  }

 private:
  void start() {
    if (options_.start) options_.start(*executor_);
    if (options_.measure_only || !config_.supermask.sparsity_warmup.any()) return;
    executor_->masks().warm_up(0);
    executor_->refresh();
  }

  /// Errors: another one than that of the steps so far: wd::Error.
  void find_teacher() {
    const std::filesystem::path folder =
        options_.teacher.empty() ? std::filesystem::path(config_.distillation.teacher) : options_.teacher;
    teacher_.emplace(config_, folder, train_, pool_);
    WD_REQUIRE(!options_.resume || state_.teacher == teacher_->digest(), options_.checkpoint.string(),
               ": has learned from another teacher than the network that is in ", folder.string(),
               " now; bring that one back, or start afresh");
    state_.teacher = teacher_->digest();
  }

  std::size_t steps_total() const { return steps_per_epoch_ * static_cast<std::size_t>(config_.epochs); }
  int epoch() const { return static_cast<int>(state_.step / steps_per_epoch_); }
  TrainPhase phase() const { return epoch() < config_.fp32_epochs() ? TrainPhase::fp32 : TrainPhase::fp8; }

  void enter_fp8() {
    executor_->fp8.exps =
        calibrate_scales(*executor_, train_, format_, config_.quantization.format, config_.seed);
    values_ = format_.values(true);
  }

  void step() {
    if (phase() == TrainPhase::fp8 && !executor_->fp8.on()) enter_fp8();
    if (executor_->masks().adaptive() && epoch() >= config_.adapt_epochs) {
      executor_->masks().adapt(pool_);
      executor_->refresh();
    }
    const Clock::time_point begin = Clock::now();
    const std::size_t step_in_epoch = state_.step % steps_per_epoch_;
    const BatchRequest request = loader_.load(request_of(step_in_epoch));
    const Clock::time_point loaded = Clock::now();
    const BatchLabels batch = executor_->fill(train_, request, values_);
    if (step_in_epoch + 1 < steps_per_epoch_) loader_.begin(request_of(step_in_epoch + 1));
    executor_->forward_train();
    LossTargets targets{batch.labels, batch.partners, static_cast<double>(batch.lambda),
                        config_.label_smoothing};
    if (teacher_) {
      targets.teacher = teacher_->scores(train_, request);
      targets.teacher_weight = config_.distillation.weight;
      targets.temperature = config_.distillation.temperature;
    }
    const LossResult result = executor_->loss(targets);
    refuse_divergence(result.loss);
    state_.epoch_right += result.right;
    state_.epoch_images += batch.labels.size();
    state_.epoch_loss += result.loss;
    executor_->backward();
    const double rate = learning_rate(config_.schedule, static_cast<std::size_t>(config_.epochs),
                                      steps_per_epoch_, state_.step);
    // The update makes the next step's masks.
    executor_->masks().warm_up(static_cast<double>(state_.step + 1) / static_cast<double>(steps_per_epoch_));
    executor_->update(optimizer_, rate, state_.step + 1);
    if (config_.averaging.counts(epoch(), config_.epochs))
      add_step(pool_, config_.averaging, executor_->parameters(), state_.average);
    ++state_.speed.steps;
    state_.speed.loading_seconds += seconds(loaded - begin);
    state_.speed.step_seconds += seconds(Clock::now() - begin);
    finish_step(rate);
  }

  BatchRequest request_of(std::size_t step_in_epoch) {
    const auto epoch_index = static_cast<std::uint32_t>(epoch());
    if (order_.empty()) order_ = shuffled_order(config_.seed, epoch_index, train_.count());
    const std::span indices =
        std::span(order_).subspan(step_in_epoch * executor_->batch(), executor_->batch());
    return {indices, config_.seed, epoch_index, config_.augmentation,
            static_cast<std::uint32_t>(step_in_epoch)};
  }

  void finish_step(double rate) {
    const TrainPhase now = phase();
    const int number = epoch() + 1;
    ++state_.step;
    const auto images = static_cast<double>(state_.epoch_images);
    const double loss = state_.epoch_loss * static_cast<double>(executor_->batch()) / images;
    const double right = static_cast<double>(state_.epoch_right) / images;
    if (options_.progress) options_.progress({now, number, state_.step, steps_total(), loss, right});
    const bool epoch_done = state_.step % steps_per_epoch_ == 0;
    if (epoch_done) finish_epoch({number, now, loss, right, 0, rate, {}});
    if (epoch_done || seconds(Clock::now() - saved_) > options_.checkpoint_seconds) save();
  }

  /// The average takes the place of what was trained, with statistics of its own.
  void adopt_average() {
    Snapshot snapshot = take_snapshot(*executor_, config_.epochs, 0);
    snapshot.values = std::exchange(state_.average, {}).values;
    restore_snapshot(*executor_, snapshot);
    const auto statistics =
        population_statistics(*executor_, train_, format_, config_.seed, config_.augmentation);
    for (std::size_t n = 0; n < statistics.size(); ++n)
      if (!statistics[n].mean.empty()) executor_->norms()[n].running = statistics[n];
  }

  void finish_epoch(EpochRecord record) {
    if (state_.step == steps_total() && config_.averaging.on()) adopt_average();
    const std::vector<ChannelStatistics> statistics = running_statistics(*executor_);
    record.accuracy = accuracy(*executor_, check_, format_, [&] { executor_->forward_frozen(statistics); });
    record.hardware = hardware_figures(*executor_, statistics, config_, format_, options_.predict_cycles);
    state_.history.push_back(record);
    state_.epoch_loss = 0;
    state_.epoch_right = state_.epoch_images = 0;
    order_.clear();
    const bool counts = (config_.quantization.fp8_epochs == 0 || record.phase == TrainPhase::fp8) &&
                        !executor_->masks().warming();
    if (config_.validation > 0 && counts &&
        (state_.best.epoch == 0 || record.accuracy > state_.best.accuracy))
      state_.best = take_snapshot(*executor_, record.epoch, record.accuracy);
  }

  /// Adds the time since the last call to the run's.
  void count_seconds() {
    const Clock::time_point now = Clock::now();
    state_.seconds += seconds(now - std::exchange(counted_, now));
  }

  void save() {
    count_seconds();
    if (options_.checkpoint.empty()) return;
    make_checkpoint(config_, images_, *executor_, state_).write(options_.checkpoint);
    saved_ = Clock::now();
  }

  void refuse_divergence(double loss) const {
    const double guessing = std::log(static_cast<double>(train_.classes));
    if (std::isfinite(loss) && loss < 50 * guessing) return;
    std::string where = executor_->graph().nodes.back().name;
    const std::vector<ChannelStatistics> statistics = executor_->batch_statistics();
    for (std::size_t n = statistics.size(); n-- > 0;) {
      bool finite = true;
      for (std::size_t c = 0; c < statistics[n].mean.size(); ++c)
        finite &= std::isfinite(statistics[n].mean[c]) && std::isfinite(statistics[n].variance[c]);
      if (!finite) where = executor_->graph().nodes[n].name;
    }
    fail(config_.name, ": training diverged at step ", state_.step + 1, ", layer '", where, "': the loss is ",
         loss, "; lower schedule's 'rate' (", config_.schedule.base, ") or raise its 'warmup_epochs' (",
         config_.schedule.warmup_epochs, ")");
  }

  TrainResult finish() {
    TrainResult result;
    result.finished = true;
    result.history = state_.history;
    result.chosen_epoch = config_.epochs;
    if (state_.best.epoch > 0) {
      restore_snapshot(*executor_, state_.best);
      result.chosen_epoch = state_.best.epoch;
    }
    measure(result);
    count_seconds();
    result.seconds = state_.seconds;
    result.speed = state_.speed;
    result.weights = executor_->graph().weight_count();
    result.dense_parameters = dense_unfolded_parameters(executor_->graph());
    return result;
  }

  void measure(TrainResult& result) {
    std::vector<int> scales = std::exchange(executor_->fp8.exps, {});
    const auto fp32 = population_statistics(*executor_, train_, format_, config_.seed, config_.augmentation);
    result.accuracy_fp32 = accuracy(*executor_, test_, format_, [&] { executor_->forward_frozen(fp32); });
    if (scales.empty())
      scales = calibrate_scales(*executor_, train_, format_, config_.quantization.format, config_.seed);
    executor_->fp8.exps = scales;
    const auto fp8 = population_statistics(*executor_, train_, format_, config_.seed, config_.augmentation);
    result.accuracy_fp8 = accuracy(*executor_, test_, format_, [&] { executor_->forward_frozen(fp8); });
    result.hardware = hardware_figures(*executor_, fp8, config_, format_, options_.predict_cycles);
    result.no_hardware = HardwareModel::unsupported(*executor_);
    result.no_network = result.no_hardware.empty() ? not_for_chip(*executor_) : result.no_hardware;
    if (!result.no_hardware.empty()) return;
    const std::vector<model::Norm> norms = absorb_norms(*executor_, fp8, scales);
    result.accuracy_hw = HardwareModel(*executor_, norms, scales, format_).accuracy(pool_, test_);
    if (result.no_network.empty())
      result.network =
          export_network(*executor_, norms, scales, {config_.name, config_.dataset, config_.seed}, format_);
  }

  const TrainConfig& config_;
  const ImageSet &train_, &check_, &test_;
  const TrainOptions& options_;
  ThreadPool pool_;
  BatchLoader loader_;
  std::unique_ptr<Executor> executor_;
  Optimizer optimizer_;
  InputFormat format_;
  PixelValues values_;
  std::size_t steps_per_epoch_;
  ImageChecksums images_;
  TrainState state_;
  std::optional<Teacher> teacher_;
  std::vector<std::uint32_t> order_;
  Clock::time_point saved_, counted_;
};

void require_labels(const TrainConfig& config, const char* what, const ImageSet& images, int classes) {
  for (std::size_t i = 0; i < images.count(); ++i)
    WD_REQUIRE(images.labels[i] < classes, config.name, ": ", what, " image ", i, " has label ",
               images.labels[i], ", the data set has ", classes, " classes (0 to ", classes - 1,
               "); check its label file");
}

void require_usable(const TrainConfig& config, const ImageSet& train, const ImageSet& test) {
  WD_REQUIRE(train.count() >= static_cast<std::size_t>(config.batch), config.name, ": 'batch' is ",
             config.batch, ", there are only ", train.count(), " training images; lower 'batch'");
  WD_REQUIRE(test.count() > 0, config.name, ": there are no test images");
  WD_REQUIRE(train.height == test.height && train.width == test.width && train.channels == test.channels,
             config.name, ": training images are ", train.height, "x", train.width, "x", train.channels,
             ", test images ", test.height, "x", test.width, "x", test.channels,
             "; both must come from the same data set");
}

}  // namespace

const char* phase_name(TrainPhase phase) { return phase == TrainPhase::fp32 ? "fp32" : "fp8"; }

TrainResult train(const TrainConfig& config, const ImageSet& train, const ImageSet& test,
                  const TrainOptions& options) {
  WD_REQUIRE(!options.resume || !options.checkpoint.empty(), config.name,
             ": resuming needs the path of a checkpoint");
  require_labels(config, "training", train, train.classes);
  require_labels(config, "test", test, train.classes);
  if (config.validation == 0) {
    require_usable(config, train, test);
    return Trainer(config, train, test, test, options).run();
  }
  const ValidationSplit split = split_validation(train, config.validation, config.seed);
  require_usable(config, split.train, test);
  return Trainer(config, split.train, split.validation, test, options).run();
}

}  // namespace wd::algo
