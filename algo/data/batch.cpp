// SPDX-License-Identifier: Apache-2.0
#include "algo/data/batch.hpp"

#include <algorithm>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "algo/kernels/bfloat16.hpp"
#include "base/error.hpp"

namespace wd::algo {

std::vector<std::uint32_t> shuffled_order(std::uint64_t seed, std::uint32_t epoch, std::size_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[random_bits(seed, RandomStream::shuffle, random_index(epoch, i)) % i]);
  return order;
}

namespace {

constexpr int max_channels = 16;

/// A batch's images and what is done with them.
struct Batch {
  int height, width;
  std::vector<const std::uint8_t*> images;
  std::vector<View> views;
  int cutout;
  float lambda;
  bool mixed;
  const PixelValues& values;

  std::size_t size() const { return images.size(); }
  std::size_t channels() const { return values.layout().image_channels(); }
  std::size_t row_values() const { return static_cast<std::size_t>(width) * channels(); }
};

/// Pixels of all channels, `step` bytes apart. A constant number of channels is unrolled.
template <int constant_channels>
float* look_up(const std::vector<PixelValues::Table>& tables, const std::uint8_t* from, std::ptrdiff_t step,
               int count, float* out) {
  const std::size_t channels = constant_channels != 0 ? constant_channels : tables.size();
  const PixelValues::Table* table = tables.data();
  for (int x = 0; x < count; ++x, from += step)
    for (std::size_t c = 0; c < channels; ++c) *out++ = table[c][from[c]];
  return out;
}

/// Row y of augmented image b, looked up in `tables`: width x channels values.
void look_up_row(const Batch& batch, std::size_t b, int y, const std::vector<PixelValues::Table>& tables,
                 float* out) {
  static constexpr std::uint8_t outside[max_channels] = {};
  const View& view = batch.views[b];
  const int width = batch.width, from_y = y - view.dy;
  const bool row_inside = from_y >= 0 && from_y < batch.height;
  const int first = row_inside ? std::max(0, view.dx) : width;
  const int end = row_inside ? std::min(width, width + view.dx) : width;
  const auto channels = static_cast<std::ptrdiff_t>(tables.size());
  const auto look = channels == 1 ? look_up<1> : channels == 3 ? look_up<3> : look_up<0>;
  float* to = look(tables, outside, 0, first, out);
  if (first < end) {
    const int turned = first - view.dx, from_x = view.flip ? width - 1 - turned : turned;
    to = look(tables, batch.images[b] + (from_y * width + from_x) * channels,
              view.flip ? -channels : channels, end - first, to);
  }
  look(tables, outside, 0, width - end, to);
  if (y < view.cut_top || y >= view.cut_top + batch.cutout) return;
  const int left = std::max(0, view.cut_left), right = std::min(width, view.cut_left + batch.cutout);
  std::fill(out + left * channels, out + right * channels, 0.0f);
}

/// Rows of values on their way to the input tensor.
struct RowBuffers {
  std::vector<float> coarse, fine, own, partner, mixture;
  explicit RowBuffers(const Batch& batch) {
    for (std::vector<float>* row : {&coarse, &fine, &own, &partner, &mixture})
      row->resize(batch.row_values());
  }
};

/// @param first of the images that this thread takes in turn: the others find their partner's row there.
void fill_row(const Batch& batch, std::size_t b, std::size_t first, int y, RowBuffers& rows) {
  const PixelValues& values = batch.values;
  if (!batch.mixed) {
    look_up_row(batch, b, y, values.coarse(), rows.coarse.data());
    if (values.layout().split) look_up_row(batch, b, y, values.fine(), rows.fine.data());
    return;
  }
  if (b == first)
    look_up_row(batch, (b + batch.size() - 1) % batch.size(), y, values.exact(), rows.own.data());
  std::swap(rows.own, rows.partner);
  look_up_row(batch, b, y, values.exact(), rows.own.data());
  for (std::size_t at = 0; at < rows.mixture.size(); ++at)
    rows.mixture[at] = batch.lambda * rows.own[at] + (1 - batch.lambda) * rows.partner[at];
  values.quantize(rows.mixture, rows.coarse, rows.fine);
}

/// `columns` runs of values, each to its position.
template <std::size_t constant_run, typename T>
void scatter(const float* row, std::size_t columns, std::size_t run, std::size_t step, T* out) {
  if constexpr (constant_run != 0) run = constant_run;
  for (std::size_t x = 0; x < columns; ++x, out += step)
    for (std::size_t k = 0; k < run; ++k) out[k] = T(*row++);
}

/// Constant lengths of runs are unrolled.
template <typename T>
void scatter(const float* row, std::size_t columns, std::size_t run, std::size_t step, T* out) {
  if (run == 1) return scatter<1>(row, columns, run, step, out);
  if (run == 3) return scatter<3>(row, columns, run, step, out);
  if (run == 4) return scatter<4>(row, columns, run, step, out);
  scatter<0>(row, columns, run, step, out);
}

/// Images [first, end) of the batch. A row of all of them comes before the next row: its cache lines are then
/// complete before they leave the cache.
template <typename T>
void fill_images(const Batch& batch, std::size_t first, std::size_t end, T* input) {
  const InputLayout& layout = batch.values.layout();
  const std::size_t stored = layout.stored_channels(),
                    run = static_cast<std::size_t>(layout.patch) * batch.channels();
  const std::size_t columns = static_cast<std::size_t>(batch.width / layout.patch),
                    step = batch.size() * stored;
  const bool padded = stored > layout.used_channels();
  RowBuffers rows(batch);
  for (int y = 0; y < batch.height; ++y)
    for (std::size_t b = first; b < end; ++b) {
      fill_row(batch, b, first, y, rows);
      T* out = input + static_cast<std::size_t>(y / layout.patch) * columns * step + b * stored;
      if (padded && y % layout.patch == 0)
        for (std::size_t x = 0; x < columns; ++x)
          std::fill_n(out + x * step + stored - channel_block, channel_block, T(0.0f));
      out += static_cast<std::size_t>(y % layout.patch) * run;
      scatter(rows.coarse.data(), columns, run, step, out);
      if (layout.split) scatter(rows.fine.data(), columns, run, step, out + layout.patch_channels());
    }
}

/// Everything that does not depend on where the images come from.
template <typename T>
BatchLabels fill(ThreadPool& pool, Batch batch, const BatchRequest& request,
                 std::vector<std::uint16_t> labels, T* input) {
  const InputLayout& layout = batch.values.layout();
  WD_REQUIRE(batch.height % layout.patch == 0 && batch.width % layout.patch == 0, "'patch' is ", layout.patch,
             ", must divide the images' ", batch.height, " x ", batch.width);
  for (const std::uint32_t index : request.indices)
    batch.views.push_back(
        view_of(request.augmentation, request.seed, request.epoch, index, batch.height, batch.width));
  BatchLabels result{std::move(labels), {}, 1};
  if (batch.mixed) {
    batch.lambda = result.lambda = static_cast<float>(
        mixup_lambda(request.augmentation.mixup, request.seed, request.epoch, request.batch));
    result.partners = result.labels;
    std::rotate(result.partners.begin(), result.partners.end() - 1, result.partners.end());
  }
  constexpr std::size_t group = 16;
  pool.run((batch.size() + group - 1) / group, [&](std::size_t chunk) {
    fill_images(batch, chunk * group, std::min(batch.size(), (chunk + 1) * group), input);
  });
  return result;
}

Batch batch_of(int height, int width, int channels, const BatchRequest& request, const PixelValues& values) {
  WD_ASSERT(!request.indices.empty());
  WD_ASSERT(static_cast<std::size_t>(channels) == values.layout().image_channels() &&
            channels <= max_channels);
  const Augmentation& augmentation = request.augmentation;
  return {height, width, {}, {}, augmentation.cutout, 1, augmentation.mixup != 0, values};
}

}  // namespace

