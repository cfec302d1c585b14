// SPDX-License-Identifier: Apache-2.0
// The compressed model behind right checksums: its sections as sections.hpp packs them.
//
// A description that begins with '{' is compressed here, so that mutations reach the JSON and not only zlib.
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {
namespace {

Bytes deflated(const Bytes& plain) {
  uLongf size = compressBound(plain.size());
  Bytes packed(size);
  WD_ASSERT(compress2(packed.data(), &size, plain.data(), plain.size(), 1) == Z_OK);
  packed.resize(size);
  return packed;
}

}  // namespace

void read(std::span<const std::uint8_t> data) {
  Container container = unpack_sections(data, stream::compressed_kind);
  if (container.has("network") && !container.get("network").empty() && container.get("network")[0] == '{')
    container.set("network", deflated(container.get("network")));
  const model::Network network = stream::decode_network(container);
  if (network.weight_count() > 1 << 14) return;
  const model::Network again = stream::decode_network(stream::encode_network(network, "fuzz"));
  WD_ASSERT(model::describe(again) == model::describe(network));
  WD_ASSERT(model::flatten_norms(again) == model::flatten_norms(network));
  for (std::size_t i = 0; i < network.weights.size(); ++i)
    WD_ASSERT(again.weights[i].levels == network.weights[i].levels &&
              again.weights[i].learned_signs == network.weights[i].learned_signs);
}

}  // namespace wd::fuzz
