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
#include "base/process_name.hpp"
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
  std::optional<Progress> progress;  // of steps; those of a checkpoint took no time
  std::size_t first = 0;
  options.progress = [&](const algo::TrainProgress& p) {
    if (!progress) {
      first = p.step - 1;
      progress.emplace("train", static_cast<double>(p.steps_total - first));
    }
    progress->update(static_cast<double>(p.step - first), progress_text(p));
  };
  return algo::train(config, data.train, data.test, options);
}

/// A finished training of the same configuration, measured for the same architecture. One that learned from a folder is none:
/// its checkpoint knows whether the same network is there yet.
/// Errors: one of other images: wd::Error.
std::optional<TrainReport> finished(const Training& training, const arch::Arch& arch,
                                    const std::string& images) {
  const std::filesystem::path file = training.folder / "train.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  if (training.config.distillation.on() && !training.teacher) return std::nullopt;
  const nlohmann::json run =
      parse_json(read_file(file), file.string() + ":", "; remove it: its checkpoint is measured again");
  if (!run.is_object() ||
      algo::deciding(run.value("config", nlohmann::json())) !=
          algo::deciding(algo::to_json(training.config)) ||
      arch::completed(run.value("arch", nlohmann::json())) != arch::to_json(arch))
    return std::nullopt;
  TrainReport report = TrainReport::from_json(run, file.string());
  if (!report.model_sha256.empty() && !std::filesystem::exists(training.folder / "model.wdm"))
    return std::nullopt;  // the checkpoint has it yet
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
    return algo::summarize_checkpoint(algo::open_checkpoint(checkpoint), config);
  } catch (const Error& error) {
    fail(error.what(), "; --fresh starts again without it");
  }
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
  if (images.on_demand()) all += text(images.source->checksum(), " ");
  constexpr std::size_t most = 1000;
  const std::size_t step = std::max<std::size_t>(1, images.count() / most);
  for (std::size_t i = 0; i < images.count(); i += step) all += sha256(algo::pixels_of(images, i));
}

/// Trainings that are to be there, some of them by other processes.
class TrainingQueue {
 public:
  TrainingQueue(const std::vector<Training>& trainings, const algo::Dataset& data, const std::string& images,
                const std::filesystem::path& claims, const TrainingRun& run, Context& context,
                const std::function<void(const TrainingNews&)>& tell)
      : trainings_(trainings),
        data_(data),
        images_(images),
        base_(claims.parent_path()),
        run_(run),
        context_(context),
        tell_(tell),
        shares_(claims),
        reports_(trainings.size()),
        elsewhere_(trainings.size()),
        left_(trainings.size()) {}

  bool done() const { return left_ == 0; }

  /// All of them before the first is told: what is left is known then.
  void take_kept() {
    std::vector<std::optional<TrainReport>> kept(trainings_.size());
    for (std::size_t i = 0; i < trainings_.size(); ++i)
      if ((kept[i] = finished(trainings_[i], run_.arch, images_))) --left_;
    for (std::size_t i = 0; i < trainings_.size(); ++i) {
      if (!kept[i]) continue;
      if (!kept[i]->program_sha256.empty() && kept[i]->program_sha256 != program_identity())
        context_.say((trainings_[i].link.empty() ? trainings_[i].folder : trainings_[i].link).string() +
                     ": was trained by another build of the program, and is kept; --fresh trains again");
      take(i, std::move(*kept[i]), true);
    }
  }

  /// Those that no other process has now. @return whether there were any
  bool train_free_ones() {
    const std::size_t before = left_;
    for (std::size_t i = 0; i < trainings_.size(); ++i) {
      if (reports_[i] || waits(trainings_[i])) continue;
      const auto share = shares_.take(trainings_[i].folder.lexically_relative(base_).string());
      if (!share) elsewhere_[i] = true;
      if (!share) continue;
      std::optional<TrainReport> report;
      if (!run_.fresh || elsewhere_[i]) report = finished(trainings_[i], run_.arch, images_);
      if (!report) report = train(trainings_[i]);
      --left_;
      take(i, std::move(*report), false);
    }
    return left_ != before;
  }

  std::vector<TrainReport> reports() && {
    std::vector<TrainReport> all;
    for (auto& report : reports_) all.push_back(std::move(*report));
    return all;
  }

 private:
  /// For its teacher.
  bool waits(const Training& training) const { return training.teacher && !reports_[*training.teacher]; }

  TrainReport train(const Training& training) {
    OutputFolder own(training.folder);
    own.make();
    if (!training.link.empty()) link_folder(training.link, training.folder);
    const std::filesystem::path teacher =
        training.teacher ? trainings_[*training.teacher].folder : std::filesystem::path();
    return train_one(training.config, data_, own.path(), run_, context_, teacher);
  }

  void take(std::size_t i, TrainReport report, bool kept) {
    reports_[i] = std::move(report);
    if (!trainings_[i].link.empty()) link_folder(trainings_[i].link, trainings_[i].folder);
    if (tell_) tell_({i, *reports_[i], kept, left_});
  }

  const std::vector<Training>& trainings_;
  const algo::Dataset& data_;
  const std::string& images_;
  std::filesystem::path base_;
  const TrainingRun& run_;
  Context& context_;
  const std::function<void(const TrainingNews&)>& tell_;
  WorkShares shares_;
  std::vector<std::optional<TrainReport>> reports_;
  std::vector<bool> elsewhere_;  // another process has it, or had it
  std::size_t left_;
};

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
                      const std::filesystem::path& folder, const TrainingRun& run, Context& context,
                      const std::filesystem::path& teacher) {
  algo::TrainOptions options;
  options.teacher = teacher;
  options.threads = run.threads;
  options.checkpoint = folder / checkpoint_name;
  remove_partial_files(options.checkpoint);
  options.resume = !run.fresh && continues(config, folder);
  options.checkpoint_seconds = run.checkpoint_seconds;
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
                                   const std::string& images, const std::filesystem::path& claims,
                                   const TrainingRun& run, Context& context,
                                   const std::function<void(const TrainingNews&)>& tell) {
  TrainingQueue queue(trainings, data, images, claims, run, context, tell);
  if (!run.fresh) queue.take_kept();
  while (!queue.done()) {
    if (queue.train_free_ones()) continue;
    context.check_stop("interrupted; the same command goes on with what is not finished");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return std::move(queue).reports();
}

void link_folder(const std::filesystem::path& link, const std::filesystem::path& folder) {
  const std::filesystem::path target = folder.lexically_relative(link.parent_path());
  std::error_code code;
  if (std::filesystem::read_symlink(link, code) == target) return;
  make_output_folder(link.parent_path());
  const std::filesystem::path own = link.string() + "." + process_name() + ".partial";
  std::filesystem::remove(own, code);
  std::filesystem::create_directory_symlink(target, own, code);
  if (!code) std::filesystem::rename(own, link, code);
  std::error_code ignored;
  if (code) std::filesystem::remove(own, ignored);
  WD_REQUIRE(!code, link.string(), ": cannot become a link to ", target.string(), " (", code.message(),
             "); move away what is there, or choose another --out");
}

}  // namespace wd::flow
