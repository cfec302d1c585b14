// SPDX-License-Identifier: Apache-2.0
// import: a network trained elsewhere to model.wdm; export: a checkpoint to safetensors or ONNX.
#include "algo/data/dataset.hpp"
#include "algo/interchange/executor_state.hpp"
#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/import_state.hpp"
#include "algo/interchange/safetensors.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/training.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

enum class StateFormat { safetensors, onnx };

StateFormat format_of(const std::filesystem::path& file) {
  WD_REQUIRE(!file.empty(), "--file is missing; name a .safetensors or .onnx file");
  if (file.extension() == ".safetensors") return StateFormat::safetensors;
  if (file.extension() == ".onnx") return StateFormat::onnx;
  fail(file.string(), ": ends in '", file.extension().string(), "', must be .safetensors or .onnx");
}

/// The pruned fractions of a foreign mask are the configuration's; each repository ranks by its own rule.
algo::ModelState read_state(const Job& job, const algo::TrainConfig& config, const algo::Graph& graph) {
  const algo::Repository repository = algo::repository_named(job.repository, "--repository");
  algo::ModelState state =
      algo::import_state(graph, algo::read_safetensors(job.state), repository, job.state.string());
  const bool percentile = repository == algo::Repository::multicoated_supermasks;
  algo::apply_masks(state, config.supermask.pruned,
                    percentile ? algo::RankRule::percentile : algo::RankRule::count);
  return state;
}

std::string text_of(const algo::TensorShape& shape) {
  return text(shape.channels, " x ", shape.height, " x ", shape.width);
}

/// The configuration's network decides how images become its input; an ONNX file has a network of its own.
void require_fitting(const Job& job, const algo::Graph& found, const algo::Graph& wanted) {
  const algo::TensorShape &in = found.tensor_of(0), &image = wanted.tensor_of(0);
  WD_REQUIRE(text_of(in) == text_of(image), job.state.string(), ": takes ", text_of(in),
             " values (C x H x W), the network of ", job.config.string(), " makes ", text_of(image),
             " of an image; name one with the same input there, such as {\"kind\": \"conv\", \"depth\": 2} "
             "for whole images");
  const int scores = found.tensor_of(found.nodes.back().output).channels,
            classes = wanted.tensor_of(wanted.nodes.back().output).channels;
  WD_REQUIRE(scores == classes, job.state.string(), ": makes ", scores, " scores, the data set has ", classes,
             " classes; name the data set that it was trained on");
}

}  // namespace

json stage_import(Job& job) {
  WD_REQUIRE(
      !job.config.empty(),
      "--config is missing; name a training configuration with the data set, the network and its 'pruned'");
  algo::TrainConfig config = algo::load_config(job.config);
  if (job.seed != 0) config.seed = job.seed;
  const StateFormat format = format_of(job.state);
  const algo::Dataset data = open_data(job, config);
  algo::Graph configured = algo::build_graph(
      config.network, {data.train.height, data.train.width, data.train.channels}, data.train.classes);
  algo::ImportedNetwork network;
  if (format == StateFormat::onnx) {
    network = algo::import_onnx(algo::read_onnx(job.state), job.state.string());
    require_fitting(job, network.graph, configured);
    algo::recover_masks(network.state);
  } else {
    network.graph = std::move(configured);
    network.state = read_state(job, config, network.graph);
  }
  config.supermask = algo::mask_config_for(network.state);
  config.validation = 0;
  algo::TrainOptions options;
  options.threads = job.threads;
  options.measure_only = true;
  options.graph = &network.graph;
  options.start = [&](algo::Executor& executor) {
    algo::load_state(executor, network.state, job.state.string());
  };
  const algo::TrainResult result = algo::train(config, data.train, data.test, options);
  make_output_folder(job.out);
  const std::filesystem::path model = job.file("model.wdm");
  if (result.network)
    model::write_model(*result.network, model);
  else
    std::filesystem::remove(model);
  json report{{"file", job.state.string()},
              {"repository", job.repository},
              {"masked", algo::is_masked(network.state)},
              {"weights", result.weights},
              {"accuracy_fp32", result.accuracy_fp32},
              {"accuracy_fp8", result.accuracy_fp8},
              {"accuracy_hw", result.accuracy_hw ? json(*result.accuracy_hw) : json(nullptr)},
              {"no_hardware", result.no_hardware},
              {"no_network", result.no_network}};
  job.write_json("import.json", report);
  return report;
}

json stage_export(Job& job) {
  const StateFormat format = format_of(job.state);
  const algo::Repository repository = algo::repository_named(job.repository, "--repository");
  ThreadPool pool(job.threads);
  algo::TrainConfig config;
  const std::unique_ptr<algo::Executor> executor =
      algo::read_network(job.file("checkpoint.wdc"), pool, config);
  const algo::ModelState state = algo::state_of(*executor);
  if (format == StateFormat::onnx)
    algo::write_onnx(algo::export_onnx(executor->graph(), state), job.state);
  else
    algo::write_safetensors(algo::export_state(executor->graph(), state, repository), job.state);
  return {{"file", job.state.string()},
          {"repository", job.repository},
          {"bytes", std::filesystem::file_size(job.state)},
          {"weights", executor->graph().weight_count()}};
}

}  // namespace wd::cli
