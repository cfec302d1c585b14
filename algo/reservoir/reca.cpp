// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/reca.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "algo/reservoir/lazy_reservoir.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

constexpr std::uint64_t validation_seed = 1;  // the same images for all seeds of a run

/// The images of one half that a run uses: the first labels.size() ones.
struct Part {
  const ImageSet* images = nullptr;
  std::vector<std::uint16_t> labels;
  std::size_t count() const { return labels.size(); }
  std::span<const std::uint8_t> image(std::size_t i) const { return images->image(i); }
};

Part take(const ImageSet& images, std::size_t wanted, const char* key) {
  WD_REQUIRE(wanted <= images.count(), "'", key, "' is ", wanted, ", there are ", images.count(),
             "; ask for fewer, or for all with 0");
  const std::size_t count = wanted == 0 ? images.count() : wanted;
  return {&images, {images.labels.begin(), images.labels.begin() + static_cast<std::ptrdiff_t>(count)}};
}

struct Parts {
  Part train, test;
  int classes = 0;
};

void require_usable(const ImageSet& train, const ImageSet& test) {
  WD_REQUIRE(train.channels == 1 && test.channels == 1, "the images have ",
             std::max(train.channels, test.channels),
             " channels; the reservoir takes grey images, such as fashion-mnist's");
  WD_REQUIRE(train.count() > 0 && test.count() > 0, "there are ", train.count(), " training and ",
             test.count(), " test images; at least one of each is needed");
  WD_REQUIRE(train.height == test.height && train.width == test.width && train.classes == test.classes,
             "training images are ", train.height, " x ", train.width, " in ", train.classes,
             " classes, test images ", test.height, " x ", test.width, " in ", test.classes,
             "; both must be of one set");
}

bool test_bit(std::span<const std::uint64_t> bits, std::size_t i) { return bits[i / 64] >> (i % 64) & 1; }

/// One measurement of a run, and its part of the run's progress.
struct Task {
  int steps = 0;
  ForestConfig forest;
  bool linear = true;
  double begin = 0, end = 1;
  std::string label;
};

class Measurement {
 public:
  Measurement(const RecaConfig& config, std::uint64_t seed, const Parts& parts, ThreadPool& pool,
              const RecaOptions& options, Task task)
      : config_(config),
        seed_(seed),
        parts_(parts),
        pool_(pool),
        options_(options),
        task_(std::move(task)),
        reservoir_(with_steps(config.reservoir, task_.steps), parts.train.images->height,
                   parts.train.images->width) {}

  /// @return null if stopped
  json run(Forest& forest) {
    json report{{"steps", task_.steps}, {"features", reservoir_.features()}};
    forest = grow();
    if (stopped()) return {};
    report["forest"] = measure_forest(forest);
    const FullCounts full = full_counts(reservoir_);
    report["full"] = {{"cells_computed", full.cells_computed},
                      {"cells_read", full.cells_read},
                      {"state_bits", reservoir_.features()}};
    report["lazy"] = lazy_;
    report["linear"] = measure_linear();
    return stopped() ? json() : report;
  }

 private:
  static ReservoirConfig with_steps(ReservoirConfig config, int steps) {
    config.steps = steps;
    return config;
  }
  bool stopped() const { return options_.stop && *options_.stop; }
  void tell(double done, const char* what) const {
    if (options_.progress)
      options_.progress(task_.begin + (task_.end - task_.begin) * done, task_.label + ", " + what);
  }
  FeatureSource source() const {
    return [this](std::size_t i, std::span<std::uint64_t> bits) {
      reservoir_.evaluate(parts_.train.image(i), bits);
    };
  }

  Forest grow() {
    tell(0, "cells");
    const FeatureColumns columns =
        make_feature_columns(pool_, reservoir_.features(), parts_.train.labels, parts_.classes, source());
    ForestOptions options{options_.stop, [&](std::size_t trees) {
                            tell(0.7 * static_cast<double>(trees) / task_.forest.trees, "forest");
                          }};
    return train_forest(pool_, task_.forest, seed_, columns, options);
  }

