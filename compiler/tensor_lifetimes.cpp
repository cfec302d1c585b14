// SPDX-License-Identifier: Apache-2.0
#include "compiler/tensor_lifetimes.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "base/error.hpp"
#include "compiler/remedy.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

std::span<const model::Layer> convs_of(const model::Step& step) {
  if (const auto* conv = std::get_if<model::Layer>(&step)) return {conv, 1};
  return std::get<model::Loop>(step).body;
}

bool is_loop(const model::Step& step) { return std::holds_alternative<model::Loop>(step); }

/// Tensors that have the same rows one after the other: each but the first is written over one that its layer reads.
struct Region {
  std::vector<std::size_t> tensors;
  Lifetime life;
  int first = 0, rows = 0;
};

int rows_of(const model::Tensor& tensor, const arch::Arch& arch, int batch) {
  return program::tensor_rows(tensor.height, tensor.width * batch, program::channel_blocks(tensor.channels),
                              arch);
}

/// Whether channel blocks fill a tensor's words. What is left of the last word is never written; it stays zero, as the engines take it
/// to be, where no other tensor had the rows.
bool fills_words(const model::Tensor& tensor, const arch::Arch& arch) {
  return program::channel_blocks(tensor.channels) * arch::block % arch.chunk == 0;
}

/// The tensor whose rows a step's output takes, if there is one: the residual, or what an elementwise layer reads. It must not be
/// needed later, nor the output have been there before, and a convolution's or pool's output never lies where its input does. In a
/// loop the next iteration reads the tensor again.
const int* overwritten(const model::Step& step, const std::vector<Lifetime>& lives, int number) {
  if (is_loop(step)) return nullptr;
  const auto& layer = std::get<model::Layer>(step);
  if (layer.output < 0 || lives[static_cast<std::size_t>(layer.output)].first != number) return nullptr;
  const auto dies = [&](int tensor) { return lives[static_cast<std::size_t>(tensor)].last == number; };
  if (layer.kind == model::LayerKind::elementwise && dies(layer.input)) return &layer.input;
  return layer.residual && *layer.residual != layer.input && dies(*layer.residual) ? &*layer.residual
                                                                                   : nullptr;
}

/// One for each tensor that is used, in the order of their tensors.
std::vector<Region> single_regions(const model::Network& network, const arch::Arch& arch,
                                   const std::vector<Lifetime>& lives, int batch) {
  std::vector<Region> regions;
  for (std::size_t t = 0; t < lives.size(); ++t)
    if (lives[t].used()) regions.push_back({{t}, lives[t], 0, rows_of(network.tensors[t], arch, batch)});
  return regions;
}

/// Outputs join the regions of the tensors that they overwrite.
void join_overwritten(const model::Network& network, const std::vector<Lifetime>& lives,
                      std::vector<Region>& regions) {
  const auto region_of = [&](int tensor) {
    return std::find_if(regions.begin(), regions.end(), [&](const Region& region) {
      return std::count(region.tensors.begin(), region.tensors.end(), static_cast<std::size_t>(tensor)) != 0;
    });
  };
  for (std::size_t s = 0; s < network.steps.size(); ++s) {
    const int* before = overwritten(network.steps[s], lives, static_cast<int>(s));
    if (before == nullptr) continue;
    const auto output = region_of(std::get<model::Layer>(network.steps[s]).output);
    const Region joined = *output;
    regions.erase(output);
    Region& region = *region_of(*before);
    region.tensors.insert(region.tensors.end(), joined.tensors.begin(), joined.tensors.end());
    region.life.last = joined.life.last;
  }
}

using Before = bool (*)(const Region&, const Region&);
bool by_start(const Region& a, const Region& b) { return a.life.first < b.life.first; }
bool by_size(const Region& a, const Region& b) { return a.rows > b.rows; }

/// First fit, one region after the other: each at the lowest rows that no one placed so far has meanwhile.
std::vector<Region> placed_in_order(std::vector<Region> regions, Before before) {
  std::stable_sort(regions.begin(), regions.end(), before);
  std::vector<const Region*> placed;  // by first row
  for (Region& region : regions) {
    for (const Region* other : placed)
      if (region.life.meets(other->life) && other->first < region.first + region.rows)
        region.first = std::max(region.first, other->first + other->rows);
    const auto after = std::upper_bound(placed.begin(), placed.end(), &region,
                                        [](const Region* a, const Region* b) { return a->first < b->first; });
    placed.insert(after, &region);
  }
  return regions;
}

