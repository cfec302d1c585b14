// SPDX-License-Identifier: Apache-2.0
#include "flow/sizes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "base/output_folder.hpp"

namespace wd::flow {
namespace {

algo::NetworkConfig config_of(const std::string& net, const std::string& dataset,
                              const std::vector<int>& fold) {
  const std::vector<std::string>& token_mlps = algo::res_mlp_presets();
  if (std::find(token_mlps.begin(), token_mlps.end(), net) == token_mlps.end())
    return algo::resnet_preset(net, dataset == "imagenet", fold, "--net");
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

}  // namespace

void SizesOptions::declare(OptionSink& sink) {
  common.declare(sink);
  sink.text("net", net,
            "resnet18 ... resnet200, wide_resnet50, resnet20 ... resnet110, res_mlp_s12, _s24, _s36, _b24");
  sink.choice("dataset", dataset, {"cifar10", "cifar100", "imagenet"}, "images and classes");
  sink.numbers("fold", fold, 1, 1000,
               "comma-separated stages that are folded; of a ResMLP: its shared layers");
  sink.numbers("coats", coats, 0, 1, "comma-separated pruned fractions, one per coat");
  sink.choice("signs", signs, {"random", "learned"}, "signs of the weights");
  sink.real("freeze", freeze, 0, 1, "share of weights frozen by a seed");
  sink.text("baseline", baseline, "the dense network to compare with", "the same, unfolded");
  sink.flag("model", model, "write the network with random masks as OUT/model.wdm, for `compress`");
}

SizesReport sizes(const SizesOptions& options, Context&) {
  SizesReport report{options, options.baseline.empty() ? options.net : options.baseline, {}, {}};
  const algo::Graph graph = network_of(options.net, options.dataset, options.fold);
  const compress::MaskQuestion question{options.coats, options.signs == "learned", options.freeze};
  const std::uint64_t dense = compress::dense_bytes(network_of(report.baseline, options.dataset, {}));
  // What cannot be a model is refused before the counting, which takes longer.
  std::optional<model::Network> network;
  std::optional<OutputFolder> folder;
  if (options.model) {
    network = compress::random_model(graph, question);
    folder.emplace(options.common.out);
  }
  ThreadPool pool(options.common.threads);
  report.sizes = compress::sizes_of(graph, question, dense, pool);
  if (network) {
    folder->make();
    report.model = options.common.file("model.wdm");
    model::write_model(*network, *report.model);
  }
  return report;
}

nlohmann::json SizesReport::to_json() const {
  nlohmann::json value = sizes.to_json();
  value.update({{"net", asked.net},
                {"dataset", asked.dataset},
                {"fold", asked.fold},
                {"coats", asked.coats},
                {"signs", asked.signs},
                {"freeze", asked.freeze},
                {"baseline", baseline}});
  if (model) value["model"] = model->string();
  return value;
}

}  // namespace wd::flow
