// SPDX-License-Identifier: Apache-2.0
// train: configuration and images to model.wdm, train.json and a checkpoint.
#include <cmath>
#include <cstdio>
#include <utility>

#include "algo/train/checkpoint.hpp"
#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "cli/job.hpp"

namespace wd::cli {
namespace {

algo::TrainConfig resolve_config(const Job& job) {
  algo::TrainConfig config = !job.config.empty() ? algo::load_config(job.config)
                             : job.quick         ? algo::quick_config()
                                                 : algo::demo_config();
  if (job.seed != 0) config.seed = job.seed;
  return config;
}

/// A checkpoint of another configuration is passed over when its run is finished, else it is worth keeping.
bool can_resume(const algo::TrainConfig& config, const std::filesystem::path& checkpoint) {
  if (!std::filesystem::exists(checkpoint)) return false;
  algo::CheckpointSummary found;
  try {
    found = algo::summarize_checkpoint(checkpoint, config);
  } catch (const Error& error) {
    fail(error.what(), "; --fresh starts again without it");
  }
  WD_REQUIRE(found.same_config || found.finished, checkpoint.string(),
             ": belongs to an unfinished training with another configuration or seed; continue that one, "
             "choose another "
             "--out, or give --fresh to start again");
  if (!found.same_config)
    std::fprintf(stderr, "train: %s is of another, finished training; starting afresh\n", checkpoint.c_str());
  return found.same_config;
}

nlohmann::json history_json(const algo::TrainResult& result) {
  nlohmann::json history = nlohmann::json::array();
  for (const algo::EpochRecord& e : result.history)
    history.push_back({{"phase", algo::phase_name(e.phase)},
                       {"epoch", e.epoch},
                       {"loss", e.loss},
                       {"train_accuracy", e.train_accuracy},
                       {"test_accuracy", e.test_accuracy},
                       {"learning_rate", e.learning_rate}});
  return history;
}

}  // namespace

nlohmann::json stage_train(Job& job) {
  const algo::TrainConfig config = resolve_config(job);
  make_output_folder(job.out);
  const algo::ImageSet train = algo::load_fashion_mnist(job.data, true);
  const algo::ImageSet& test = job.test_images();
  algo::TrainOptions options;
  options.threads = job.threads;
  options.checkpoint = job.file("checkpoint.wdc");
  options.resume = !job.fresh && can_resume(config, options.checkpoint);
  options.stop = &interrupted;
  if (options.resume)
    std::fprintf(stderr, "train: resuming from %s (--fresh starts again)\n", options.checkpoint.c_str());
  algo::TrainResult result;
  {
    Progress progress("train", 1);
    std::size_t first = 0;
    bool started = false;
    options.progress = [&](const algo::TrainProgress& p) {
      if (!std::exchange(started, true)) first = p.step - 1;
      progress.update(
          static_cast<double>(p.step - first) / static_cast<double>(p.steps_total - first),
          text(algo::phase_name(p.phase), " epoch ", p.epoch, ", loss ", std::round(p.loss * 1000) / 1000,
               ", accuracy ", std::round(p.accuracy * 1000) / 10, " %"));
    };
    result = algo::train(config, train, test, options);
  }
  WD_REQUIRE(result.finished, "interrupted; the same command continues from ", options.checkpoint.string());
  model::write_model(result.network, job.file("model.wdm"));
  nlohmann::json report{{"config", algo::to_json(config)},
                        {"seed", config.seed},
                        {"threads", job.threads},
                        {"seconds", result.seconds},
                        {"accuracy_fp32", result.accuracy_fp32},
                        {"accuracy_fp8", result.accuracy_fp8},
                        {"history", history_json(result)}};
  job.write_json("train.json", report);
  return report;
}

}  // namespace wd::cli
