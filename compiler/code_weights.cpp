// SPDX-License-Identifier: Apache-2.0
#include "compiler/code_weights.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/pack_weights.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/stream/chip_stream.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

namespace wd::compiler {
namespace {

/// Chunks of a channel.
int chunks_of(const model::Weights& weights) {
  return weights.kernel_h * weights.kernel_w * ceil_div(weights.in_channels, stream::chip_lanes);
}

/// Whether the generator's blocks are the channels' chunks: it counts in whole chunks.
bool signs_on_chip(const model::Weights& weights, const Options& options) {
  return options.on_chip_signs && weights.signs == model::SignSource::random &&
         weights.in_channels % stream::chip_lanes == 0;
}

}  // namespace

bool frozen_on_chip(const model::Weights& weights, int first_tile, int tiles, const Options& options) {
  const int pes = options.arch.pes_per_group;
  // A narrow tile that is not whole would get frozen weights in channels that the set does not have.
  const bool whole =
      pes == stream::chip_channels || tiles == 1 || (first_tile + tiles) * pes <= weights.out_channels;
  return weights.freeze && options.arch.freeze_generator != 0 && signs_on_chip(weights, options) && whole;
}

Bytes code_weights(const model::Weights& weights, int first_tile, int tiles, bool generate_frozen,
                   const Options& options, const std::string& what) {
  const int pes = options.arch.pes_per_group, per_channel = chunks_of(weights);
  const int first_channel = first_tile * pes,
            channels = std::min(tiles * pes, weights.out_channels - first_channel);
  const int wide_tiles = pes == stream::chip_channels ? channels / pes : 0;
  stream::ChipWeights coded;
  coded.planes = plane_count(weights);
  coded.chunks = wide_tiles * per_channel;
  coded.narrow_chunks = (tiles - wide_tiles) * per_channel;
  coded.narrow_channels = coded.narrow_chunks == 0 ? 0 : tiles == 1 ? channels : pes;
  if (wide_tiles > 0 && coded.narrow_chunks != 0) coded.narrow_channels = channels - wide_tiles * pes;
  coded.random_signs = signs_on_chip(weights, options);
  coded.frozen = generate_frozen;
  coded.has_signs = !coded.random_signs;
  if (coded.random_signs)
    coded.generator = {weights.sign_seed, static_cast<std::uint32_t>(first_channel * per_channel),
                       per_channel};
  if (generate_frozen) {
    WD_ASSERT(frozen_on_chip(weights, first_tile, tiles, options));
    const auto pruned = static_cast<std::uint32_t>(weights.freeze->pruned);
    coded.generator.freeze_key = weights.freeze->seed ^ stream::freeze_domain;
    coded.generator.pruned = pruned;
    coded.generator.frozen = pruned + static_cast<std::uint32_t>(weights.freeze->locked);
    coded.generator.level = weights.freeze->level;
  }
  coded.codes.assign(
      index(coded.chunks * stream::chip_channels + coded.narrow_chunks * coded.narrow_channels) *
          stream::chip_lanes,
      0);
  const std::vector<std::int8_t> values = signed_levels(weights);
  const std::size_t channel_weights = weights.count() / index(weights.out_channels);
  std::size_t chunk_at = 0;  // of the tile's first chunk
  for (int tile = 0; tile < tiles; ++tile) {
    const int of_chunk = tile < wide_tiles ? stream::chip_channels : coded.narrow_channels;
    const int of_tile = std::min(of_chunk, channels - tile * pes);
    for (int channel = 0; channel < of_tile; ++channel) {
      const std::int8_t* next = values.data() + index(first_channel + tile * pes + channel) * channel_weights;
      for (int chunk = 0; chunk < per_channel; ++chunk) {
        const int block = chunk % (per_channel / (weights.kernel_h * weights.kernel_w));
        const int lanes = std::min(stream::chip_lanes, weights.in_channels - block * stream::chip_lanes);
        std::uint8_t* to = &coded.codes[chunk_at + index(chunk * of_chunk + channel) * stream::chip_lanes];
        for (int lane = 0; lane < lanes; ++lane, ++next)
          to[lane] = static_cast<std::uint8_t>(std::abs(*next) | (coded.has_signs && *next < 0 ? 0x80 : 0));
      }
    }
    chunk_at += index(per_channel * of_chunk) * stream::chip_lanes;
  }
  return stream::encode_chip(coded, program::decoder_shape(options.arch), what);
}

}  // namespace wd::compiler
