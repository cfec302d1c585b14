// SPDX-License-Identifier: Apache-2.0
#include "algo/data/cifar_sheet.hpp"

#include <png.h>

#include <nlohmann/json.hpp>

#include "algo/data/checksum.hpp"
#include "algo/data/md5.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t image_pixels = 1024, batch_images = 10000;

std::string batch_name(std::size_t batch) {
  return batch < 5 ? "data_batch_" + std::to_string(batch + 1) : "test_batch";
}

/// Frees what libpng holds, on every way out.
struct PngImage {
  png_image image{};
  PngImage() { image.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

}  // namespace

Bytes parse_cifar_labels(std::span<const std::uint8_t> json, std::size_t count, const std::string& origin) {
  const nlohmann::json list = parse_json(json, origin + ":", "; fetch the package again");
  WD_REQUIRE(list.is_array(), origin, ": is not a JSON list of labels; fetch the package again");
  WD_REQUIRE(list.size() == count, origin, ": has ", list.size(), " labels, must have ", count,
             "; fetch the package again");
  Bytes labels;
  for (std::size_t i = 0; i < count; ++i) {
    WD_REQUIRE(list[i].is_number_unsigned() && list[i].get<std::uint64_t>() < 10, origin, ": label ", i,
               " is ", shown(list[i]), ", must be 0 to 9; fetch the package again");
    labels.push_back(list[i].get<std::uint8_t>());
  }
  return labels;
}

Bytes read_cifar_labels(const std::filesystem::path& json, std::size_t count) {
  return parse_cifar_labels(read_file(json), count, json.string());
}

Bytes decode_cifar_sheet(std::span<const std::uint8_t> png, std::span<const std::uint8_t> labels,
                         const std::string& origin) {
  PngImage reader;
  png_image& image = reader.image;
  const auto require_clean = [&](int done) {
    WD_REQUIRE(done != 0 && image.warning_or_error == 0, origin, ": no valid PNG (", image.message,
               "); fetch the package again");
  };
  require_clean(png_image_begin_read_from_memory(&image, png.data(), png.size()));
  WD_REQUIRE(image.format == PNG_FORMAT_RGB, origin, ": is not an 8-bit RGB image; a sheet must be");
  WD_REQUIRE(image.width == image_pixels && image.height == labels.size(), origin, ": is ", image.width,
             " x ", image.height, " pixels, must be ", image_pixels, " x ", labels.size());
  Bytes pixels(labels.size() * image_pixels * 3);
  require_clean(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  Bytes batch;
  batch.reserve(labels.size() * (1 + 3 * image_pixels));
  for (std::size_t row = 0; row < labels.size(); ++row) {
    batch.push_back(labels[row]);
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t at = 0; at < image_pixels; ++at)
        batch.push_back(pixels[(row * image_pixels + at) * 3 + channel]);
  }
  return batch;
}

Bytes read_cifar_sheet(const std::filesystem::path& png, std::span<const std::uint8_t> labels) {
  return decode_cifar_sheet(read_file(png), labels, png.string());
}

void verify_cifar10(const std::filesystem::path& folder) {
  for (std::size_t batch = 0; batch < 6; ++batch) {
    const std::filesystem::path file = folder / (batch_name(batch) + ".bin");
    WD_REQUIRE(std::filesystem::exists(file), file.string(), ": no such file");
    verify_md5("cifar10", file);
  }
}

void convert_cifar10(const std::filesystem::path& package, const std::filesystem::path& out) {
  WD_REQUIRE(std::filesystem::is_directory(package), package.string(), ": no such folder");
  const Bytes train = read_cifar_labels(package / "train_lables.json", 5 * batch_images);
  const Bytes test = read_cifar_labels(package / "test_lables.json", batch_images);
  make_output_folder(out);
  for (std::size_t batch = 0; batch < 6; ++batch) {
    const std::string name = batch_name(batch);
    const auto labels = batch < 5 ? std::span(train).subspan(batch * batch_images, batch_images) : test;
    const Bytes bytes = read_cifar_sheet(package / (name + ".png"), labels);
    const std::string found = md5_of(bytes);
    const std::string_view expected = known_md5("cifar10", name + ".bin");
    WD_REQUIRE(found == expected, (package / (name + ".png")).string(), ": converted, its md5 is ", found,
               ", must be ", expected, "; this is not the original CIFAR-10, fetch the package again");
    write_file(out / (name + ".bin"), bytes);
  }
}

}  // namespace wd::algo
