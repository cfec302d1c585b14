// SPDX-License-Identifier: Apache-2.0
// train: configuration and images to model.wdm, train.json and a checkpoint; several seeds to a folder each.
#include <cmath>
#include <cstdio>
#include <utility>

#include "algo/data/dataset.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "cli/training.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

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
  WD_REQUIRE(
      found.same_config || found.finished, checkpoint.string(),
      ": belongs to an unfinished training with another configuration or seed; continue that one, choose "
      "another --out, or give --fresh to start again");
  if (!found.same_config)
    std::fprintf(stderr, "train: %s is of another, finished training; starting afresh\n", checkpoint.c_str());
  return found.same_config;
}

/// What a few images cost on an architecture, by the fast simulator.
struct Prediction {
  double cycles;  // of an image
  OnChip onchip;
};

Prediction predict(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images) {
  const program::Program program = compiler::compile(network, {arch});
  const program::InputTensor input(program);
  sim::FastEngine engine(program, {});
  engine.load();
  constexpr std::size_t most = 4;
  const std::size_t count = std::min(most, images.count());
  arch::Counters total;
  for (std::size_t i = 0; i < count; ++i)
    total += engine.frame(input.encode(algo::pixels_of(images, i))).counters;
  const auto frames = static_cast<double>(count);
  return {static_cast<double>(total.cycles) / frames,
          onchip_compression(program, static_cast<double>(total.bit_ops) / frames)};
}

/// Of the compressed file that the network becomes, and of the work that it leaves to the chip.
json compression_of(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images) {
  const std::size_t bytes = stream::compressed_size(network).total_bytes;
  json result{{"compressed_bytes", bytes},
              {"offchip_ratio",
               4 * static_cast<double>(network.dense_unfolded_parameters) / static_cast<double>(bytes)},
              {"onchip_ratio", nullptr}};
  try {
    result["onchip_ratio"] = predict(network, arch, images).onchip.ratio();
  } catch (const Error&) {
    // Too large for the architecture: `no_cycles` has the reason.
  }
  return result;
}

json optional_json(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

json report_of(const algo::TrainConfig& config, const algo::TrainResult& result, unsigned threads) {
  json history = json::array();
  for (const algo::EpochRecord& record : result.history) history.push_back(algo::to_json(record));
  const algo::HardwareFigures& h = result.hardware;
  return {{"config", algo::to_json(config)},
          {"seed", config.seed},
          {"threads", threads},
          {"seconds", result.seconds},
          {"epoch", result.chosen_epoch},
          {"accuracy_fp32", result.accuracy_fp32},
          {"accuracy_fp8", result.accuracy_fp8},
          {"accuracy_hw", optional_json(result.accuracy_hw)},
          {"no_hardware", result.no_hardware},
          {"no_network", result.no_network},
          {"weights", result.weights},
          {"dense_parameters", result.dense_parameters},
          {"value_sparsity", h.value_sparsity},
          {"bit_sparsity", h.bit_sparsity},
          {"activation_sparsity", h.activation_sparsity},
          {"bits_per_weight", h.bits_per_weight},
          {"bytes", h.bytes},
          {"cycles", optional_json(h.cycles)},
          {"no_cycles", h.no_cycles},
          {"history", history}};
}

}  // namespace

algo::Dataset open_data(const Job& job, const algo::TrainConfig& config) {
  return algo::open_dataset(config.dataset, job.data, true, {config.image_size, config.image_size * 8 / 7});
}

json train_one(Job& job, const algo::TrainConfig& config, const algo::Dataset& data,
               const std::filesystem::path& folder) {
  job.hold(folder);
  algo::TrainOptions options;
  options.threads = job.threads;
  options.checkpoint = folder / "checkpoint.wdc";
  remove_partial_files(options.checkpoint);
  options.resume = !job.fresh && can_resume(config, options.checkpoint);
  options.stop = &interrupted;
  const arch::Arch arch = resolve_arch(job);
  options.predict_cycles = [&](const model::Network& network) {
    return predict(network, arch, data.test).cycles;
  };
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
    result = algo::train(config, data.train, data.test, options);
  }
  WD_REQUIRE(result.finished, "interrupted; the same command continues from ", options.checkpoint.string());
  const std::filesystem::path model = folder / "model.wdm";
  if (result.network)
    model::write_model(*result.network, model);
  else
    std::filesystem::remove(model);  // of an earlier training
  json report = report_of(config, result, job.threads);
  report["arch"] = arch::to_json(arch);
  for (const char* key : {"compressed_bytes", "offchip_ratio", "onchip_ratio"}) report[key] = nullptr;
  if (result.network) report.update(compression_of(*result.network, arch, data.test));
  write_file(folder / "train.json", report.dump(1) + "\n");
  return report;
}

json spread(const json& runs, const char* key) {
  double sum = 0, square = 0;
  for (const json& run : runs) {
    if (run.at(key).is_null()) return nullptr;
    sum += run.at(key).get<double>();
  }
  const auto count = static_cast<double>(runs.size());
  const double mean = sum / count;
  for (const json& run : runs) square += std::pow(run.at(key).get<double>() - mean, 2);
  return {{"mean", mean}, {"deviation", runs.size() > 1 ? std::sqrt(square / (count - 1)) : 0.0}};
}

json stage_train(Job& job) {
  algo::TrainConfig config = resolve_config(job);
  resolve_arch(job);  // refused before anything is trained
  make_output_folder(job.out);
  if (job.seeds.empty()) job.hold(job.out);  // before the images, which may take long to open
  const algo::Dataset data = open_data(job, config);
  if (job.seeds.empty()) return train_one(job, config, data, job.out);
  json runs = json::array();
  for (std::uint64_t seed : job.seeds) {
    config.seed = seed;
    json run = train_one(job, config, data, job.out / text("seed_", seed));
    run.erase("history");
    run.erase("config");
    runs.push_back(std::move(run));
  }
  json report{{"config", algo::to_json(config)}, {"seeds", job.seeds}, {"runs", runs}};
  report["config"].erase("seed");
  for (const char* key : {"accuracy_fp32", "accuracy_fp8", "accuracy_hw", "seconds", "bits_per_weight",
                          "bytes", "cycles", "compressed_bytes", "offchip_ratio", "onchip_ratio"})
    report[key] = spread(runs, key);
  job.write_json("train.json", report);
  return report;
}

}  // namespace wd::cli
