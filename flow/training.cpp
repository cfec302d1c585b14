// SPDX-License-Identifier: Apache-2.0
#include "flow/training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>

#include "algo/train/checkpoint.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "base/sha256.hpp"
#include "base/work_shares.hpp"
#include "flow/content_key.hpp"
#include "flow/forecast.hpp"

namespace wd::flow {
namespace {

std::string progress_text(const algo::TrainProgress& p) {
  return text(algo::phase_name(p.phase), " epoch ", p.epoch, ", loss ", std::round(p.loss * 1000) / 1000,
              ", accuracy ", std::round(p.accuracy * 1000) / 10, " %");
}

algo::TrainResult train_showing_progress(const algo::TrainConfig& config, const algo::Dataset& data,
                                         algo::TrainOptions& options) {
  Progress progress("train", 1);
  std::size_t first = 0;
  bool started = false;
  options.progress = [&](const algo::TrainProgress& p) {
    if (!std::exchange(started, true)) first = p.step - 1;
    progress.update(static_cast<double>(p.step - first) / static_cast<double>(p.steps_total - first),
                    progress_text(p));
  };
  return algo::train(config, data.train, data.test, options);
}

/// A finished training of the same configuration, measured for the same architecture.
/// Errors: one of other images: wd::Error.
std::optional<TrainReport> finished(const Training& training, const arch::Arch& arch,
                                    const std::string& images) {
  const std::filesystem::path file = training.folder / "train.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  const nlohmann::json run = parse_json(read_file(file), file.string() + ":");
  if (!run.is_object() || run.value("config", nlohmann::json()) != algo::to_json(training.config) ||
      arch::completed(run.value("arch", nlohmann::json())) != arch::to_json(arch))
    return std::nullopt;
  TrainReport report = TrainReport::from_json(run, file.string());
  WD_REQUIRE(report.images_sha256.empty() || report.images_sha256 == images, file.string(),
             ": was trained on other images; choose another --out, or give --fresh to train again");
  return report;
}

constexpr const char* checkpoint_name = "checkpoint.wdc";

std::optional<algo::CheckpointSummary> checkpoint_in(const std::filesystem::path& folder,
                                                     const algo::TrainConfig& config) {
  const std::filesystem::path checkpoint = folder / checkpoint_name;
  if (!std::filesystem::exists(checkpoint)) return std::nullopt;
  try {
    return algo::summarize_checkpoint(checkpoint, config);
  } catch (const Error& error) {
    fail(error.what(), "; --fresh starts again without it");
  }
}

/// Lets the folder of a training hold that one: another configuration's goes to a folder of its content's name, this one's comes back from its own.
void make_room(const Training& training, Context& context) {
  const auto aside = [&](const std::string& config) {
    return std::filesystem::path(training.folder.string() + "." + sha256_of(config).substr(0, 12));
  };
  const auto found = checkpoint_in(training.folder, training.config);
  if (found && found->difference.empty()) return;
  if (found) {
    const std::filesystem::path to = aside(found->config);
    std::filesystem::remove_all(to);  // an older one of the same configuration
    std::filesystem::rename(training.folder, to);
    context.say(text(training.folder.string(), ": held a training of another configuration (",
                     found->difference, "), which is in ", to.filename().string(), " now"));
  }
  const std::filesystem::path from = aside(algo::to_json(training.config).dump());
  if (!std::filesystem::exists(from / checkpoint_name)) return;
  std::filesystem::remove_all(training.folder);
  std::filesystem::rename(from, training.folder);
}

void add_images(std::string& all, const algo::ImageSet& images) {
  all += text(images.count(), " ", images.height, " ", images.width, " ", images.channels, " ",
              images.classes, "\n");
  for (const std::uint16_t label : images.labels) all += text(label, " ");
  constexpr std::size_t whole_bytes = std::size_t{64} << 20;
  if (!images.on_demand() && images.pixels.size() <= whole_bytes) {
    all += sha256(images.pixels);
    return;
  }
  constexpr std::size_t most = 1000;
  const std::size_t step = std::max<std::size_t>(1, images.count() / most);
  for (std::size_t i = 0; i < images.count(); i += step) all += sha256(algo::pixels_of(images, i));
}

}  // namespace

algo::Dataset open_data(const algo::TrainConfig& config, const DataOptions& options) {
  return algo::open_dataset(config.dataset, options.data, true, algo::customary_size(config.image_size));
}

bool continues(const algo::TrainConfig& config, const std::filesystem::path& folder) {
  const auto found = checkpoint_in(folder, config);
  WD_REQUIRE(!found || found->difference.empty(), (folder / checkpoint_name).string(), ": belongs to ",
             found->finished ? "a training" : "an unfinished training",
             " with another configuration or seed (", found->difference, "); ",
             found->finished ? "" : "continue that one, ",
             "choose another --out, or give --fresh to start again");
  return found.has_value();
}

void check_readable(const algo::TrainConfig& config, const std::filesystem::path& folder) {
  checkpoint_in(folder, config);
}

std::string write_or_remove_model(const algo::TrainResult& result, const std::filesystem::path& folder) {
  const std::filesystem::path model = folder / "model.wdm";
  if (!result.network) {
    std::filesystem::remove(model);
    return "";
  }
  model::write_model(*result.network, model);
  return sha256(read_file(model));
}

TrainReport train_one(const algo::TrainConfig& config, const algo::Dataset& data,
                      const std::filesystem::path& folder, const TrainingRun& run, Context& context) {
  algo::TrainOptions options;
  options.threads = run.threads;
  options.checkpoint = folder / checkpoint_name;
  remove_partial_files(options.checkpoint);
  options.resume = !run.fresh && continues(config, folder);
  options.stop = context.stop();
  options.predict_cycles = [&](const model::Network& network) {
    return forecast_cycles(network, run.arch, data.test);
  };
  if (options.resume)
    context.say(text("train: resuming from ", options.checkpoint.string(), " (--fresh starts again)"));
  const algo::TrainResult result = train_showing_progress(config, data, options);
  WD_REQUIRE(result.finished, "interrupted; the same command continues from ", options.checkpoint.string());
  TrainReport report = report_of(config, result);
  report.threads = run.threads;
  report.arch = run.arch;
  report.images_sha256 = images_key(data);
  report.program_sha256 = program_identity();
  report.model_sha256 = write_or_remove_model(result, folder);
  if (result.network) {
    report.compression = forecast_compression(*result.network, run.arch, data.test);
    report.energy = forecast_energy(*result.network, run.arch, data.test);
  }
  write_json(folder / "train.json", report.to_json());
  return report;
}

std::string images_key(const algo::Dataset& data) {
  std::string all;
  for (const algo::ImageSet* images : {&data.train, &data.test}) add_images(all, *images);
  return sha256_of(all);
}

std::vector<TrainReport> train_all(const std::vector<Training>& trainings, const algo::Dataset& data,
                                   const std::filesystem::path& claims, const TrainingRun& run,
                                   Context& context,
                                   const std::function<void(std::size_t, const TrainReport&)>& done) {
  WorkShares shares(claims);
  const std::string images = images_key(data);
  std::vector<std::optional<TrainReport>> reports(trainings.size());
  std::vector<bool> elsewhere(trainings.size());  // another process has it, or had it
  for (const Training& training : trainings) {
    if (run.fresh) break;
    const auto kept = finished(training, run.arch, images);
    if (kept && !kept->program_sha256.empty() && kept->program_sha256 != program_identity())
      context.say(training.folder.string() +
                  ": was trained by another build of the program, and is kept; --fresh trains again");
  }
  for (std::size_t left = trainings.size(); left != 0;) {
    const std::size_t before = left;
    for (std::size_t i = 0; i < trainings.size(); ++i) {
      if (reports[i]) continue;
      const auto share = shares.take(trainings[i].folder.lexically_relative(claims.parent_path()).string());
      if (!share) elsewhere[i] = true;
      if (!share) continue;
      if (!run.fresh) make_room(trainings[i], context);
      if (!run.fresh || elsewhere[i]) reports[i] = finished(trainings[i], run.arch, images);
      if (!reports[i]) {
        OutputFolder own(trainings[i].folder);
        own.make();
        reports[i] = train_one(trainings[i].config, data, own.path(), run, context);
      }
      --left;
      if (done) done(i, *reports[i]);
    }
    if (left != before) continue;
    context.check_stop("interrupted; the same command goes on with what is not finished");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  std::vector<TrainReport> all;
  for (auto& report : reports) all.push_back(std::move(*report));
  return all;
}

}  // namespace wd::flow
