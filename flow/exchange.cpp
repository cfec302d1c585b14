// SPDX-License-Identifier: Apache-2.0
#include "flow/exchange.hpp"

#include <nlohmann/json.hpp>

#include "algo/interchange/executor_state.hpp"
#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/import_state.hpp"
#include "algo/interchange/infer_network.hpp"
#include "algo/interchange/safetensors.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "flow/training.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

enum class StateFormat { safetensors, onnx };

StateFormat format_of(const std::filesystem::path& file) {
  WD_REQUIRE(!file.empty(), "--file is missing; name a .safetensors or .onnx file");
  if (file.extension() == ".safetensors") return StateFormat::safetensors;
  if (file.extension() == ".onnx") return StateFormat::onnx;
  fail(file.string(), ": ends in '", file.extension().string(), "', must be .safetensors or .onnx");
}

const Names repositories = algo::repository_names();

void declare_file(OptionSink& sink, std::filesystem::path& file, Takes::Place place) {
  sink.path("file", file, place, "a .safetensors or .onnx file");
}

algo::Repository repository_of(const ImportOptions& options, const algo::NamedTensors& tensors) {
  if (options.repository != "auto") return algo::repository_named(options.repository, "--repository");
  return algo::infer_network(tensors, options.file.string()).repository;
}

/// The pruned fractions of a foreign mask are the configuration's; each repository ranks by its own rule.
algo::ModelState read_state(const ImportOptions& options, const algo::TrainConfig& config,
                            const algo::Graph& graph) {
  const algo::NamedTensors tensors = algo::read_safetensors(options.file);
  const algo::Repository repository = repository_of(options, tensors);
  algo::ModelState state = algo::import_state(graph, tensors, repository, options.file.string());
  const bool percentile = repository == algo::Repository::multicoated_supermasks;
  algo::apply_masks(state, config.supermask.pruned,
                    percentile ? algo::RankRule::percentile : algo::RankRule::count);
  return state;
}

std::string text_of(const algo::TensorShape& shape) {
  return text(shape.channels, " x ", shape.height, " x ", shape.width);
}

/// The configuration's network decides how images become its input; an ONNX file has a network of its own.
void require_fitting(const ImportOptions& options, const algo::Graph& found, const algo::Graph& wanted) {
  const algo::TensorShape &in = found.tensor_of(0), &image = wanted.tensor_of(0);
  WD_REQUIRE(text_of(in) == text_of(image), options.file.string(), ": takes ", text_of(in),
             " values (C x H x W), the network of ", options.config.string(), " makes ", text_of(image),
             " of an image; name one with the same input there, such as {\"kind\": \"conv\", \"depth\": 2} "
             "for whole images");
  const int scores = found.tensor_of(found.nodes.back().output).channels,
            classes = wanted.tensor_of(wanted.nodes.back().output).channels;
  WD_REQUIRE(scores == classes, options.file.string(), ": makes ", scores, " scores, the data set has ",
             classes, " classes; name the data set that it was trained on");
}

algo::ImportedNetwork read_network(const ImportOptions& options, const algo::TrainConfig& config,
                                   const algo::ImageSet& images) {
  algo::Graph configured =
      algo::build_graph(config.network, {images.height, images.width, images.channels}, images.classes);
  algo::ImportedNetwork network;
  if (format_of(options.file) == StateFormat::onnx) {
    network = algo::import_onnx(algo::read_onnx(options.file), options.file.string());
    require_fitting(options, network.graph, configured);
    algo::recover_masks(network.state);
  } else {
    network.graph = std::move(configured);
    network.state = read_state(options, config, network.graph);
  }
  return network;
}

/// No training: the network as it came, measured.
algo::TrainResult measure(algo::TrainConfig config, const algo::ImportedNetwork& network,
                          const algo::Dataset& data, const ImportOptions& options) {
  config.supermask = algo::mask_config_for(network.state);
  config.validation = 0;
  algo::TrainOptions measuring;
  measuring.threads = options.common.threads;
  measuring.measure_only = true;
  measuring.graph = &network.graph;
  measuring.start = [&](algo::Executor& executor) {
    algo::load_state(executor, network.state, options.file.string());
  };
  return algo::train(config, data.train, data.test, measuring);
}

/// What a configuration would say of a network whose file says it.
algo::TrainConfig infer_config(const ImportOptions& options) {
  const std::string file = options.file.string();
  WD_REQUIRE(
      format_of(options.file) == StateFormat::safetensors, file,
      ": an ONNX file needs a configuration, which says how images become its input; name one with --config");
  algo::InferredNetwork found = algo::infer_network(algo::read_safetensors(options.file), file);
  WD_REQUIRE(options.repository == "auto" ||
                 algo::repository_named(options.repository, "--repository") == found.repository,
             file, ": has the names of ", algo::name_of(found.repository), ", --repository is ",
             options.repository);
  WD_REQUIRE(!found.has_scores || !options.pruned.empty(), file,
             ": holds scores, but not which share of them the mask prunes, a setting of its training "
             "(prune_rate, one per coat); say it "
             "with --pruned, such as --pruned 0.7");
  const algo::DatasetInfo& info = algo::dataset_info(options.dataset);
  // Of sets that their folder describes, the classes are compared once they are open.
  WD_REQUIRE(info.classes == 0 || info.classes == found.classes, file, ": makes ", found.classes, " scores, ",
             options.dataset, " has ", info.classes, " classes; name the data set that it was trained on");
  algo::fit_to_images(found, info.channels == 0 ? 3 : info.channels, file);
  json described = {{"name", options.file.stem().string()},
                    {"dataset", options.dataset},
                    {"network", algo::to_json(found.network)}};
  if (!options.pruned.empty()) described["supermask"] = {{"pruned", options.pruned}};
  return algo::config_from_json(described, file + ", --pruned");
}

