// SPDX-License-Identifier: Apache-2.0
#include "flow/sizes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "flow/chip_network.hpp"

namespace wd::flow {
namespace {

algo::NetworkConfig config_of(const std::string& net, const std::string& dataset,
                              const std::vector<int>& fold) {
  const auto one_of = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), net) != names.end();
  };
  if (one_of(algo::conv_presets())) {
    WD_REQUIRE(fold.empty(), "--fold: a ", net, " has no stages of equal blocks; leave it out");
    return algo::conv_preset(net, dataset == "imagenet", "--net");
  }
  if (one_of(algo::resnet_presets())) return algo::resnet_preset(net, dataset == "imagenet", fold, "--net");
  std::string known;
  for (const auto* names : {&algo::resnet_presets(), &algo::conv_presets(), &algo::res_mlp_presets()})
    for (const std::string& name : *names) known += (known.empty() ? "" : ", ") + name;
  WD_REQUIRE(one_of(algo::res_mlp_presets()), "--net is '", net, "', known networks are ", known);
  WD_REQUIRE(dataset == "imagenet", "--net ", net, " is for --dataset imagenet, not ", dataset);
  WD_REQUIRE(fold.empty() || (fold.size() == 1 && fold[0] >= 1), "--fold: a ", net,
             " takes one number, from 1: the shared layers that its depth is folded into");
  return algo::res_mlp_preset(net, fold.empty() ? 0 : fold[0], "--fold");
}

algo::Graph network_of(const std::string& net, const std::string& dataset, const std::vector<int>& fold) {
  const bool imagenet = dataset == "imagenet";
  const int side = imagenet ? 224 : 32;
  const int classes = imagenet ? 1000 : algo::dataset_info(dataset).classes;
  return algo::build_graph(config_of(net, dataset, fold), {side, side, 3}, classes);
}

/// Of a ResNet, stages whose blocks all have weights of another shape.
std::vector<int> idle_folds(const SizesOptions& options) {
  std::vector<int> idle;
  if (options.fold.empty()) return idle;
  const std::size_t whole = network_of(options.net, options.dataset, {}).weight_count();
  for (const int stage : options.fold)
    if (network_of(options.net, options.dataset, {stage}).weight_count() == whole) idle.push_back(stage);
  return idle;
}

/// A configuration has masks of its own.
void require_whole_masks(const SizesOptions& options) {
  WD_REQUIRE(!options.coats.empty() || (options.signs.empty() && options.freeze == 0),
             "--signs and --freeze would change a part of the configuration's masks; give --coats too, which "
             "replaces them");
}

/// As the options say; a configuration's own masks if they say nothing.
std::vector<compress::MaskQuestion> questions_of(const SizesOptions& options, const algo::Graph& graph,
                                                 const std::optional<algo::TrainConfig>& config) {
  if (config && options.coats.empty()) try {
      return compress::questions_of(config->supermask, graph.weights);
    } catch (const Error& error) {
      throw Error(text(config->name, ": ", error.what()));
    }
  compress::MaskQuestion question;
  if (!options.coats.empty()) question.pruned = options.coats;
  question.learned_signs = options.signs == "learned";
  question.frozen = options.freeze;
  return {question};
}

SizesReport sizes_of(const SizesOptions& options, const algo::Graph& graph, std::uint64_t dense,
                     const std::optional<algo::TrainConfig>& config) {
  SizesReport report{options, options.baseline, {}, {}, {}, {}};
  if (report.baseline.empty()) report.baseline = config ? config->name : options.net;
  const std::vector<compress::MaskQuestion> questions = questions_of(options, graph, config);
  if (config && options.coats.empty()) report.masks = algo::to_json(config->supermask);
  // What cannot be a model is refused before the counting, which takes longer.
  std::optional<model::Network> network;
  std::optional<OutputFolder> folder;
  if (options.model) {
    network = compress::random_model(graph, questions);
    if (config) network->input_transform = transform_of(*config, images_of(*config));
    model::check(*network, network->name);
    folder.emplace(options.common.out);
  }
  ThreadPool pool(options.common.threads);
  report.sizes = compress::sizes_of(graph, questions, dense, pool);
  if (network) {
    folder->make();
    report.model = options.common.file("model.wdm");
    model::write_model(*network, *report.model);
  }
  return report;
}

}  // namespace

void SizesOptions::declare(OptionSink& sink) {
  common.declare(sink);
  sink.path("config", config, Takes::Place::file,
            "network, data set and masks of a training configuration (JSON)", "--net, --dataset and --coats");
  sink.text(
      "net", net,
      "resnet18 ... resnet200, wide_resnet50, resnet20 ... resnet110, conv2 ... conv8, vgg11 ... vgg19, "
      "res_mlp_s12, _s24, _s36, _b24");
  sink.choice("dataset", dataset, {"cifar10", "cifar100", "imagenet"}, "images and classes");
  sink.numbers("fold", fold, 1, 1000,
               "comma-separated stages that are folded; of a ResMLP: its shared layers");
  sink.numbers("coats", coats, 0, 1, "comma-separated pruned fractions, one per coat",
               "0.7; with --config its masks");
  sink.choice("signs", signs, {"random", "learned"}, "signs of the weights", "random");
  sink.real("freeze", freeze, 0, 1, "share of weights frozen by a seed");
  sink.text("baseline", baseline, "the dense network to compare with", "the same, unfolded");
  for (const char* name : {"net", "dataset", "fold", "baseline"}) sink.exclude({"config", name});
  sink.flag("model", model,
            "write the network with random masks as OUT/model.wdm, for `compress`, `compile` and `run`");
  sink.call_values({{"net", "NETWORK"},
                    {"baseline", "NETWORK"},
                    {"fold", "STAGE"},
                    {"coats", "FRACTION"},
                    {"freeze", "FRACTION"}});
}

SizesReport sizes(const SizesOptions& options, Context&) {
  if (!options.config.empty()) {
    require_whole_masks(options);
    const algo::TrainConfig config = algo::load_config(options.config);
    const algo::Graph graph = graph_of(config, images_of(config));
    return sizes_of(options, graph, compress::dense_bytes(graph), config);
  }
  const algo::Graph graph = network_of(options.net, options.dataset, options.fold);
  const std::string baseline = options.baseline.empty() ? options.net : options.baseline;
  SizesReport report =
      sizes_of(options, graph, compress::dense_bytes(network_of(baseline, options.dataset, {})), {});
  report.idle_folds = idle_folds(options);
  return report;
}

nlohmann::json SizesReport::to_json() const {
  nlohmann::json value = sizes.to_json();
  if (asked.config.empty())
    value.update({{"net", asked.net}, {"dataset", asked.dataset}, {"fold", asked.fold}});
  else
    value["config"] = asked.config.string();
  if (masks)
    value["supermask"] = *masks;
  else
    value.update({{"coats", asked.coats.empty() ? compress::MaskQuestion{}.pruned : asked.coats},
                  {"signs", asked.signs.empty() ? "random" : asked.signs},
                  {"freeze", asked.freeze}});
  value["baseline"] = baseline;
  if (!idle_folds.empty()) value["fold_without_effect"] = idle_folds;
  if (model) value["model"] = model->string();
  return value;
}

}  // namespace wd::flow
