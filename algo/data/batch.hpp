// SPDX-License-Identifier: Apache-2.0
// Shuffles, augments and lays out images as the network's input tensor.
//
// Shape     images: H x W x C. Input: (H / patch * W / patch) x B x stored channels, position-major; channels
//           as in pixel_values.hpp.
// Numerics  a resized crop (of the file's picture, resize.hpp) takes the image's place before all else. A
//           cropped pixel from outside is a pixel of 0, before normalisation; a cut-out one is the value 0,
//           after it. Mixup: lambda times the image's value plus 1 - lambda times its partner's, in FP32,
//           before FP8; the partner is the image before it in the batch, the last one for the first.
// Errors    augmentations or patches that do not fit the images, resized crops of images without files:
//           wd::Error.
// Test      batch_test.cpp (plain loops per pixel)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algo/data/augmentation.hpp"
#include "algo/data/image_set.hpp"
#include "algo/data/pixel_values.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

/// A permutation of [0, count) for one epoch.
std::vector<std::uint32_t> shuffled_order(std::uint64_t seed, std::uint32_t epoch, std::size_t count);

struct BatchRequest {
  std::span<const std::uint32_t> indices;  // one per image of the batch
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  Augmentation augmentation{};
  std::uint32_t batch = 0;  // its number within the epoch, for mixup
  /// The images' pixels, as decode_image() gives them; empty: they are decoded, or in memory.
  std::span<const std::uint8_t> decoded{};
};

/// Whether a batch's pixels are in files: the set is on demand, or its crops are resized.
/// Errors: augmentations that do not fit the images: wd::Error.
bool needs_decoding(const ImageSet& images, const Augmentation& augmentation);

/// Image b of the batch from its file, cropped and resized. @param out image_bytes() bytes.
void decode_image(const ImageSet& images, const BatchRequest& request, std::size_t b,
                  std::span<std::uint8_t> out);

/// The loss is lambda * loss(labels) + (1 - lambda) * loss(partners). Without mixup, lambda is 1 and there
/// are no partners.
struct BatchLabels {
  std::vector<std::uint16_t> labels, partners;
  float lambda = 1;
};

/// Fills `input` (see Shape); decodes the images first where that is needed and not done (batch_loader.hpp).
/// T is float or BFloat16.
template <typename T>
BatchLabels fill_batch(ThreadPool& pool, const ImageSet& images, const BatchRequest& request,
                       const PixelValues& values, T* input);

}  // namespace wd::algo
