// SPDX-License-Identifier: Apache-2.0
#include "algo/executor/evaluate.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t population_batches = 100, calibration_batches = 10;
constexpr std::uint32_t measuring_epoch = 0xffffffff;  // an order that no training epoch uses

/// Runs `forward` on training batches.
void for_batches(Executor& executor, const ImageSet& images, const InputFormat& format, std::uint64_t seed,
                 const Augmentation& augmentation, std::size_t batches,
                 const std::function<void()>& forward) {
  const std::vector<std::uint32_t> order = shuffled_order(seed, measuring_epoch, images.count());
  const PixelValues values = format.values(executor.fp8.on());
  batches = std::min(batches, std::max<std::size_t>(1, images.count() / executor.batch()));
  std::vector<std::uint32_t> indices(executor.batch());
  for (std::size_t n = 0; n < batches; ++n) {
    for (std::size_t b = 0; b < indices.size(); ++b)
      indices[b] = order[(n * indices.size() + b) % order.size()];
    executor.fill(images, {indices, seed, measuring_epoch, augmentation, static_cast<std::uint32_t>(n)},
                  values);
    forward();
  }
}

/// The largest magnitude of a normalised pixel.
double largest_value(const InputLayout& layout) {
  double largest = 0;
  for (std::size_t c = 0; c < layout.mean.size(); ++c)
    largest = std::max(largest, std::max(layout.mean[c], 1 - layout.mean[c]) / layout.deviation[c]);
  return largest;
}

}  // namespace

model::InputTransform InputFormat::transform() const {
  return {image_height, image_width, layout.patch, layout.split, layout.mean, layout.deviation};
}

InputFormat input_format(const NetworkConfig& network, const ImageSet& train) {
  const PixelStatistics pixels = pixel_statistics(train);
  InputFormat format;
  const int patch = network.kind == NetworkKind::mlp ? train.height : network.patch;
  format.layout = {patch, network.split_pixels, pixels.mean, pixels.deviation};
  format.image_height = train.height;
  format.image_width = train.width;
  format.scale_exp = choose_scale_exp(largest_value(format.layout), Fp8Format::e4m3);
  return format;
}

double accuracy(Executor& executor, const ImageSet& images, const InputFormat& format,
                const std::function<void()>& forward) {
  const PixelValues values = format.values(executor.fp8.on());
  std::vector<std::uint32_t> indices(executor.batch());
  std::size_t right = 0;
  for (std::size_t first = 0; first < images.count(); first += indices.size()) {
    const std::size_t rows = std::min(indices.size(), images.count() - first);
    for (std::size_t b = 0; b < indices.size(); ++b)
      indices[b] = static_cast<std::uint32_t>(first + std::min(b, rows - 1));
    executor.fill(images, {indices}, values);
    forward();
    for (std::size_t b = 0; b < rows; ++b) right += executor.predicted(b) == images.labels[first + b];
  }
  return static_cast<double>(right) / static_cast<double>(images.count());
}

std::vector<ChannelStatistics> running_statistics(const Executor& executor) {
  std::vector<ChannelStatistics> statistics;
  for (const NormParameters& norm : executor.norms()) statistics.push_back(norm.running);
  return statistics;
}

std::vector<ChannelStatistics> population_statistics(Executor& executor, const ImageSet& train,
                                                     const InputFormat& format, std::uint64_t seed,
                                                     const Augmentation& augmentation) {
  const Graph& graph = executor.graph();
  std::vector<PopulationStatistics> sums(graph.norms.size());
  for_batches(executor, train, format, seed, augmentation, population_batches, [&] {
    executor.forward_train(false);
    const std::vector<ChannelStatistics> batch = executor.batch_statistics();
    for (std::size_t n = 0; n < batch.size(); ++n)
      if (!batch[n].mean.empty()) sums[static_cast<std::size_t>(graph.nodes[n].norm)].add(batch[n]);
  });
  std::vector<ChannelStatistics> statistics;
  for (std::size_t n = 0; n < sums.size(); ++n)
    statistics.push_back(graph.norms[n].kind == NormKind::batch ? sums[n].estimate() : ChannelStatistics{});
  return statistics;
}

std::vector<int> calibrate_scales(Executor& executor, const ImageSet& train, const InputFormat& format,
                                  Fp8Format fp8_format, std::uint64_t seed) {
  WD_ASSERT(!executor.fp8.on());
  const std::vector<ChannelStatistics> statistics = running_statistics(executor);
  std::vector<float> largest(executor.graph().tensors.size(), 0.0f);
  for_batches(executor, train, format, seed, {}, calibration_batches, [&] {
    executor.forward_frozen(statistics);
    const std::vector<float> maxima = executor.tensor_maxima();
    for (std::size_t t = 0; t < largest.size(); ++t) largest[t] = std::max(largest[t], maxima[t]);
  });
  std::vector<int> scales;
  for (float most : largest) scales.push_back(choose_scale_exp(most, fp8_format));
  scales[0] = format.scale_exp;
  // A maximum of codes is one of them.
  const Graph& graph = executor.graph();
  const auto scale_of = [&](int activation) -> int& {
    return scales[static_cast<std::size_t>(graph.activations[static_cast<std::size_t>(activation)])];
  };
  for (const Node& node : graph.nodes)
    if (node.kind == NodeKind::max_pool) scale_of(node.output) = scale_of(node.input);
  return scales;
}

}  // namespace wd::algo
