// SPDX-License-Identifier: Apache-2.0
#include "algo/data/picture.hpp"

#include <png.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::algo {
namespace {

constexpr std::uint32_t most_picture_side = 65535;

bool begins(std::span<const std::uint8_t> bytes, std::initializer_list<int> with) {
  return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin());
}

void require_size(std::uint64_t width, std::uint64_t height, const std::string& name) {
  WD_REQUIRE(width > 0 && height > 0 && width <= most_picture_side && height <= most_picture_side &&
                 width * height <= max_jpeg_pixels,
             name, ": is ", width, " x ", height, ", must have 1 to ", max_jpeg_pixels,
             " pixels and sides of at most ", most_picture_side, "; make it smaller or remove it");
}

/// Frees what libpng holds, on every way out.
struct PngImage {
  png_image image{};
  PngImage() { image.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

Picture decode_png(std::span<const std::uint8_t> bytes, const std::string& name) {
  PngImage reader;
  png_image& image = reader.image;
  const auto require_clean = [&](int done) {
    WD_REQUIRE(done != 0 && image.warning_or_error == 0, name, ": no valid PNG (", image.message,
               "); save it again or remove it");
  };
  require_clean(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  require_size(image.width, image.height, name);
  image.format = PNG_FORMAT_RGB;
  Picture picture{static_cast<int>(image.height), static_cast<int>(image.width), {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  const png_color black{0, 0, 0};
  require_clean(png_image_finish_read(&image, &black, picture.pixels.data(), 0, nullptr));
  return picture;
}

/// The next number of a PNM header, behind blanks and comments.
std::uint64_t next_number(std::span<const std::uint8_t> bytes, std::size_t& at, const std::string& name) {
  bool comment = false;
  const auto is_blank = [](std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  for (; at < bytes.size(); ++at) {
    if (bytes[at] == '#') comment = true;
    if (bytes[at] == '\n') comment = false;
    if (!comment && !is_blank(bytes[at])) break;
  }
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && digits < 9; ++at, ++digits)
    number = 10 * number + (bytes[at] - std::uint64_t{'0'});
  WD_REQUIRE(digits > 0 && digits < 9, name, ": its header has no number at byte ", at,
             "; save it again as a binary PPM or PGM");
  return number;
}

Picture decode_pnm(std::span<const std::uint8_t> bytes, const std::string& name) {
  const bool grey = bytes[1] == '5';
  std::size_t at = 2;
  const std::uint64_t width = next_number(bytes, at, name), height = next_number(bytes, at, name),
                      steps = next_number(bytes, at, name);
  require_size(width, height, name);
  WD_REQUIRE(steps == 255, name, ": its greatest value is ", steps,
             ", must be 255; save it with 8 bits a channel");
  const std::uint64_t pixels = width * height, wanted = at + 1 + pixels * (grey ? 1 : 3);
  WD_REQUIRE(bytes.size() == wanted, name, ": has ", bytes.size(), " bytes, its header says ", wanted,
             "; it is cut off or has a tail, save it again");
  Picture picture{static_cast<int>(height), static_cast<int>(width), {}};
  const std::span<const std::uint8_t> data = bytes.subspan(at + 1);
  if (!grey) picture.pixels.assign(data.begin(), data.end());
  for (std::size_t i = 0; grey && i < data.size(); ++i)
    picture.pixels.insert(picture.pixels.end(), 3, data[i]);
  return picture;
}

}  // namespace

Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (begins(bytes, {0xff, 0xd8})) return decode_jpeg(bytes, name);
  if (begins(bytes, {0x89, 'P', 'N', 'G'})) return decode_png(bytes, name);
  if (begins(bytes, {'P', '6'}) || begins(bytes, {'P', '5'})) return decode_pnm(bytes, name);
  fail(name, ": is neither JPEG nor PNG, nor a binary PPM or PGM; convert or remove it");
}

Picture read_picture(const std::filesystem::path& path) {
  return decode_picture(read_file(path), path.string());
}

}  // namespace wd::algo
