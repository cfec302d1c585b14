// SPDX-License-Identifier: Apache-2.0
// sizes: a published network's size by the papers' formulas and in real coded bytes.
#include "algo/compress/sizes.hpp"
#include "algo/data/dataset.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/job.hpp"

namespace wd::cli {
namespace {

/// ResMLP at 224 x 224 in patches of 16 (Touvron et al., arXiv 2105.03404).
struct TokenPreset {
  const char* name;
  int dim, depth;
};
constexpr TokenPreset token_presets[] = {
    {"res_mlp_s12", 384, 12}, {"res_mlp_s24", 384, 24}, {"res_mlp_s36", 384, 36}, {"res_mlp_b24", 768, 24}};

/// @param fold of a ResMLP: one number, the shared layers that its depth is folded into.
algo::NetworkConfig config_of(const std::string& name, const std::string& dataset,
                              const std::vector<int>& fold) {
  for (const TokenPreset& preset : token_presets) {
    if (name != preset.name) continue;
    WD_REQUIRE(dataset == "imagenet", "--net ", name, " is for --dataset imagenet, not ", dataset);
    WD_REQUIRE(fold.empty() || (fold.size() == 1 && fold[0] >= 1 && preset.depth % fold[0] == 0),
               "--fold: a ", name, " takes one number, the shared layers of its ", preset.depth,
               ", which must divide them");
    algo::NetworkConfig config;
    config.kind = algo::NetworkKind::res_mlp;
    config.patch = 16;
    config.dim = preset.dim;
    config.channel_dim = 4 * preset.dim;
    config.depth = preset.depth;
    config.folds = fold.empty() ? 0 : fold[0];
    return config;
  }
  return algo::resnet_preset(name, dataset == "imagenet", fold, "--net");
}

algo::Graph network_of(const std::string& name, const std::string& dataset, const std::vector<int>& fold) {
  const bool imagenet = dataset == "imagenet";
  const int side = imagenet ? 224 : 32;
  const int classes = imagenet ? 1000 : algo::dataset_info(dataset).classes;
  return algo::build_graph(config_of(name, dataset, fold), {side, side, 3}, classes);
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
