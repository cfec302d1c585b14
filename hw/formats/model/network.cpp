// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/model/network.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace wd::model {

std::size_t Network::weight_count() const {
  std::size_t count = 0;
  for (const Weights& w : weights) count += w.count();
  return count;
}

std::size_t Network::norm_pair_count() const {
  std::size_t count = 0;
  for_each_layer(*this, [&](const Layer& conv, int) {
    for (const Norm& norm : conv.norms) count += norm.gamma.size();
  });
  return count;
}

std::vector<std::uint16_t> flatten_norms(const Network& network) {
  std::vector<std::uint16_t> flat;
  for_each_layer(network, [&](const Layer& conv, int) {
    for (const Norm& norm : conv.norms) {
      flat.insert(flat.end(), norm.gamma.begin(), norm.gamma.end());
      flat.insert(flat.end(), norm.beta.begin(), norm.beta.end());
    }
  });
  return flat;
}

void restore_norms(Network& network, const std::vector<std::uint16_t>& flat, const std::string& origin) {
  WD_REQUIRE(flat.size() == 2 * network.norm_pair_count(), origin, ": section 'norms' has ", flat.size(),
             " values, the network needs ", 2 * network.norm_pair_count());
  auto next = flat.begin();
  for_each_layer(network, [&](Layer& conv, int) {
    for (Norm& norm : conv.norms)
      for (auto* values : {&norm.gamma, &norm.beta})
        for (std::uint16_t& value : *values) value = *next++;
  });
}

Container encode_model(const Network& network, const std::string& origin) {
  check(network, origin);
  Container container(model_kind);
  container.set_json("network", describe(network));
  container.set_array("norms", flatten_norms(network));
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    container.set(text("levels.", i), network.weights[i].levels);
    if (network.weights[i].signs == SignSource::learned)
      container.set(text("signs.", i), network.weights[i].learned_signs);
  }
  return container;
}

Network decode_model(const Container& container) {
  const std::string& origin = container.origin();
  const auto norms = container.get_array<std::uint16_t>("norms");
  Network network = from_description(container.get_json("network"), origin, norms.size());
  restore_norms(network, norms, origin);
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    network.weights[i].levels = container.get(text("levels.", i));
    if (network.weights[i].signs == SignSource::learned)
      network.weights[i].learned_signs = container.get(text("signs.", i));
  }
  check(network, origin);
  return network;
}

void write_model(const Network& network, const std::filesystem::path& path) {
  encode_model(network, path.string()).write(path);
}

Network read_model(const std::filesystem::path& path) {
  return decode_model(Container::read(path, model_kind));
}

}  // namespace wd::model
