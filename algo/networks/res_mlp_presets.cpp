// SPDX-License-Identifier: Apache-2.0
// ResMLP at 224 x 224 in patches of 16 (Touvron et al., arXiv 2105.03404).
#include "algo/networks/network_config.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

struct ResMlpPreset {
  const char* name;
  int dim, depth;
};
constexpr ResMlpPreset res_mlps[] = {
    {"res_mlp_s12", 384, 12}, {"res_mlp_s24", 384, 24}, {"res_mlp_s36", 384, 36}, {"res_mlp_b24", 768, 24}};

}  // namespace

const std::vector<std::string>& res_mlp_presets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const ResMlpPreset& preset : res_mlps) list.emplace_back(preset.name);
    return list;
  }();
  return names;
}

NetworkConfig res_mlp_preset(const std::string& name, int folds, const std::string& origin) {
  std::string known;
  for (const ResMlpPreset& preset : res_mlps) {
    known += (known.empty() ? "" : ", ") + std::string(preset.name);
    if (name != preset.name) continue;
    WD_REQUIRE(folds >= 0 && (folds == 0 || preset.depth % folds == 0), origin, ": ", name, " has ",
               preset.depth, " layers, which ", folds, " shared ones do not divide; give 1 to ", preset.depth,
               " that do");
    NetworkConfig config;
    config.kind = NetworkKind::res_mlp;
    config.patch = 16;
    config.dim = preset.dim;
    config.channel_dim = 4 * preset.dim;
    config.depth = preset.depth;
    config.folds = folds;
    return config;
  }
  fail(origin, ": '", name, "' is unknown; ResMLPs are ", known);
}

}  // namespace wd::algo
