// SPDX-License-Identifier: Apache-2.0
// sizes: a published network's size by the papers' formulas and in real coded bytes.
#include "algo/compress/sizes.hpp"
#include "algo/data/dataset.hpp"
#include "algo/models/build.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/job.hpp"

namespace wd::cli {
namespace {

algo::Graph network_of(const std::string& name, const std::string& dataset, const std::vector<int>& fold) {
  const bool imagenet = dataset == "imagenet";
  const int side = imagenet ? 224 : 32;
  const int classes = imagenet ? 1000 : algo::dataset_info(dataset).classes;
  return algo::build_graph(algo::resnet_preset(name, imagenet, fold, "--net"), {side, side, 3}, classes);
}

}  // namespace

nlohmann::json stage_sizes(Job& job) {
  const SizesFlags& flags = job.sizes;
  WD_REQUIRE(flags.dataset == "cifar10" || flags.dataset == "cifar100" || flags.dataset == "imagenet",
             "--dataset is '", flags.dataset, "', must be cifar10, cifar100 or imagenet");
  const std::string baseline = flags.baseline.empty() ? flags.net : flags.baseline;
  ThreadPool pool(job.threads);
  const algo::Graph graph = network_of(flags.net, flags.dataset, flags.fold);
  const compress::MaskQuestion question{flags.pruned, flags.learned_signs, flags.frozen};
  const compress::Sizes sizes = compress::sizes_of(
      graph, question, compress::dense_bytes(network_of(baseline, flags.dataset, {})), pool);
  nlohmann::json report = sizes.to_json();
  if (flags.write_model) {
    make_output_folder(job.out);
    model::write_model(compress::random_model(graph, question), job.file("model.wdm"));
    report["model"] = job.file("model.wdm").string();
  }
  report.update({{"net", flags.net},
                 {"dataset", flags.dataset},
                 {"fold", flags.fold},
                 {"coats", flags.pruned},
                 {"signs", flags.learned_signs ? "learned" : "random"},
                 {"freeze", flags.frozen},
                 {"baseline", baseline}});
  return report;
}

}  // namespace wd::cli
