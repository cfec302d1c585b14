// SPDX-License-Identifier: Apache-2.0
#include "algo/train/evaluate.hpp"

#include <algorithm>
#include <cmath>

#include "algo/quantize/fold.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t population_batches = 100, calibration_batches = 10;
constexpr std::uint32_t measuring_epoch = 0xffffffff;  // an order that no training epoch uses

/// Runs `forward` on training batches without augmentation.
void for_batches(Engine& engine, const ImageSet& images, const InputFormat& format, std::uint64_t seed,
                 std::size_t batches, const std::function<void()>& forward) {
  const std::vector<std::uint32_t> order = shuffled_order(seed, measuring_epoch, images.count());
  const PixelValues values = format.values(engine.fp8());
  batches = std::min(batches, std::max<std::size_t>(1, images.count() / engine.batch()));
  std::vector<std::uint32_t> indices(engine.batch());
  for (std::size_t n = 0; n < batches; ++n) {
    for (std::size_t b = 0; b < indices.size(); ++b)
      indices[b] = order[(n * indices.size() + b) % order.size()];
    fill_batch(engine.pool(), images, {indices, seed, measuring_epoch, {}}, format.transform, values,
               engine.input());
    forward();
  }
}

}  // namespace

InputFormat input_format(const TrainConfig& config, const ImageSet& train) {
  const PixelStatistics pixels = pixel_statistics(train);
  InputFormat format;
  format.transform = {train.height,        train.width, config.stem.patch,
                      config.split_pixels, pixels.mean, pixels.deviation};
  format.scale_exp = choose_scale_exp(std::max(pixels.mean, 1 - pixels.mean) / pixels.deviation);
  return format;
}

double accuracy(Engine& engine, const ImageSet& images, const InputFormat& format,
                const std::function<void()>& forward) {
  const PixelValues values = format.values(engine.fp8());
  std::vector<std::uint32_t> indices(engine.batch());
  std::size_t right = 0;
  for (std::size_t first = 0; first < images.count(); first += indices.size()) {
    const std::size_t rows = std::min(indices.size(), images.count() - first);
    for (std::size_t b = 0; b < indices.size(); ++b)
      indices[b] = static_cast<std::uint32_t>(first + std::min(b, rows - 1));
    fill_batch(engine.pool(), images, {indices, 0, 0, {}}, format.transform, values, engine.input());
    forward();
    for (std::size_t b = 0; b < rows; ++b)
      right += engine.classifier().predicted(b) == images.labels[first + b];
  }
  return static_cast<double>(right) / static_cast<double>(images.count());
}

std::vector<ChannelStatistics> running_statistics(const Engine& engine) {
  std::vector<ChannelStatistics> statistics;
  for (const Layer& layer : engine.layers()) statistics.push_back(layer.norm.running);
  return statistics;
}

std::vector<ChannelStatistics> population_statistics(Engine& engine, const ImageSet& train,
                                                     const InputFormat& format, std::uint64_t seed) {
  std::vector<PopulationStatistics> sums(engine.layers().size());
  for_batches(engine, train, format, seed, population_batches, [&] {
    engine.forward_train();
    for (std::size_t l = 0; l < sums.size(); ++l) sums[l].add(engine.layers()[l].norm.batch_statistics());
  });
  std::vector<ChannelStatistics> statistics;
  for (const PopulationStatistics& sum : sums) statistics.push_back(sum.estimate());
  return statistics;
}

std::vector<int> calibrate_scales(Engine& engine, const ImageSet& train, const InputFormat& format,
                                  std::uint64_t seed) {
  WD_ASSERT(!engine.fp8());
  const std::vector<ChannelStatistics> statistics = running_statistics(engine);
  std::vector<float> largest(engine.graph().tensors.size(), 0.0f);
  for_batches(engine, train, format, seed, calibration_batches, [&] {
    engine.forward_frozen(statistics);
    const std::vector<float> maxima = engine.tensor_maxima();
    for (std::size_t t = 0; t < largest.size(); ++t) largest[t] = std::max(largest[t], maxima[t]);
  });
  std::vector<int> scales;
  for (float most : largest) scales.push_back(choose_scale_exp(most));
  scales[0] = format.scale_exp;
  return scales;
}

}  // namespace wd::algo