  /// Classifies the test images twice: from all cells, and from those that the trees ask for.
  json measure_forest(const Forest& forest) {
    constexpr std::size_t group = 64;
    const std::size_t count = parts_.test.count(), groups = (count + group - 1) / group;
    std::vector<std::size_t> hits(groups), differences(groups);
    std::vector<LazyCounts> counts(groups);
    pool_.run(groups, [&](std::size_t g) {
      LazyReservoir lazy(reservoir_);
      std::vector<std::uint64_t> bits(reservoir_.feature_words());
      const auto classes = static_cast<std::size_t>(forest.classes);
      for (std::size_t i = g * group; i < std::min(count, (g + 1) * group); ++i) {
        std::vector<std::uint32_t> full(classes), asked(classes);
        reservoir_.evaluate(parts_.test.image(i), bits);
        add_votes(
            forest, [&](std::size_t f) { return test_bit(bits, f); }, full);
        lazy.start(parts_.test.image(i));
        add_votes(
            forest, [&](std::size_t f) { return lazy.bit(f); }, asked);
        differences[g] += full != asked;
        const auto best = std::max_element(asked.begin(), asked.end()) - asked.begin();
        hits[g] += best == parts_.test.labels[i];
      }
      counts[g] = lazy.counts();
    });
    WD_ASSERT(std::accumulate(differences.begin(), differences.end(), std::size_t{0}) == 0);
    LazyCounts sum;
    for (const LazyCounts& each : counts) sum += each;
    lazy_ = lazy_json(sum);
    const ForestSize size = measure(forest);
    return {{"accuracy", share(std::accumulate(hits.begin(), hits.end(), std::size_t{0}))},
            {"draws_per_node", draws_per_node(task_.forest, forest.features)},
            {"trees", forest.trees.size()},
            {"inner_nodes", size.inner_nodes},
            {"leaves", size.leaves},
            {"leaf_rows", size.leaf_rows},
            {"depth", size.depth},
            {"formula_bits", size.formula_bits},
            {"packed_bits", size.packed_bits},
            {"file_bytes", to_container(forest).serialize().size()}};
  }

  json lazy_json(const LazyCounts& sum) const {
    const auto mean = [&](std::uint64_t n) {
      return static_cast<double>(n) / static_cast<double>(sum.images);
    };
    return {{"bit_tests", mean(sum.bit_tests)},   {"cells_asked", mean(sum.cells_asked)},
            {"pixel_bits", mean(sum.pixel_bits)}, {"cells_computed", mean(sum.cells_computed)},
            {"cells_read", mean(sum.cells_read)}, {"state_bits", LazyReservoir::state_bits(reservoir_)},
            {"images_equal_to_full", sum.images}};
  }

  json measure_linear() {
    if (!task_.linear || config_.linear.epochs == 0) return nullptr;
    const FeatureRows rows = make_feature_rows(pool_, reservoir_.features(), parts_.train.count(), source());
    LinearOptions options{options_.stop, [&](double done) { tell(0.7 + 0.3 * done, "linear readout"); }};
    const LinearReadout readout =
        train_linear(pool_, config_.linear, seed_, rows, parts_.train.labels, parts_.classes, options);
    if (stopped()) return nullptr;
    constexpr std::size_t group = 64;
    const std::size_t count = parts_.test.count(), groups = (count + group - 1) / group;
    std::vector<std::size_t> hits(groups), set_bits(groups);
    pool_.run(groups, [&](std::size_t g) {
      std::vector<std::uint64_t> bits(reservoir_.feature_words());
      for (std::size_t i = g * group; i < std::min(count, (g + 1) * group); ++i) {
        reservoir_.evaluate(parts_.test.image(i), bits);
        for (std::uint64_t word : bits) set_bits[g] += static_cast<std::size_t>(std::popcount(word));
        hits[g] += readout.classify(bits) == parts_.test.labels[i];
      }
    });
    const auto all_bits =
        static_cast<double>(std::accumulate(set_bits.begin(), set_bits.end(), std::size_t{0}));
    return {{"accuracy", share(std::accumulate(hits.begin(), hits.end(), std::size_t{0}))},
            {"weight_bits", readout.weight_bits()},
            {"additions", all_bits / static_cast<double>(count) * parts_.classes}};
  }

