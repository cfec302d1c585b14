// SPDX-License-Identifier: Apache-2.0
// Trainings whose images are decoded from files, batch by batch and ahead.
#include <algorithm>
#include <catch2/catch.hpp>

#include "algo/data/encode_jpeg.hpp"
#include "algo/data/image_folder.hpp"
#include "algo/data/temporary_folder.hpp"
#include "algo/train/check_same.hpp"
#include "algo/train/tiny_training.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// The pictures of tiny_training.hpp as JPEG files of several sizes, a folder for each class.
struct PictureFolder : TemporaryFolder {
  PictureFolder() {
    add("train", train_images());
    add("val", test_images());
  }

  void add(const std::string& half, const ImageSet& images) const {
    for (std::size_t i = 0; i < images.count(); ++i) {
      const int height = 28 + static_cast<int>(i % 5), width = 28 + static_cast<int>(i % 3);
      Bytes pixels;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          for (int c = 0; c < 3; ++c)
            pixels.push_back(
                images.image(i)[static_cast<std::size_t>(std::min(y, 27) * 28 + std::min(x, 27))]);
      const std::filesystem::path folder = path / half / text(images.labels[i]);
      std::filesystem::create_directories(folder);
      write_file(folder / text(i, ".jpg"), encode_jpeg(height, width, pixels));
    }
  }

  std::shared_ptr<const ImageFolder> half(bool train) const {
    return std::make_shared<ImageFolder>(path, train, FolderImageSize{28, 28});
  }
  ImageSet train_set() const { return image_set_of(half(true)); }
  ImageSet test_set() const { return image_set_of(half(false)); }
};

TrainConfig picture_config(const Augmentation& augmentation) {
  TrainConfig config = tiny_config(R"({"epochs": 2, "quantization": {"fp8_epochs": 1}})");
  config.augmentation = augmentation;
  return config;
}

constexpr Augmentation shifted{.flip = true, .crop = 1};
constexpr Augmentation cropped{.flip = true, .resized_crop = 0.3};

}  // namespace

TEST_CASE("picture training: decoded ahead, it ends in the bits of one whose images are in memory",
          "[algo][oracle]") {
  const PictureFolder pictures;
  ThreadPool pool(2);
  const TrainConfig config = picture_config(shifted);
  const TrainResult in_memory = train(config, load_image_folder(pool, pictures.half(true)),
                                      load_image_folder(pool, pictures.half(false)), {.threads = 2});
  CHECK(in_memory.accuracy_fp32 > 0.3);  // of ten classes
  for (const unsigned threads : {1u, 2u, 8u})
    check_same(in_memory, train(config, pictures.train_set(), pictures.test_set(), {.threads = threads}));
}

TEST_CASE("picture training: killed within an epoch, it continues to the same bits", "[algo]") {
  const PictureFolder pictures;
  const TrainConfig config = picture_config(cropped);
  const ImageSet train_set = pictures.train_set(), test_set = pictures.test_set();
  const TrainResult whole = train(config, train_set, test_set, {.threads = 2});
  const TemporaryFile file;
  TrainOptions options{.threads = 2, .checkpoint = file.path, .checkpoint_seconds = 0};  // after each step
  std::size_t first = 0, last = 0;
  options.progress = [&](const TrainProgress& p) {
    first = first == 0 ? p.step : first;
    last = p.step;
    if (p.step == 4 || p.step == 17) throw std::runtime_error("killed");
  };
  CHECK_THROWS_WITH(train(config, train_set, test_set, options), "killed");
  options.resume = true;
  options.threads = 8;
  first = 0;
  CHECK_THROWS_WITH(train(config, train_set, test_set, options), "killed");  // step 4 was not saved
  CHECK(first == 4);
  options.threads = 1;
  options.progress = [&](const TrainProgress& p) { last = p.step; };
  const TrainResult resumed = train(config, train_set, test_set, options);
  CHECK(last == 20);
  check_same(whole, resumed);
  CHECK(resumed.speed.steps == 20);
  CHECK(resumed.speed.loading_seconds > 0);
  CHECK(resumed.speed.step_seconds > resumed.speed.loading_seconds);
  CHECK(resumed.seconds > resumed.speed.step_seconds);
}

TEST_CASE("picture training: an edited folder and damaged pictures are refused by name",
          "[algo][bad-input]") {
  const PictureFolder pictures;
  const TrainConfig config = picture_config(cropped);
  const TemporaryFile file;
  TrainOptions options{.threads = 2, .checkpoint = file.path, .checkpoint_seconds = 0};
  const auto refusal = [&] {
    try {
      train(config, pictures.train_set(), pictures.test_set(), options);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  options.progress = [](const TrainProgress& p) {
    if (p.step == 5) throw std::runtime_error("killed");
  };
  CHECK(refusal() == "killed");
  options.resume = true;
  options.progress = {};
  for (const bool train_half : {true, false}) {
    const std::filesystem::path picture = pictures.half(train_half)->file(7);
    const Bytes whole = read_file(picture);
    Bytes longer = whole;
    longer.push_back(0);
    write_file(picture, longer);
    CHECK_THAT(refusal(),
               Contains(text(file.path.string(), ": was made with other ", train_half ? "training" : "test",
                             " images; use the same data set or start afresh")));
    write_file(picture, whole);
  }
  // The same names and sizes: damage is found when a picture is decoded.
  const std::filesystem::path picture = pictures.half(true)->file(7);
  const Bytes whole = read_file(picture);
  Bytes torn(whole.size());
  std::ranges::copy(std::span(whole).first(whole.size() / 2), torn.begin());
  write_file(picture, torn);
  CHECK_THAT(refusal(), Contains(picture.string() + ": is no whole JPEG file"));
  write_file(picture, whole);
  CHECK(refusal() == "accepted");
}