algo::TrainConfig resolve_config(const ImportOptions& options) {
  WD_REQUIRE(!options.config.empty() || !options.dataset.empty(),
             "--config or --dataset is missing; name a training configuration with the data set, the network "
             "and its 'pruned', or the "
             "data set alone where the file is a ResNet of a repository");
  algo::TrainConfig config =
      options.config.empty() ? infer_config(options) : algo::load_config(options.config);
  if (options.seed != 0) config.seed = options.seed;
  return config;
}

ImportReport report_of(const ImportOptions& options, const algo::ImportedNetwork& network,
                       const algo::TrainResult& result) {
  ImportReport report;
  report.file = options.file;
  report.repository = options.repository;
  report.masked = algo::is_masked(network.state);
  report.weights = result.weights;
  report.accuracy_fp32 = result.accuracy_fp32;
  report.accuracy_fp8 = result.accuracy_fp8;
  report.accuracy_hw = result.accuracy_hw;
  report.no_hardware = result.no_hardware;
  report.no_network = result.no_network;
  return report;
}

}  // namespace

void ImportOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  sink.path("config", config, Takes::Place::file,
            "training configuration (JSON) with the data set, the network and its 'pruned'");
  sink.choice("dataset", dataset, algo::dataset_names(),
              "instead of a configuration: the data set; the network is found out from the file");
  sink.numbers("pruned", pruned, 0, 1, "with --dataset: pruned fractions, one per coat, ascending", "none");
  sink.exclude({"config", "dataset"});
  sink.need("pruned", {"dataset"});
  sink.seed("seed", seed, "seed of all random numbers", "the configuration's");
  declare_file(sink, file, Takes::Place::file);
  Names known{"auto"};
  known.insert(known.end(), repositories.begin(), repositories.end());
  sink.choice("repository", repository, known, "whose names a .safetensors file has");
}

void ExportOptions::declare(OptionSink& sink) {
  common.declare(sink);
  declare_file(sink, file, Takes::Place::new_file);
  sink.choice("repository", repository, repositories, "whose names a .safetensors file gets");
}

ImportReport import_network(const ImportOptions& options, Context&) {
  const algo::TrainConfig config = resolve_config(options);
  format_of(options.file);
  const std::filesystem::path trained = options.common.file("train.json");
  WD_REQUIRE(!std::filesystem::exists(trained), trained.string(),
             ": the folder holds a training, whose model would be replaced; choose another --out");
  OutputFolder folder(options.common.out);
  const algo::Dataset data = open_data(config, options.data);
  const algo::ImportedNetwork network = read_network(options, config, data.train);
  const algo::TrainResult result = measure(config, network, data, options);
  ImportReport report = report_of(options, network, result);
  folder.make();
  report.model_sha256 = write_or_remove_model(result, options.common.out);
  write_json(options.common.file("import.json"), report.to_json());
  return report;
}

ExportReport export_network(const ExportOptions& options, Context&) {
  const StateFormat format = format_of(options.file);
  const algo::Repository repository = algo::repository_named(options.repository, "--repository");
  ThreadPool pool(options.common.threads);
  algo::TrainConfig config;
  const std::unique_ptr<algo::Executor> executor =
      algo::read_network(algo::open_checkpoint(options.common.file("checkpoint.wdc")), pool, config);
  const algo::ModelState state = algo::state_of(*executor);
  if (format == StateFormat::onnx)
    algo::write_onnx(algo::export_onnx(executor->graph(), state), options.file);
  else
    algo::write_safetensors(algo::export_state(executor->graph(), state, repository), options.file);
  return {options.file, options.repository, std::filesystem::file_size(options.file),
          executor->graph().weight_count()};
}

json ImportReport::to_json() const {
  return {{"file", file.string()},
          {"repository", repository},
          {"masked", masked},
          {"weights", weights},
          {"accuracy_fp32", accuracy_fp32},
          {"accuracy_fp8", accuracy_fp8},
          {"accuracy_hw", accuracy_hw ? json(*accuracy_hw) : json(nullptr)},
          {"no_hardware", no_hardware},
          {"no_network", no_network},
          {"model_sha256", model_sha256}};
}

json ExportReport::to_json() const {
  return {{"file", file.string()}, {"repository", repository}, {"bytes", bytes}, {"weights", weights}};
}

}  // namespace wd::flow
