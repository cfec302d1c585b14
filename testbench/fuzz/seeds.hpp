// SPDX-License-Identifier: Apache-2.0
// The seed files of every fuzz target, made by the project's own writers.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::fuzz {

/// @param target "container", "onnx", ...: the name of its .cpp without _fuzz.
std::vector<Bytes> seeds_of(const std::string& target);
const std::vector<std::string>& targets();

std::vector<Bytes> container_seeds();
std::vector<Bytes> code_table_seeds();
std::vector<Bytes> weight_stream_seeds();
std::vector<Bytes> coded_burst_seeds();
std::vector<Bytes> compressed_model_seeds();
std::vector<Bytes> model_seeds();
std::vector<Bytes> program_seeds();
std::vector<Bytes> program_text_seeds();
std::vector<Bytes> recording_seeds();
std::vector<Bytes> power_table_seeds();
std::vector<Bytes> forest_seeds();
std::vector<Bytes> safetensors_seeds();
std::vector<Bytes> onnx_seeds();
std::vector<Bytes> idx_seeds();
std::vector<Bytes> cifar_sheet_seeds();
std::vector<Bytes> jpeg_seeds();
std::vector<Bytes> npy_seeds();
std::vector<Bytes> picture_seeds();
std::vector<Bytes> train_config_seeds();
std::vector<Bytes> checkpoint_seeds();

inline constexpr FileKind test_kind{{'W', 'D', 'T', '1'}, 3, "test"};

/// A table that weight streams of these kinds may share.
stream::CodeTable sample_table(const stream::WeightKinds& kinds);

/// What a weight code does not say itself.
/// Shape     byte 0: bits 0 to 2 the coats, bit 3 signs, bits 4 and 5 the number of streams less 1; byte 1: how far the
///           numbers of weights are shifted; then these numbers, two bytes each.
struct WeightStreamHead {
  int coats = 1;
  bool has_signs = false;
  std::vector<std::size_t> stream_weights;

  Bytes bytes() const {
    Bytes out{static_cast<std::uint8_t>((coats - 1) | (has_signs ? 8 : 0) |
                                        static_cast<int>(stream_weights.size() - 1) << 4),
              0};
    for (const std::size_t weights : stream_weights)
      for (const int shift : {0, 8}) out.push_back(static_cast<std::uint8_t>(weights >> shift));
    return out;
  }

  /// @param data moved behind the head; zeros stand for what is not there.
  static WeightStreamHead take(std::span<const std::uint8_t>& data) {
    const auto next = [&] {
      const std::size_t byte = data.empty() ? 0 : data[0];
      data = data.subspan(std::min<std::size_t>(data.size(), 1));
      return byte;
    };
    const std::size_t first = next(), shift = next() % 16;
    WeightStreamHead head{1 + static_cast<int>(first & 7) % stream::max_coats, (first & 8) != 0, {}};
    for (std::size_t s = 0; s <= (first >> 4 & 3); ++s) {
      const std::size_t low = next();
      head.stream_weights.push_back((low + 256 * next()) << shift);
    }
    return head;
  }
};

}  // namespace wd::fuzz
