// SPDX-License-Identifier: Apache-2.0
#include "flow/study_trainings.hpp"

#include <algorithm>
#include <cstdio>

#include "algo/train/trainer.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "flow/content_key.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

/// Endings of what studies write beside their variants' folders.
constexpr const char* file_endings[] = {".json", ".csv",  ".html",    ".svg",
                                        ".kept", ".lock", ".partial", ".study"};
/// Folders beside the variants' own.
constexpr const char* networks_folder = "networks";
constexpr const char* own_folders[] = {networks_folder, "slurm"};

}  // namespace

void require_folder_name(const std::string& name, const std::string& origin) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  WD_REQUIRE(
      !name.empty() && name.size() <= 100 && name[0] != '.' && std::all_of(name.begin(), name.end(), allowed),
      origin, ": 'variants' has the name ", shown(name),
      ", which is to be a folder's; use 1 to 100 letters, digits, '_', '-' and '.', with no '.' first");
  for (const char* ending : file_endings)
    WD_REQUIRE(!name.ends_with(ending), origin, ": 'variants' has the name ", shown(name),
               ", which is to be a folder's, but the study's own files end with ", ending,
               "; leave that out");
  for (const char* own : own_folders)
    WD_REQUIRE(name != own, origin, ": 'variants' has the name ", shown(name),
               ", which is a folder of the study's own; choose another");
}

std::string read_name(JsonReader& reader) {
  constexpr std::size_t longest = 100;
  auto name = reader.get<std::string>("name");
  const bool is_line = std::none_of(name.begin(), name.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  WD_REQUIRE(is_line && name.find_first_not_of(' ') != std::string::npos && name.size() <= longest,
             reader.origin(), ": 'name' is ", shown(nlohmann::json(name)), ", must be a line of 1 to ",
             longest, " bytes");
  return name;
}

std::vector<std::uint64_t> read_seeds(JsonReader& reader) {
  const json& list = reader.list("seeds");
  WD_REQUIRE(!list.empty(), reader.origin(), ": 'seeds' is empty; give at least one");
  std::vector<std::uint64_t> seeds;
  for (const json& one : list) {
    WD_REQUIRE(one.is_number_unsigned() && one != 0, reader.origin(), ": 'seeds' holds ", shown(one),
               ", must be whole numbers from 1");
    const auto seed = one.get<std::uint64_t>();
    WD_REQUIRE(std::count(seeds.begin(), seeds.end(), seed) == 0, reader.origin(), ": 'seeds' names ", seed,
               " twice; the same training again says nothing about chance");
    seeds.push_back(seed);
  }
  return seeds;
}

void require_same_data(const std::vector<NamedConfig>& configs, const std::string& origin) {
  const algo::TrainConfig& first = configs.front().config;
  for (const auto& [name, config] : configs) {
    const std::string where = origin + ": " + name;
    WD_REQUIRE(config.dataset == first.dataset, where, ": 'dataset' is ", config.dataset,
               ", the first variant's ", first.dataset, "; make it a study of its own");
    WD_REQUIRE(config.image_size == first.image_size, where, ": 'image_size' is ", config.image_size,
               ", the first variant's ", first.image_size, "; make it a study of its own");
  }
}

json content_of(const algo::TrainConfig& config) {
  json value = algo::to_json(config);
  value.erase("name");
  value.erase("seed");
  return value;
}

void require_different(const std::vector<NamedConfig>& configs, const std::string& origin) {
  for (std::size_t v = 0; v < configs.size(); ++v)
    for (std::size_t other = 0; other < v; ++other)
      WD_REQUIRE(content_of(configs[v].config) != content_of(configs[other].config), origin, ": variants '",
                 configs[other].name, "' and '", configs[v].name,
                 "' are the same training; leave one out, or give it a difference");
}

algo::TrainConfig seeded(algo::TrainConfig config, std::uint64_t seed) {
  config.seed = seed;
  return config;
}

std::filesystem::path network_folder(const std::filesystem::path& out, const std::string& content) {
  return out / networks_folder / sha256_of(content).substr(0, 16);
}

Training study_training(const std::filesystem::path& out, const std::string& variant,
                        const algo::TrainConfig& config, std::uint64_t seed, const std::string& images,
                        const std::filesystem::path& teacher) {
  WD_ASSERT(config.distillation.on() == !teacher.empty());
  json decisive = content_of(config);
  if (!teacher.empty()) decisive["distillation"]["teacher"] = teacher.filename();  // of its own content
  const json content = {
      {"config", decisive}, {"seed", seed}, {"images", images}, {"version", algo::training_version}};
  return {seeded(config, seed), network_folder(out, content.dump()), out / variant / text("seed_", seed)};
}

void require_usable(const Training& training, bool fresh) {
  std::error_code code;
  const std::filesystem::path variant = training.link.parent_path();
  WD_REQUIRE(!std::filesystem::exists(variant, code) || std::filesystem::is_directory(variant, code),
             variant.string(), ": is no folder, where the study keeps a variant's; move it away");
  WD_REQUIRE(
      std::filesystem::is_symlink(training.link, code) || !std::filesystem::exists(training.link, code),
      training.link.string(), ": is there, where the study makes a link; to keep its training `mv ",
      shell_word(training.link.string()), " ", shell_word(training.folder.string()), "`, else remove it");
  if (!fresh) continues(training.config, training.folder);
}

std::function<void(const TrainingNews&)> telling(std::vector<std::string> names, const Context& context) {
  return [names = std::move(names), &context, seconds = 0.0, known = 0](const TrainingNews& news) mutable {
    char accuracy[20];
    std::snprintf(accuracy, sizeof accuracy, "%.2f %%", 100 * news.report.accuracy_fp32);
    seconds += news.report.seconds;
    ++known;
    const double left = seconds / known * static_cast<double>(news.left);
    context.say(text(
        names[news.index], ": ", accuracy, news.kept ? ", kept" : "",
        news.left == 0 ? std::string() : text(", ", news.left, " to train, at most ", duration_text(left))));
  };
}

void refuse_fresh_on_slurm(bool fresh, const Context& context) {
  WD_REQUIRE(!fresh || !context.shares_work(),
             "--fresh begins all again in every process, --slurm shares it; choose another --out, or leave "
             "one of them out");
}

}  // namespace wd::flow
