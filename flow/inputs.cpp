// SPDX-License-Identifier: Apache-2.0
#include "flow/inputs.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "algo/compress/random_masks.hpp"
#include "algo/data/counter_random.hpp"
#include "algo/interchange/safetensors.hpp"
#include "base/error.hpp"

namespace wd::flow {
namespace {

constexpr const char* random_word = "random";
constexpr std::size_t most_bytes = std::size_t{1} << 30;  // of random images

algo::ImageSet empty_set(const model::InputTransform& transform) {
  algo::ImageSet set;
  set.height = transform.image_height;
  set.width = transform.image_width;
  set.channels = transform.image_channels();
  return set;
}

algo::ImageSet random_images(const model::InputTransform& transform, std::uint64_t seed, std::size_t count) {
  algo::ImageSet set = empty_set(transform);
  const std::size_t bytes = set.image_bytes();
  WD_REQUIRE(count <= most_bytes / bytes, "--data random: ", count, " images of ", bytes,
             " bytes are more than ", most_bytes, " bytes; ask for at most ", most_bytes / bytes);
  set.pixels.resize(count * bytes);
  for (std::size_t image = 0; image < count; ++image)
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::uint64_t bits =
          algo::random_bits(seed, algo::RandomStream::pixels, algo::random_index(image, i / 8));
      set.pixels[image * bytes + i] = static_cast<std::uint8_t>(bits >> i % 8 * 8);
    }
  set.labels.assign(count, 0);
  return set;
}

std::vector<std::uint16_t> labels_of(const algo::NamedTensor& tensor, std::size_t count,
                                     const std::string& origin) {
  WD_REQUIRE(tensor.shape == algo::Dims{static_cast<std::int64_t>(count)} && !tensor.is_real(), origin,
             ": tensor 'labels' is ", algo::name_of(tensor.dtype), " ", algo::text_of(tensor.shape),
             ", must be whole numbers, [", count, "]: one for each image");
  std::vector<std::uint16_t> labels;
  for (const std::int64_t label : tensor.to_integers(origin + ": tensor 'labels'")) {
    WD_REQUIRE(label >= 0 && label <= std::numeric_limits<std::uint16_t>::max(), origin,
               ": tensor 'labels' has ", label, ", classes are counted from 0");
    labels.push_back(static_cast<std::uint16_t>(label));
  }
  return labels;
}

Inputs images_of_file(const std::filesystem::path& path, const model::InputTransform& transform) {
  const std::string origin = path.string();
  const algo::NamedTensors file = algo::read_safetensors(path);
  for (const auto& [name, tensor] : file.all())
    WD_REQUIRE(name == "images" || name == "labels", origin, ": holds tensor ", algo::name_text(name),
               "; a file of images has 'images', and perhaps 'labels'");
  const algo::NamedTensor& pixels = file.get("images", origin);
  algo::ImageSet set = empty_set(transform);
  const auto count = pixels.shape.empty() ? 0 : pixels.shape.front();
  WD_REQUIRE(pixels.dtype == algo::DType::u8 && count > 0 &&
                 pixels.shape == algo::Dims({count, set.height, set.width, set.channels}),
             origin, ": tensor 'images' is ", algo::name_of(pixels.dtype), " ", algo::text_of(pixels.shape),
             ", the program takes U8 [N, ", set.height, ", ", set.width, ", ", set.channels,
             "], N images of at least 1");
  set.pixels.assign(pixels.bytes.begin(), pixels.bytes.end());
  const algo::NamedTensor* labels = file.find("labels");
  set.labels.assign(static_cast<std::size_t>(count), 0);
  if (labels != nullptr) set.labels = labels_of(*labels, set.labels.size(), origin);
  return {std::make_shared<algo::ImageSet>(std::move(set)), labels != nullptr, "images of " + origin};
}

}  // namespace

void InputOptions::declare(OptionSink& sink) {
  sink.path("data", data.data, Takes::Place::folder,
            "folder with the data set's files, or `random` for random images", "the data set's package");
  sink.seed("seed", seed, "seed of random images", "1");
  sink.path("inputs", inputs, Takes::Place::file,
            "images from a safetensors file: `images`, U8, N x H x W x C", "those of --data");
  sink.exclude({"inputs", "data"});
}

nlohmann::json inputs_json(const std::string& source) {
  return source.empty() ? nlohmann::json() : nlohmann::json(source);
}

Inputs open_inputs(const InputOptions& options, const std::string& dataset,
                   const model::InputTransform& transform, std::size_t random_count, Context& context) {
  const bool random = options.data.data == random_word;
  WD_REQUIRE(random || options.seed == 0, "--seed is of random images; give --data random with it");
  if (!options.inputs.empty()) return images_of_file(options.inputs, transform);
  if (random) {
    const std::uint64_t seed = options.seed == 0 ? 1 : options.seed;
    return {std::make_shared<algo::ImageSet>(random_images(transform, seed, random_count)), false,
            text("random images of seed ", seed)};
  }
  WD_REQUIRE(
      dataset != compress::no_dataset,
      "a network of random masks has no data set; give --data random, or --inputs with a file of images");
  const algo::ImageSet& set = context.test_images(dataset, options.data.data, transform.image_height);
  WD_REQUIRE(set.image_bytes() == transform.image_bytes(), options.data.data.string(), ": images of ",
             set.image_bytes(), " pixels, the program takes ", transform.image_bytes());
  return {std::shared_ptr<const algo::ImageSet>(std::shared_ptr<void>(), &set), true, ""};
}

}  // namespace wd::flow
