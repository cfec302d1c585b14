// SPDX-License-Identifier: Apache-2.0
// whitedwarf-make-pictures: a folder of JPEG files of ImageNet's sizes, with classes, for measurements.
// scripts/imagenet_sized.sh calls it. Files that are there are kept, so that an interrupted call goes on.
#include <cstdio>
#include <exception>
#include <string>

#include "algo/data/encode_jpeg.hpp"
#include "algo/data/leaf_picture.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

namespace {

using namespace wd;
using namespace wd::algo;

std::uint64_t number(const char* text_given, const char* what) {
  const std::string given = text_given;
  WD_REQUIRE(!given.empty() && given.size() <= 7 &&
                 given.find_first_not_of("0123456789") == std::string::npos &&
                 given.find_first_not_of('0') != std::string::npos,
             what, " is '", given, "', must be a whole number from 1 to 9999999");
  return std::stoull(given);
}

std::string class_name(std::uint64_t label) {
  const std::string digits = std::to_string(label);
  return text("n", std::string(8 - digits.size(), '0'), digits);
}

/// @param first the number of the half's first picture: no two are alike.
void make_half(const std::filesystem::path& half, std::uint64_t classes, std::uint64_t first,
               std::uint64_t count) {
  for (std::uint64_t label = 0; label < classes; ++label) make_output_folder(half / class_name(label));
  ThreadPool pool;
  pool.run(count, [&](std::size_t i) {
    const std::uint64_t label = i % classes;
    const std::filesystem::path file = half / class_name(label) / text(class_name(label), "_", i, ".JPEG");
    if (std::filesystem::exists(file)) return;
    const Picture picture = leaf_picture(first + i, static_cast<int>(label));
    write_file(file, encode_jpeg(picture.height, picture.width, picture.pixels,
                                 {.quality = leaf_jpeg_quality, .half_colour = true}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: whitedwarf-make-pictures FOLDER CLASSES TRAINING_PICTURES VALIDATION_PICTURES\n",
               stderr);
    return 1;
  }
  try {
    const std::uint64_t classes = number(argv[2], "CLASSES"), training = number(argv[3], "TRAINING_PICTURES"),
                        validation = number(argv[4], "VALIDATION_PICTURES");
    WD_REQUIRE(classes <= training && classes <= validation, "CLASSES is ", classes,
               ", must be at most the number of pictures of each half (", training, ", ", validation,
               "); each class needs one in both");
    make_half(std::filesystem::path(argv[1]) / "train", classes, 0, training);
    make_half(std::filesystem::path(argv[1]) / "val", classes, training, validation);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