  double share(std::size_t hits) const {
    return static_cast<double>(hits) / static_cast<double>(parts_.test.count());
  }

  const RecaConfig& config_;
  const std::uint64_t seed_;
  const Parts& parts_;
  ThreadPool& pool_;
  const RecaOptions& options_;
  const Task task_;
  const Reservoir reservoir_;
  json lazy_;
};

}  // namespace

RecaResult run_reca(const RecaConfig& config, std::uint64_t seed, const ImageSet& train, const ImageSet& test,
                    ThreadPool& pool, const RecaOptions& options) {
  require_usable(train, test);
  const bool held_out = config.validation_fraction > 0;
  ValidationSplit halves;
  if (held_out) halves = split_validation(train, config.validation_fraction, validation_seed);
  const Parts parts{take(held_out ? halves.train : train, config.train_images, "train_images"),
                    take(held_out ? halves.validation : test, config.test_images, "test_images"),
                    train.classes};
  // Refused now rather than after the measurement without the reservoir.
  const Reservoir whole(config.reservoir, train.height, train.width);
  require_feature_memory(whole.features(), parts.train.count());
  RecaResult result;
  Forest forest;
  const auto measure_task = [&](Forest& made, const Task& task) {
    return Measurement(config, seed, parts, pool, options, task).run(made);
  };
  const json without = measure_task(forest, {0, config.forest, true, 0, 0.2, "without reservoir"});
  if (without.is_null()) return result;
  ForestConfig more = config.forest;
  more.features_per_node = static_cast<int>(draws_per_node(config.forest, whole.features()));
  const json same_draws = measure_task(forest, {0, more, false, 0.2, 0.4, "without reservoir, same draws"});
  if (same_draws.is_null()) return result;
  const json with =
      measure_task(result.forest, {config.reservoir.steps, config.forest, true, 0.4, 1, "with reservoir"});
  if (with.is_null()) return result;
  result.finished = true;
  result.report = {{"seed", seed},
                   {"train_images", parts.train.count()},
                   {"measured_images", parts.test.count()},
                   {"measured_on", held_out ? "validation" : "test"},
                   {"reservoir", with},
                   {"no_reservoir", without},
                   {"no_reservoir_same_draws", same_draws}};
  return result;
}

namespace {

json spread(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return {{"mean", mean}, {"deviation", values.size() < 2 ? json() : json(std::sqrt(squares / (count - 1)))}};
}

}  // namespace

json summarize_reca(const RecaConfig& config, const std::vector<json>& reports) {
  json summary{{"config", to_json(config)}, {"seeds", reports}};
  for (const char* readout : {"forest", "linear"}) {
    const auto collect = [&](const char* which) {
      std::vector<double> accuracies;
      for (const json& report : reports)
        if (const json& figures = report.at(which).at(readout); !figures.is_null())
          accuracies.push_back(figures.at("accuracy"));
      return accuracies;
    };
    const std::vector<double> with = collect("reservoir");
    if (with.empty()) {
      summary[readout] = nullptr;
      continue;
    }
    json figures{{"reservoir", {{"accuracy", spread(with)}}}};
    for (const char* which : {"no_reservoir", "no_reservoir_same_draws"}) {
      const std::vector<double> without = collect(which);
      if (without.empty()) continue;
      std::vector<double> gain;
      for (std::size_t i = 0; i < with.size(); ++i) gain.push_back(with[i] - without[i]);
      figures[which] = {{"accuracy", spread(without)}, {"gain_of_reservoir", spread(gain)}};
    }
    summary[readout] = figures;
  }
  return summary;
}

}  // namespace wd::algo
