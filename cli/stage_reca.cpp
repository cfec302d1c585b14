// SPDX-License-Identifier: Apache-2.0
// reca: configuration and images to reca.json, one reca-seed-N.json per seed, and forest.wdf (first seed).
#include <zlib.h>

#include <cstdio>

#include "algo/data/dataset.hpp"
#include "algo/reservoir/reca.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/job.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

template <typename T>
std::uint32_t crc_of(const std::vector<T>& values, std::uint32_t start = 0) {
  return static_cast<std::uint32_t>(
      crc32_z(start, reinterpret_cast<const Bytef*>(values.data()), values.size() * sizeof(T)));
}

algo::RecaConfig resolve_reca_config(const Job& job) {
  algo::RecaConfig config = !job.config.empty() ? algo::load_reca_config(job.config)
                            : job.quick         ? algo::quick_reca_config()
                                                : algo::reca_config();
  if (job.seed != 0) config.seeds = {job.seed};
  if (!job.seeds.empty()) config.seeds = job.seeds;
  return config;
}

algo::Dataset open_images(const Job& job, const std::string& dataset) {
  WD_REQUIRE(dataset == "fashion-mnist" || !job.data.empty(), "data set ", dataset,
             " has no default folder; name the one that holds its IDX files with --data");
  return algo::open_dataset(dataset, job.data);
}

/// What a seed's result depends on besides the seed.
json make_origin(const algo::RecaConfig& config, const algo::Dataset& data) {
  json origin = algo::to_json(config);
  origin.erase("seeds");
  origin.erase("name");
  std::uint32_t crc = 0;
  for (const algo::ImageSet* half : {&data.train, &data.test})
    crc = crc_of(half->labels, crc_of(half->pixels, crc));
  return {{"config", origin}, {"data_crc", crc}};
}

/// The result that an earlier call left, if it is of the same configuration, images and forest file.
json load_kept(const std::filesystem::path& path, const json& origin, const std::filesystem::path& forest) {
  if (!std::filesystem::exists(path)) return nullptr;
  const Bytes bytes = read_file(path);
  json kept;
  try {
    kept = json::parse(bytes.begin(), bytes.end());
    if (kept.at("origin") != origin) return nullptr;
    const auto crc = kept.at("forest_crc").get<std::uint32_t>();
    if (!forest.empty() && (!std::filesystem::exists(forest) || crc_of(read_file(forest)) != crc))
      return nullptr;
    return kept.at("report");
  } catch (const json::exception& error) {
    fail(path.string(), ": is no result of this command (", error.what(),
         "); --fresh starts again without it");
  }
}

constexpr const char* variants[] = {"reservoir", "no_reservoir", "no_reservoir_same_draws"};

std::string format(const char* pattern, auto... values) {
  char buffer[120];
  std::snprintf(buffer, sizeof buffer, pattern, values...);
  return buffer;
}

std::string accuracy_text(const json& summary, const char* readout, const char* variant) {
  const json& figures = summary.at(readout);
  if (figures.is_null() || !figures.contains(variant)) return "-";
  const json& accuracy = figures.at(variant).at("accuracy");
  const std::string mean = format("%.2f", 100 * accuracy.at("mean").get<double>());
  if (accuracy.at("deviation").is_null()) return mean + " %";
  return mean + format(" +- %.2f %%", 100 * accuracy.at("deviation").get<double>());
}

/// The mean over the seeds, without the decimals that nobody reads.
std::string count_text(const json& summary, const char* variant, const json::json_pointer& key) {
  double sum = 0;
  for (const json& seed : summary.at("seeds")) {
    const json& figures = seed.at(variant);
    if (!figures.contains(key)) return "-";
    sum += figures.at(key).get<double>();
  }
  return format("%.0f", sum / static_cast<double>(summary.at("seeds").size()));
}

}  // namespace

std::string show_reca(const Job& job, const json& summary) {
  const json& first = summary.at("seeds").at(0);
  std::string out =
      text(first.at("train_images"), " training images, accuracy on ", first.at("measured_images"), " ",
           first.at("measured_on").get<std::string>(), " images, ", summary.at("seeds").size(), " seeds\n\n");
  out += format("%-26s %18s %18s\n", "accuracy", "forest", "linear");
  for (const char* variant : variants)
    out += format("%-26s %18s %18s\n", variant, accuracy_text(summary, "forest", variant).c_str(),
                  accuracy_text(summary, "linear", variant).c_str());
  const auto count_row = [&](const char* name, const char* key) {
    std::string row = format("%-34s", name);
    for (const char* variant : variants)
      row += format(" %12s", count_text(summary, variant, json::json_pointer(key)).c_str());
    out += row + "\n";
  };
  out += format("\n%-34s %12s %12s %12s\n", "per image", "reservoir", "none", "same draws");
  count_row("features", "/features");
  count_row("bit tests of the forest", "/lazy/bit_tests");
  count_row("cells computed, lazy", "/lazy/cells_computed");
  count_row("cells computed, full", "/full/cells_computed");
  count_row("operands of the rules, lazy", "/lazy/cells_read");
  count_row("operands of the rules, full", "/full/cells_read");
  count_row("state, lazy (bits)", "/lazy/state_bits");
  count_row("state, full (bits)", "/full/state_bits");
  count_row("additions of the linear readout", "/linear/additions");
  out += "\nmemory\n";
  count_row("inner nodes of the forest", "/forest/inner_nodes");
  count_row("forest by the formula (bits)", "/forest/formula_bits");
  count_row("forest, packed (bits)", "/forest/packed_bits");
  count_row("weights of the linear readout (bits)", "/linear/weight_bits");
  return out + "\nall figures: " + job.file("reca.json").string() + "\n";
}

json stage_reca(Job& job) {
  const algo::RecaConfig config = resolve_reca_config(job);
  job.hold(job.out);
  const algo::Dataset data = open_images(job, config.dataset);
  const json origin = make_origin(config, data);
  ThreadPool pool(job.threads);
  std::vector<json> reports;
  for (std::size_t i = 0; i < config.seeds.size(); ++i) {
    const std::string name = text("reca-seed-", config.seeds[i], ".json");
    const std::filesystem::path forest = i == 0 ? job.file("forest.wdf") : std::filesystem::path();
    if (json kept = job.fresh ? json() : load_kept(job.out / name, origin, forest); !kept.is_null()) {
      std::fprintf(stderr, "reca: seed %llu is kept from %s (--fresh starts again)\n",
                   static_cast<unsigned long long>(config.seeds[i]), (job.out / name).c_str());
      reports.push_back(std::move(kept));
      continue;
    }
    algo::RecaResult result;
    {
      Progress progress(text("reca seed ", config.seeds[i]), 1);
      algo::RecaOptions options{&interrupted,
                                [&](double done, const std::string& note) { progress.update(done, note); }};
      result = algo::run_reca(config, config.seeds[i], data.train, data.test, pool, options);
    }
    WD_REQUIRE(result.finished, "interrupted in seed ", config.seeds[i], "; ", i,
               " finished seeds are kept, and the same command continues with this one");
    const Bytes file = algo::to_container(result.forest).serialize();
    if (!forest.empty()) write_file(forest, file);
    job.write_json(name.c_str(),
                   {{"origin", origin}, {"forest_crc", crc_of(file)}, {"report", result.report}});
    reports.push_back(std::move(result.report));
  }
  json summary = algo::summarize_reca(config, reports);
  summary["data_verified"] = data.verified();
  job.write_json("reca.json", summary);
  return summary;
}

}  // namespace wd::cli
