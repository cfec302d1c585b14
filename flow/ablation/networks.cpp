// SPDX-License-Identifier: Apache-2.0
#include "flow/ablation/networks.hpp"

#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "algo/compress/random_masks.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "base/sha256.hpp"
#include "base/work_shares.hpp"
#include "flow/chain.hpp"
#include "flow/compress.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::flow::ablation {
namespace {

constexpr const char* random_folder = "random";

model::Network random_network(const algo::TrainConfig& config, const NetworkImages& images) {
  const algo::Graph graph = graph_of(config, images);
  model::Network network =
      compress::random_model(graph, compress::questions_of(config.supermask, graph.weights));
  network.input_transform = transform_of(config, images);
  return network;
}

model::Network given_network(const std::filesystem::path& folder) {
  return stream::decode_network(Container::parse(read_product(Product::compressed, folder).bytes,
                                                 stream::compressed_kind,
                                                 file_of(Product::compressed, folder).string()));
}

std::set<std::size_t> networks_of(const std::vector<const Row*>& wanted) {
  std::set<std::size_t> networks;
  for (const Row* row : wanted) networks.insert(row->network);
  return networks;
}

/// As far as it is known before it is made; none where the chip has no such network.
std::optional<model::Network> network_before(const Plan& plan, std::size_t network,
                                             const MakeOptions& options) {
  const algo::TrainConfig& config = plan.networks[network].config;
  if (plan.source == Source::given) return given_network(plan.model);
  const NetworkImages images = images_of(plan, options);
  if (plan.source == Source::random) return random_network(config, images);
  return untrained_network(config, images).network;
}

void check_programs(const Plan& plan, const std::vector<const Row*>& wanted, std::size_t network,
                    const MakeOptions& options) {
  const std::optional<model::Network> before = network_before(plan, network, options);
  if (!before) return;
  std::set<std::string> seen;
  for (const Row* row : wanted) {
    if (row->network != network) continue;
    Design design = row->design;
    design.switches = {};  // no matter of the compiler
    if (!seen.insert(explore::content_of(design).dump()).second) continue;
    try {
      compiler::compile(*before, design.compile);
    } catch (const Error& error) {
      fail(plan.origin, ": ", row->name, ": ", error.what());
    }
  }
}

/// As a study does it: a person may have compressed it with other norms.
bool is_compressed(const std::filesystem::path& folder, const std::string& model_sha256) {
  try {
    const std::string found = read_product(Product::compressed, folder).sha256;
    const std::filesystem::path record = folder / "compress.json";
    const nlohmann::json how = parse_json(read_file(record), record.string() + ":");
    return source_of(Product::compressed, folder, found) == model_sha256 && how.at("norms") == "fp16";
  } catch (const std::exception&) {
    return false;  // none yet, or one of an earlier model or program
  }
}

/// The model's file, and where it lies.
class Maker {
 public:
  Maker(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options, Context& context)
      : plan_(plan),
        options_(options),
        context_(context),
        wanted_(networks_of(wanted)),
        shares_(options.out / ".model-claims") {
    networks_.samples.resize(plan.networks.size());
  }

  Networks make() && {
    if (plan_.source == Source::given) {
      networks_.samples[0].push_back(sample(plan_.model));
      return std::move(networks_);
    }
    if (plan_.source == Source::random)
      for (const std::size_t network : wanted_) networks_.samples[network].push_back(random(network));
    else
      train(*options_.images);
    return std::move(networks_);
  }

 private:
  Sample sample(const std::filesystem::path& folder) {
    networks_.models.push_back({folder.string(), folder});
    return {networks_.models.size() - 1, {}};
  }

  /// Unless it is done; by one process, where several work on this study.
  void once(const std::filesystem::path& folder, const std::function<bool()>& is_done,
            const std::function<void()>& make) {
    while (!is_done()) {
      context_.check_stop("interrupted; the same command goes on with what is not finished");
      if (const auto share = shares_.take(folder.lexically_relative(options_.out).string())) {
        if (!is_done()) make();
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  }

  void compress_model(const std::filesystem::path& folder) {
    CompressOptions options;
    options.common.out = folder;
    options.common.threads = options_.run.threads;
    options.data = options_.data;
    compress(options, context_);
  }

  Sample random(std::size_t network) {
    const auto& [name, config] = plan_.networks[network];
    const model::Network made = random_network(config, images_of(plan_, options_));
    const std::string digest = sha256(model::encode_model(made, name).serialize());
    const std::filesystem::path folder = network_folder(options_.out, digest);
    once(
        folder, [&] { return is_compressed(folder, digest); },
        [&] {
          OutputFolder own(folder);
          own.make();
          model::write_model(made, file_of(Product::model, folder));
          compress_model(folder);
        });
    link_folder(options_.out / name / random_folder, folder);
    return sample(folder);
  }

  void train(const algo::Dataset& data) {
    const std::string images = images_key(data);
    std::vector<Training> trainings;
    std::vector<std::string> names;
    for (const std::size_t network : wanted_)
      for (const std::uint64_t seed : plan_.seeds) {
        const auto& [name, config] = plan_.networks[network];
        trainings.push_back(study_training(options_.out, name, config, seed, images));
        names.push_back(text(name, " seed ", seed));
      }
    std::vector<TrainReport> reports = train_all(trainings, data, images, options_.out / ".claims",
                                                 options_.run, context_, telling(std::move(names), context_));
    std::size_t next = 0;
    for (const std::size_t network : wanted_)
      for (std::size_t s = 0; s < plan_.seeds.size(); ++s, ++next) {
        const std::filesystem::path& folder = trainings[next].folder;
        const TrainReport& report = reports[next];
        const bool for_chip = !report.model_sha256.empty() && report.no_hardware.empty();
        if (for_chip)
          once(
              folder, [&] { return is_compressed(folder, report.model_sha256); },
              [&] { compress_model(folder); });
        Sample made = for_chip ? sample(folder) : Sample{};
        made.training = report;
        networks_.samples[network].push_back(std::move(made));
      }
  }

  const Plan& plan_;
  const MakeOptions& options_;
  Context& context_;
  std::set<std::size_t> wanted_;
  WorkShares shares_;  // of models' files
  Networks networks_;
};

}  // namespace

NetworkImages images_of(const Plan& plan, const MakeOptions& options) {
  return options.images ? flow::images_of(options.images->train)
                        : flow::images_of(plan.networks.front().config);
}

void check_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options) {
  const std::string images = plan.source == Source::trained ? images_key(*options.images) : "";
  for (const std::size_t network : networks_of(wanted)) {
    check_programs(plan, wanted, network, options);
    if (plan.source != Source::trained) continue;
    const auto& [name, config] = plan.networks[network];
    for (const std::uint64_t seed : plan.seeds)
      require_usable(study_training(options.out, name, config, seed, images), options.run.fresh);
  }
}

Networks make_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options,
                       Context& context) {
  return Maker(plan, wanted, options, context).make();
}

}  // namespace wd::flow::ablation