int end_of(const std::vector<Region>& regions) {
  int end = 0;
  for (const Region& region : regions) end = std::max(end, region.first + region.rows);
  return end;
}

/// In the order of their starts or the largest first, whichever takes fewer rows.
std::vector<Region> placed(const std::vector<Region>& regions) {
  std::vector<Region> first = placed_in_order(regions, by_start), other = placed_in_order(regions, by_size);
  return end_of(other) < end_of(first) ? other : first;
}

/// Who writes a tensor first.
std::string writer_of(const model::Network& network, std::size_t tensor) {
  for (const model::Step& step : network.steps)
    for (const model::Layer& conv : convs_of(step))
      if (conv.output == static_cast<int>(tensor)) return "layer " + conv.name;
  return "the input";
}

/// Names the first tensor that does not fit.
void require_fit(const model::Network& network, const arch::Arch& arch, std::vector<Region> regions, int rows,
                 int batch) {
  std::stable_sort(regions.begin(), regions.end(), by_start);
  for (const Region& region : regions) {
    const int end = region.first + region.rows;
    const std::size_t tensor = region.tensors.front();
    WD_REQUIRE(end <= arch.act_rows, writer_of(network, tensor), ": tensor '", network.tensors[tensor].name,
               "' of ", region.rows, " rows ends at activation row ", end,
               " beside those that are needed with it, the architecture has ", arch.act_rows, "; ",
               raise("act_rows", rows, "take smaller images or fewer channels"), or_smaller_batch(batch));
  }
}

}  // namespace

std::vector<Lifetime> tensor_lifetimes(const model::Network& network) {
  std::vector<Lifetime> lives(network.tensors.size());
  const auto write = [&](int tensor, int step) {
    Lifetime& life = lives[static_cast<std::size_t>(tensor)];
    if (!life.used()) life.first = step;
    life.last = step;
  };
  const auto read = [&](const model::Layer& conv, int tensor, int step) {
    Lifetime& life = lives[static_cast<std::size_t>(tensor)];
    WD_REQUIRE(life.used(), "layer ", conv.name, ": reads tensor '",
               network.tensors[static_cast<std::size_t>(tensor)].name,
               "' before any layer has written it; reorder the steps");
    life.last = step;
  };
  write(network.input, 0);
  for (int step = 0; step < static_cast<int>(network.steps.size()); ++step)
    for (const model::Layer& conv : convs_of(network.steps[static_cast<std::size_t>(step)])) {
      read(conv, conv.input, step);
      if (conv.residual) read(conv, *conv.residual, step);
      if (conv.output >= 0) write(conv.output, step);
    }
  return lives;
}

namespace {

std::vector<Region> assigned(const model::Network& network, const arch::Arch& arch, bool share, int batch) {
  std::vector<Lifetime> lives = tensor_lifetimes(network);
  for (std::size_t t = 0; t < lives.size(); ++t)
    if (lives[t].used() && (!share || !fills_words(network.tensors[t], arch)))
      lives[t] = {0, static_cast<int>(network.steps.size()) - 1};
  std::vector<Region> regions = single_regions(network, arch, lives, batch);
  join_overwritten(network, lives, regions);
  return placed(regions);
}

}  // namespace

TensorRows assign_rows(const model::Network& network, const arch::Arch& arch, bool share, int batch) {
  const std::vector<Region> regions = assigned(network, arch, share, batch);
  TensorRows result{std::vector<int>(network.tensors.size(), 0), end_of(regions), 0};
  for (const Region& region : regions) {
    result.unshared += region.rows * static_cast<int>(region.tensors.size());
    for (std::size_t tensor : region.tensors) result.first[tensor] = region.first;
  }
  require_fit(network, arch, regions, result.rows, batch);
  return result;
}

int rows_needed(const model::Network& network, const arch::Arch& arch, bool share, int batch) {
  return end_of(assigned(network, arch, share, batch));
}

}  // namespace wd::compiler
