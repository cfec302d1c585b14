// SPDX-License-Identifier: Apache-2.0
// Makes JPEG files with libjpeg, for tests and for whitedwarf-make-pictures.
#pragma once

// libjpeg's header needs FILE and size_t declared before it.
#include <jpeglib.h>

#include <cstdio>
#include <cstdlib>

#include "base/files.hpp"

namespace wd::algo {

struct JpegKind {
  J_COLOR_SPACE space = JCS_RGB;
  int channels = 3;
  int quality = 100;
  bool progressive = false;
  bool separate_scans = false;  // one sequential scan per component
  bool ycck = false;            // of four channels: inks stored as brightness and colours
  bool half_colour = false;     // colour in half the resolution, as cameras do
};

/// @param pixels height x width x kind.channels bytes.
inline Bytes encode_jpeg(int height, int width, const Bytes& pixels, const JpegKind& kind = {}) {
  static const jpeg_scan_info scans[3] = {
      {1, {0, 0, 0, 0}, 0, 63, 0, 0}, {1, {1, 0, 0, 0}, 0, 63, 0, 0}, {1, {2, 0, 0, 0}, 0, 63, 0, 0}};
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &out, &size);
  info.image_height = static_cast<JDIMENSION>(height);
  info.image_width = static_cast<JDIMENSION>(width);
  info.input_components = kind.channels;
  info.in_color_space = kind.space;
  jpeg_set_defaults(&info);
  if (kind.ycck) jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, kind.quality, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = kind.half_colour ? 2 : 1;
  if (kind.progressive) jpeg_simple_progression(&info);
  if (kind.separate_scans) {
    info.scan_info = scans;
    info.num_scans = 3;
  }
  jpeg_start_compress(&info, TRUE);
  const std::size_t row_bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(kind.channels);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(pixels.data() + info.next_scanline * row_bytes);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const Bytes bytes(out, out + size);
  std::free(out);
  return bytes;
}

/// An RGB picture that varies smoothly, so that JPEG keeps it to a few levels.
inline Bytes smooth_picture(int height, int width, int shade) {
  Bytes pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {shade + 200 * x / width, 20 + 200 * y / height, 230 - 200 * x / width})
        pixels.push_back(static_cast<std::uint8_t>(value));
  return pixels;
}

}  // namespace wd::algo
