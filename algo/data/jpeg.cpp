// SPDX-License-Identifier: Apache-2.0
#include "algo/data/jpeg.hpp"

// libjpeg's header needs FILE and size_t declared before it.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>

#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr int max_scans = 128;  // a hostile progressive file repeats scans to burn time

/// libjpeg reports errors by a call that must not return. Exceptions must not cross its C frames, so the call
/// jumps back into one of the functions below, which hold nothing that has a destructor.
struct Decoder {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf back{};
  char message[JMSG_LENGTH_MAX] = "";

  Decoder() = default;
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto& decoder = *static_cast<Decoder*>(info->client_data);
  info->err->format_message(info, decoder.message);
  std::longjmp(decoder.back, 1);
}

void on_message(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  const bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
  if (level < 0 && !harmless) on_error(info);
}

void on_progress(j_common_ptr info) {
  auto& decoder = *static_cast<Decoder*>(info->client_data);
  if (decoder.info.input_scan_number <= max_scans) return;
  std::snprintf(decoder.message, sizeof decoder.message, "more than %d scans", max_scans);
  std::longjmp(decoder.back, 1);
}

bool read_header(Decoder& decoder, const std::uint8_t* bytes, std::size_t count) {
  jpeg_decompress_struct& info = decoder.info;
  info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  info.client_data = &decoder;
  if (setjmp(decoder.back)) return false;
  jpeg_create_decompress(&info);  // keeps err and client_data
  decoder.progress.progress_monitor = on_progress;
  info.progress = &decoder.progress;
  jpeg_mem_src(&info, bytes, count);
  jpeg_read_header(&info, TRUE);
  return true;
}

bool has_inks(const jpeg_decompress_struct& info) {
  return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
}

/// A row of inks, stored as what they leave of the light, in RGB. Rounded in Pillow's way.
void mix_inks(const std::uint8_t* inks, std::size_t width, std::uint8_t* out) {
  for (; width > 0; --width, inks += 4)
    for (int c = 0; c < 3; ++c) {
      const unsigned light = inks[3], product = (255u - inks[c]) * light + 128;
      *out++ = static_cast<std::uint8_t>(light - ((product + (product >> 8)) >> 8));
    }
}

/// @param inks a row's, where has_inks().
bool read_pixels(Decoder& decoder, std::uint8_t* out, std::uint8_t* inks) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.back)) return false;
  const bool mixed = has_inks(info);
  info.out_color_space = mixed ? JCS_CMYK : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info);
  const std::size_t row_bytes = std::size_t{info.output_width} * 3;
  while (info.output_scanline < info.output_height) {
    std::uint8_t* const place = out + info.output_scanline * row_bytes;
    JSAMPROW row = mixed ? inks : place;
    jpeg_read_scanlines(&info, &row, 1);
    if (mixed) mix_inks(inks, info.output_width, place);
  }
  jpeg_finish_decompress(&info);
  return true;
}

}  // namespace

Picture decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name) {
  Decoder decoder;
  const auto require_decoded = [&](bool done) {
    WD_REQUIRE(done, name, ": is no whole JPEG file (", decoder.message, "); replace or remove it");
  };
  WD_REQUIRE(!bytes.empty(), name, ": is empty; replace or remove it");
  require_decoded(read_header(decoder, bytes.data(), bytes.size()));
  const jpeg_decompress_struct& info = decoder.info;
  const J_COLOR_SPACE space = info.jpeg_color_space;
  WD_REQUIRE(space == JCS_GRAYSCALE || space == JCS_YCbCr || space == JCS_RGB || has_inks(info), name,
             ": has ", info.num_components, " channels of an unknown colour space; convert it to RGB");
  WD_REQUIRE(std::uint64_t{info.image_width} * info.image_height <= max_jpeg_pixels, name, ": is ",
             info.image_width, " x ", info.image_height, ", must have at most ", max_jpeg_pixels,
             " pixels; reduce it");
  std::uint64_t memory = std::uint64_t{3} * info.image_width * info.image_height;
  if (jpeg_has_multiple_scans(&decoder.info) != 0) {
    for (int c = 0; c < info.num_components; ++c)
      memory += std::uint64_t{info.comp_info[c].width_in_blocks} * info.comp_info[c].height_in_blocks *
                sizeof(JBLOCK);
  }
  WD_REQUIRE(memory <= max_jpeg_memory(bytes.size()), name, ": is ", info.image_width, " x ",
             info.image_height, " in ", bytes.size(), " bytes, decoding takes ", memory, " bytes, at most ",
             max_jpeg_memory(bytes.size()), " are allowed; replace or remove it");
  Picture picture{static_cast<int>(info.image_height), static_cast<int>(info.image_width), {}};
  picture.pixels.resize(std::size_t{info.image_width} * info.image_height * 3);
  std::vector<std::uint8_t> inks(has_inks(info) ? std::size_t{info.image_width} * 4 : 0);
  require_decoded(read_pixels(decoder, picture.pixels.data(), inks.data()));
  return picture;
}

}  // namespace wd::algo
