// SPDX-License-Identifier: Apache-2.0
// study: a baseline configuration and named differences from it, each trained with several seeds, and claims
// that compare them. Finished runs are kept: a study continues where it was stopped.
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "cli/training.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

struct Claim {
  std::string text, better, than;
  double margin = 0;  // in accuracy: "not worse than" is a negative one
};

struct Study {
  std::string name;
  json baseline;
  std::vector<std::uint64_t> seeds;
  std::vector<std::pair<std::string, json>> variants;  // merge patches (RFC 7396) of the baseline
  std::vector<Claim> claims;
};

json parse_file(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string() + ":");
}

bool has_variant(const Study& study, const std::string& name) {
  for (const auto& [variant, patch] : study.variants)
    if (variant == name) return true;
  return false;
}

Study read_study(const std::filesystem::path& path) {
  WD_REQUIRE(!path.empty(), "--config is missing; name a study, like algo/studies/mask_orderings.json");
  const json value = parse_file(path);
  JsonReader reader(value, path.string());
  Study study;
  study.name = reader.get<std::string>("name");
  study.baseline = parse_file(path.parent_path() / reader.get<std::string>("baseline"));
  study.seeds = reader.get<std::vector<std::uint64_t>>("seeds");
  WD_REQUIRE(!study.seeds.empty(), path.string(), ": 'seeds' is empty; give at least one");
  const json variants = reader.child("variants");
  WD_REQUIRE(variants.is_object() && !variants.empty(), path.string(),
             ": 'variants' must be an object of differences");
  for (const auto& item : variants.items()) study.variants.emplace_back(item.key(), item.value());
  if (reader.has("claims"))
    for (const json& item : reader.child("claims")) {
      JsonReader claim(item, path.string() + ": claims");
      study.claims.push_back({claim.get<std::string>("claim"), claim.get<std::string>("better"),
                              claim.get<std::string>("than"), claim.get("margin", 0.0)});
      claim.refuse_unknown();
      for (const std::string& name : {study.claims.back().better, study.claims.back().than})
        WD_REQUIRE(has_variant(study, name), path.string(), ": claims: '", name, "' is no variant");
    }
  reader.refuse_unknown();
  return study;
}

algo::TrainConfig config_of(const Study& study, const json& patch, const std::string& origin) {
  json merged = study.baseline;
  merged.merge_patch(patch);
  return algo::config_from_json(merged, origin);
}

/// The images are opened once for all variants.
void require_same_data(const algo::TrainConfig& config, const algo::TrainConfig& first,
                       const std::string& origin) {
  WD_REQUIRE(config.dataset == first.dataset, origin, ": 'dataset' is ", config.dataset,
             ", the first variant's ", first.dataset, "; make it a study of its own");
  WD_REQUIRE(config.image_size == first.image_size, origin, ": 'image_size' is ", config.image_size,
             ", the first variant's ", first.image_size, "; make it a study of its own");
}

/// A finished run of the same configuration, measured for the same architecture, or null.
json kept_run(const std::filesystem::path& folder, const algo::TrainConfig& config, const arch::Arch& arch) {
  const std::filesystem::path file = folder / "train.json";
  if (!std::filesystem::exists(file)) return nullptr;
  const json run = parse_file(file);
  return run.value("config", json()) == algo::to_json(config) &&
                 run.value("arch", json()) == arch::to_json(arch)
             ? run
             : json(nullptr);
}

/// The difference of the means in units of its standard error decides: two and more is a difference.
json judge(const Claim& claim, const json& results, std::size_t seeds) {
  const json &a = results.at(claim.better).at("accuracy_fp32"),
             &b = results.at(claim.than).at("accuracy_fp32");
  const double difference = a.at("mean").get<double>() - b.at("mean").get<double>() - claim.margin;
  const double error = std::sqrt(
      (std::pow(a.at("deviation").get<double>(), 2) + std::pow(b.at("deviation").get<double>(), 2)) /
      static_cast<double>(seeds));
  const std::string verdict = seeds < 2                 ? "one seed: no verdict"
                              : difference > 2 * error  ? "holds"
                              : difference < -2 * error ? "does not hold"
                                                        : "within noise";
  return {{"claim", claim.text},
          {"better", claim.better},
          {"than", claim.than},
          {"margin", claim.margin},
          {"difference", difference + claim.margin},
          {"standard_error", error},
          {"verdict", verdict}};
}

}  // namespace

json stage_study(Job& job) {
  const Study study = read_study(job.config);
  const arch::Arch arch = resolve_arch(job);
  // All configurations are checked before the first training.
  const algo::TrainConfig first = config_of(study, study.variants.front().second, job.config.string());
  for (const auto& [name, patch] : study.variants)
    require_same_data(config_of(study, patch, job.config.string() + ": " + name), first,
                      job.config.string() + ": " + name);
  const algo::Dataset data = open_data(job, first);
  json results = json::object();
  for (const auto& [name, patch] : study.variants) {
    json runs = json::array();
    for (std::uint64_t seed : study.seeds) {
      algo::TrainConfig config = config_of(study, patch, job.config.string() + ": " + name);
      config.seed = seed;
      const std::filesystem::path folder = job.out / name / text("seed_", seed);
      json run = kept_run(folder, config, arch);
      if (run.is_null()) run = train_one(job, config, data, folder);
      std::fprintf(stderr, "%s seed %s: %.2f %%\n", name.c_str(), std::to_string(seed).c_str(),
                   100 * run.at("accuracy_fp32").get<double>());
      run.erase("history");
      run.erase("config");
      runs.push_back(std::move(run));
    }
    json& result = results[name];
    result["runs"] = runs;
    for (const char* key : {"accuracy_fp32", "accuracy_hw", "seconds", "bits_per_weight", "bytes",
                            "value_sparsity", "cycles", "compressed_bytes", "offchip_ratio", "onchip_ratio"})
      result[key] = spread(runs, key);
  }
  json claims = json::array();
  for (const Claim& claim : study.claims) claims.push_back(judge(claim, results, study.seeds.size()));
  json report{{"name", study.name},
              {"seeds", study.seeds},
              {"arch", arch::to_json(arch)},
              {"results", results},
              {"claims", claims}};
  job.write_json("study.json", report);
  return report;
}

}  // namespace wd::cli
