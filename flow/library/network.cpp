// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <whitedwarf/network.hpp>

#include "algo/data/dataset.hpp"
#include "algo/data/image_folder.hpp"
#include "algo/train/trainer.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "flow/library/network_body.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace whitedwarf {
namespace {

Network made_of(wd::model::Network network) {
  return Network(std::make_shared<const Network::Body>(Network::Body{std::move(network)}));
}

bool begins_with(const wd::Bytes& bytes, const wd::FileKind& kind) {
  return bytes.size() >= kind.magic.size() && std::equal(kind.magic.begin(), kind.magic.end(), bytes.begin());
}

wd::algo::TrainConfig configuration_of(const std::string& text) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const std::string origin = "configuration";
  return wd::algo::config_from_json(wd::parse_json(bytes, origin + ":"), origin);
}

}  // namespace

Network Network::read(const std::filesystem::path& path) {
  wd::Bytes bytes = wd::read_file(path);
  if (begins_with(bytes, wd::stream::compressed_kind))
    return made_of(wd::stream::decode_network(
        wd::Container::parse(std::move(bytes), wd::stream::compressed_kind, path.string())));
  return made_of(
      wd::model::decode_model(wd::Container::parse(std::move(bytes), wd::model::model_kind, path.string())));
}

void Network::write(const std::filesystem::path& path) const { wd::model::write_model(body().network, path); }

std::size_t Network::write_compressed(const std::filesystem::path& path) const {
  return wd::stream::write_compressed(body().network, path).total_bytes;
}

std::string Network::name() const { return body().network.name; }
std::size_t Network::weights() const { return body().network.weight_count(); }
int Network::classes() const { return body().network.classes; }
std::size_t Network::image_bytes() const { return body().network.input_transform.image_bytes(); }
std::string Network::description() const { return wd::model::describe(body().network).dump(1); }

Training train(const std::string& configuration, const TrainOptions& options) {
  const wd::algo::TrainConfig config = configuration_of(configuration);
  const wd::algo::Dataset data =
      wd::algo::open_dataset(config.dataset, options.data, true, wd::algo::customary_size(config.image_size));
  wd::algo::TrainOptions how;
  how.threads = options.threads;
  how.checkpoint = options.checkpoint;
  how.resume = !options.checkpoint.empty() && std::filesystem::exists(options.checkpoint);
  how.stop = options.stop;
  if (options.progress)
    how.progress = [&](const wd::algo::TrainProgress& now) {
      options.progress({now.epoch, now.step, now.steps_total, now.loss, now.accuracy});
    };
  wd::algo::TrainResult result = wd::algo::train(config, data.train, data.test, how);
  WD_REQUIRE(result.finished, "interrupted",
             options.checkpoint.empty() ? "; nothing was kept" : "; the same call continues from ",
             options.checkpoint.string());
  Training training;
  if (result.network) training.network = made_of(std::move(*result.network));
  training.no_network = result.no_network;
  training.accuracy_fp32 = result.accuracy_fp32;
  training.accuracy_hardware = result.accuracy_hw;
  training.seconds = result.seconds;
  return training;
}

}  // namespace whitedwarf