bool needs_decoding(const ImageSet& images, const Augmentation& augmentation) {
  const double share = augmentation.resized_crop;
  require_valid(augmentation, images.height, images.width);
  WD_REQUIRE(share == 0 || images.source, "'resized_crop' is ", share, ", but the images of ", images.name,
             " come from no picture files; use 'crop', or the data set imagenet");
  return share != 0 || images.on_demand();
}

void decode_image(const ImageSet& images, const BatchRequest& request, std::size_t b,
                  std::span<std::uint8_t> out) {
  const std::uint32_t index = request.indices[b];
  const double share = request.augmentation.resized_crop;
  if (share == 0) return images.source->load(images.source_index[index], out);
  const Picture picture = images.source->decode(images.source_index[index]);
  resize_box(picture,
             resized_crop_of(share, request.seed, request.epoch, index, picture.height, picture.width),
             images.width, out);
}

template <typename T>
BatchLabels fill_batch(ThreadPool& pool, const ImageSet& images, const BatchRequest& request,
                       const PixelValues& values, T* input) {
  Batch batch = batch_of(images.height, images.width, images.channels, request, values);
  const std::size_t bytes = images.image_bytes();
  const bool in_files = needs_decoding(images, request.augmentation);
  std::span<const std::uint8_t> pixels = request.decoded;
  std::vector<std::uint8_t> own;
  if (in_files && pixels.empty()) {
    own.resize(request.indices.size() * bytes);
    pool.run(request.indices.size(), [&](std::size_t b) {
      decode_image(images, request, b, std::span(own).subspan(b * bytes, bytes));
    });
    pixels = own;
  }
  WD_ASSERT(!in_files || pixels.size() == request.indices.size() * bytes);
  std::vector<std::uint16_t> labels;
  for (const std::uint32_t index : request.indices) {
    WD_ASSERT(index < images.count());
    batch.images.push_back(in_files ? pixels.data() + batch.size() * bytes : images.image(index).data());
    labels.push_back(images.labels[index]);
  }
  return fill(pool, std::move(batch), request, std::move(labels), input);
}

#define WD_INSTANTIATE(T, Images) \
  template BatchLabels fill_batch(ThreadPool&, const Images&, const BatchRequest&, const PixelValues&, T*);
WD_INSTANTIATE(float, ImageSet)
WD_INSTANTIATE(BFloat16, ImageSet)
#undef WD_INSTANTIATE

}  // namespace wd::algo
