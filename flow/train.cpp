// SPDX-License-Identifier: Apache-2.0
#include "flow/train.hpp"

#include "algo/train/teacher.hpp"
#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "flow/study_trainings.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

TrainingRun run_of(const TrainOptions& options) {
  return {options.common.threads, resolve_arch(options.arch), options.fresh, options.checkpoint_seconds};
}

/// Early, without its images.
void require_teacher(const algo::TrainConfig& config) {
  if (config.distillation.on()) algo::require_teacher(config, config.distillation.teacher);
}

SeedsReport train_seeds(const TrainOptions& options, Context& context) {
  algo::TrainConfig config = resolve_config(options);
  require_teacher(config);
  const TrainingRun run = run_of(options);
  OutputFolder all(options.common.out, Hold::together);
  const auto folder_of = [&](std::uint64_t seed) { return options.common.out / text("seed_", seed); };
  std::vector<Training> trainings;
  for (std::uint64_t seed : options.seeds) {
    config.seed = seed;
    if (!options.fresh) continues(config, folder_of(seed));
    trainings.push_back({config, folder_of(seed)});
  }
  refuse_fresh_on_slurm(options.fresh, context);
  const algo::Dataset data = open_data(config, options.data);
  context.begin_work();
  all.make();
  SeedsReport report;
  report.runs = train_all(trainings, data, images_key(data), options.common.out / ".claims", run, context);
  report.config = algo::to_json(config);
  report.config.erase("seed");
  report.spreads = spreads_of(report.runs);
  write_json(options.common.file("train.json"), report.to_json());
  return report;
}

}  // namespace

void TrainOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  arch.declare(sink);
  sink.path("config", config, Takes::Place::file, "training configuration (JSON)", "the demonstration's");
  sink.seed("seed", seed, "seed of all random numbers", "the configuration's");
  sink.seeds("seeds", seeds, "comma-separated seeds; one training for each, in OUT/seed_N");
  sink.exclude({"seed", "seeds"});
  sink.exclude({"quick", "config"});
  sink.flag("quick", quick, "less training: everything in under two minutes");
  sink.flag("fresh", fresh, "start again, whatever training the folder holds");
  sink.real("checkpoint-seconds", checkpoint_seconds, 0, 86400,
            "time between checkpoints within an epoch; there is one at the end of each");
  sink.call_values({{"checkpoint-seconds", "SECONDS"}});
}

algo::TrainConfig resolve_config(const TrainOptions& options) {
  algo::TrainConfig config = !options.config.empty() ? algo::load_config(options.config)
                             : options.quick         ? algo::quick_config()
                                                     : algo::demo_config();
  if (options.seed != 0) config.seed = options.seed;
  return config;
}

TrainReport train_network(const TrainOptions& options, Context& context) {
  const algo::TrainConfig config = resolve_config(options);
  require_teacher(config);
  const TrainingRun run = run_of(options);
  OutputFolder folder(options.common.out);
  if (!options.fresh) continues(config, options.common.out);
  const algo::Dataset data = open_data(config, options.data);
  folder.make();
  return train_one(config, data, options.common.out, run, context);
}

TrainOutcome train(const TrainOptions& options, Context& context) {
  WD_REQUIRE(!options.seeds.empty() || !context.shares_work(),
             "train: --slurm shares several trainings; name their seeds with --seeds");
  if (options.seeds.empty()) return {train_network(options, context)};
  return {train_seeds(options, context)};
}

json SeedsReport::to_json() const {
  json value = spreads.to_json(), seeds = json::array(), rows = json::array();
  for (const TrainReport& run : runs) {
    seeds.push_back(run.seed);
    rows.push_back(run.row_json());
  }
  value.update({{"config", config}, {"seeds", seeds}, {"runs", rows}});
  return value;
}

json TrainOutcome::to_json() const {
  return std::visit([](const auto& one) { return one.to_json(); }, report);
}

}  // namespace wd::flow
