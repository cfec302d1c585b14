// SPDX-License-Identifier: Apache-2.0
#include "flow/reca.hpp"

#include <zlib.h>

#include "algo/data/dataset.hpp"
#include "algo/reservoir/reca.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

template <typename T>
std::uint32_t crc_of(const std::vector<T>& values, std::uint32_t start = 0) {
  return static_cast<std::uint32_t>(
      crc32_z(start, reinterpret_cast<const Bytef*>(values.data()), values.size() * sizeof(T)));
}

algo::RecaConfig resolve_config(const RecaOptions& options) {
  algo::RecaConfig config = !options.config.empty() ? algo::load_reca_config(options.config)
                            : options.quick         ? algo::quick_reca_config()
                                                    : algo::reca_config();
  if (options.seed != 0) config.seeds = {options.seed};
  if (!options.seeds.empty()) config.seeds = options.seeds;
  return config;
}

void require_data_folder(const RecaOptions& options, const std::string& dataset) {
  WD_REQUIRE(!options.data.data.empty() || !algo::dataset_info(dataset).default_folder.empty(), "data set ",
             dataset, " has no default folder; name the one that holds its IDX files with --data");
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

/// The result that an earlier call left, if it is of the same configuration, images and forest file; or null.
json load_kept(const std::filesystem::path& path, const json& origin, const std::filesystem::path& forest) {
  if (!std::filesystem::exists(path)) return nullptr;
  const std::string remedy = "; --fresh starts again without it";
  const json kept = parse_json(read_file(path), path.string() + ":", remedy);
  try {
    if (kept.at("origin") != origin) return nullptr;
    const auto crc = kept.at("forest_crc").get<std::uint32_t>();
    if (!forest.empty() && (!std::filesystem::exists(forest) || crc_of(read_file(forest)) != crc))
      return nullptr;
    return kept.at("report");
  } catch (const json::exception& error) {
    fail(path.string(), ": is no result of this command (", error.what(), ")", remedy);
  }
}

class RecaRun {
 public:
  RecaRun(const RecaOptions& options, const algo::RecaConfig& config, const algo::Dataset& data,
          Context& context)
      : options_(options),
        context_(context),
        config_(config),
        data_(data),
        origin_(make_origin(config, data)),
        pool_(options.common.threads) {}

  json seed(std::size_t i) {
    const std::uint64_t seed = config_.seeds[i];
    const std::filesystem::path file = options_.common.out / text("reca-seed-", seed, ".json"),
                                forest =
                                    i == 0 ? options_.common.out / "forest.wdf" : std::filesystem::path();
    if (!options_.fresh)
      if (json kept = load_kept(file, origin_, forest); !kept.is_null()) {
        context_.say(text("reca: seed ", seed, " is kept from ", file.string(), " (--fresh starts again)"));
        return kept;
      }
    const algo::RecaResult result = measure(seed);
    WD_REQUIRE(result.finished, "interrupted in seed ", seed, "; ", i,
               " finished seeds are kept, and the same command continues with this one");
    const Bytes bytes = algo::to_container(result.forest).serialize();
    if (!forest.empty()) write_file(forest, bytes);
    const json kept{{"origin", origin_}, {"forest_crc", crc_of(bytes)}, {"report", result.report}};
    write_json(file, kept);
    return result.report;
  }

 private:
  algo::RecaResult measure(std::uint64_t seed) {
    Progress progress(text("reca seed ", seed), 1);
    const algo::RecaOptions options{
        context_.stop(), [&](double done, const std::string& note) { progress.update(done, note); }};
    return algo::run_reca(config_, seed, data_.train, data_.test, pool_, options);
  }

  const RecaOptions& options_;
  Context& context_;
  const algo::RecaConfig& config_;
  const algo::Dataset& data_;
  json origin_;
  ThreadPool pool_;
};

}  // namespace

void RecaOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  sink.path("config", config, Takes::Place::file, "reservoir configuration (JSON)", "the measured one");
  sink.seed("seed", seed, "seed of the readouts", "the configuration's");
  sink.seeds("seeds", seeds, "comma-separated seeds; each fills OUT/reca-seed-N.json");
  sink.exclude({"seed", "seeds"});
  sink.exclude({"quick", "config"});
  sink.flag("quick", quick, "fewer images and trees");
  sink.flag("fresh", fresh, "start again instead of keeping finished seeds");
}

RecaReport reca(const RecaOptions& options, Context& context) {
  const algo::RecaConfig config = resolve_config(options);
  require_data_folder(options, config.dataset);
  OutputFolder folder(options.common.out);
  const algo::Dataset data = algo::open_dataset(config.dataset, options.data.data);
  folder.make();
  RecaRun run(options, config, data, context);
  std::vector<json> reports;
  for (std::size_t i = 0; i < config.seeds.size(); ++i) reports.push_back(run.seed(i));
  const RecaReport report{algo::summarize_reca(config, reports), data.verified()};
  write_json(options.common.file("reca.json"), report.to_json());
  return report;
}

json RecaReport::to_json() const {
  json value = summary;
  value["data_verified"] = data_verified;
  return value;
}

}  // namespace wd::flow
