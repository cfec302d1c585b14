// SPDX-License-Identifier: Apache-2.0
// The model file: what training hands to the compression and to the compiler.
//
// A network is a list of steps over named FP8 tensors. A step is a layer or a loop over layers: a
// folded stage. A layer is a convolution (fully connected layers are 1x1, and average pooling is
// part of a `pooled` convolution), a max pool, a normalization without products, or token mixing: sums over the
// positions of each channel. Weights are levels 0..coats with a sign each; all
// real-valued parameters are FP16 pairs (gamma, beta) per output channel and loop iteration.
// Shape     weight levels are O x KH x KW x I (input channel fastest); tensors are H x W x C.
// Units     a tensor's real value is its FP8 value times 2^-scale_exp.
// Numerics  out_fp8 = fp8(relu(rne16(gamma * rne16(acc * 2^(-9 - acc_shift)) + beta) + residual)),
//           docs/numerics.md. gamma and beta hold batch norm, sigma and the tensor scales, for
//           acc_shift = 0: the compiler multiplies gamma by 2^acc_shift.
// Errors    inconsistent shapes, unknown names or keys: wd::Error naming the file and the field.
// Test      network_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/container.hpp"

namespace wd::model {

inline constexpr FileKind model_kind{{'W', 'D', 'M', '1'}, 5, "model"};

/// An activation tensor, H x W x C.
struct Tensor {
  std::string name;
  int height = 0, width = 0, channels = 0;
  int scale_exp = 0;  // real value = FP8 value * 2^-scale_exp
};

enum class SignSource { random, learned };

/// Which weights the seed decides instead of training: hw/formats/stream/freeze_generator.hpp.
struct Freeze {
  std::uint64_t seed = 0;
  int pruned = 0, locked = 0;  // in 1/65536 of the weights, together at most 65536
  int level = 1;               // of locked weights, 1..coats; pruned ones are 0

  bool operator==(const Freeze&) const = default;
};

/// One supermask: shared by every iteration of the fold that uses it.
struct Weights {
  std::string name;
  int kernel_h = 1, kernel_w = 1, in_channels = 0, out_channels = 0;
  int coats = 1;                            // 1, 3 or 7: INT2, INT3 or INT4 weights
  SignSource signs = SignSource::random;    // random: from sign_seed, never stored
  std::uint64_t sign_seed = 0;              // hw/formats/stream/sign_generator.hpp
  std::optional<Freeze> freeze;             // levels repeat what it decides
  std::vector<std::uint8_t> levels;         // O x KH x KW x I, 0..coats
  std::vector<std::uint8_t> learned_signs;  // same shape, 1 = negative; empty when random

  std::size_t count() const {
    return static_cast<std::size_t>(kernel_h) * static_cast<std::size_t>(kernel_w) *
           static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(out_channels);
  }
};

/// FP16 bits of the folded normalization of one convolution in one iteration.
struct Norm {
  std::vector<std::uint16_t> gamma, beta;  // O each
};

enum class LayerKind {
  conv,
  pool,         // the greatest code of each window: input and output have one scale
  elementwise,  // norms, residual and activation of a tensor, without products
  // out[t][c] := sum over s of weight[t][s] * in[s][c], positions in raster order; norms, residual and activation as a convolution's
  token_mix,
  transpose,  // positions become channels, channels positions: made by the compiler, in no file
};

struct Layer {
  LayerKind kind = LayerKind::conv;
  std::string name;
  int weights = 0;              // index into Network::weights; -1 where there are none
  int input = 0, output = 0;    // indices into Network::tensors; output -1: the class scores
  std::optional<int> residual;  // a tensor of the output's shape, added before the activation
  int stride = 1, pad = 0;
  int kernel_h = 1, kernel_w = 1;  // of a pool's windows; a convolution's weights have their own
  bool relu = false;
  bool gelu = false;                // instead of ReLU, of FP8 values: hw/numerics/gelu.hpp
  bool pooled = false;              // a 1x1 kernel applied at, and summed over, every input position
  bool norms_of_positions = false;  // the compiler's: gamma and beta belong to positions, not to channels
  std::vector<Norm> norms;  // one per iteration of the enclosing loop (1 outside of loops); a pool has none

  bool has_products() const { return kind == LayerKind::conv || kind == LayerKind::token_mix; }
};

/// A folded stage: the same layers `count` times, normalization unshared.
struct Loop {
  int count = 1;
  std::vector<Layer> body;
};

using Step = std::variant<Layer, Loop>;

/// How raw pixels become the input tensor (the host does it).
struct InputTransform {
  int image_height = 28, image_width = 28;
  int patch = 4;       // space-to-depth: channel = (y % patch * patch + x % patch) * C + c, C image channels
  bool split = false;  // a second, fine FP8 value per pixel: channels double, coarse ones first
  std::vector<double> mean{0}, deviation{1};  // of pixels / 255, one per image channel

  int image_channels() const { return static_cast<int>(mean.size()); }
  /// Of the tensor that it makes.
  int channels() const { return patch * patch * image_channels() * (split ? 2 : 1); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(image_height) * static_cast<std::size_t>(image_width) * mean.size();
  }
};

/// Refuses statistics that are not one finite number per channel, deviations positive.
void check(const InputTransform& transform, const std::string& origin);

struct Network {
  std::string name;
  std::string dataset;
  std::uint64_t seed = 0;
  int classes = 10;
  InputTransform input_transform;
  int input = 0;  // tensor index
  std::vector<Tensor> tensors;
  std::vector<Weights> weights;
  std::vector<Step> steps;
  /// Parameters of the same network in dense form, for ratios: FP32 weights and affine batch norm.
  std::uint64_t dense_unfolded_parameters = 0;

  std::size_t weight_count() const;
  std::size_t norm_pair_count() const;
};

/// Refuses a network whose parts do not fit together. @param origin the name in messages.
void check(const Network& network, const std::string& origin);

/// The JSON description without the bulk arrays (levels, learned signs, gamma, beta).
nlohmann::json describe(const Network& network);
/// Inverse of describe(); norms are sized but zero, levels and signs empty. Strict about keys.
/// @param max_norm_values of all gamma and beta: a hostile description is refused before memory is taken.
Network from_description(const nlohmann::json& description, const std::string& origin,
                         std::size_t max_norm_values);

/// The file's sections; @param origin the name in messages.
Container encode_model(const Network& network, const std::string& origin);
Network decode_model(const Container& container);

void write_model(const Network& network, const std::filesystem::path& path);
Network read_model(const std::filesystem::path& path);

/// All gamma and beta in step, iteration, channel order (gamma then beta of each Norm), and back.
std::vector<std::uint16_t> flatten_norms(const Network& network);
void restore_norms(Network& network, const std::vector<std::uint16_t>& flat, const std::string& origin);

/// Calls visit(layer, loop_count) for each layer in execution order, loop bodies once.
template <typename NetworkRef, typename Visit>
void for_each_layer(NetworkRef& network, Visit visit) {
  for (auto& step : network.steps) {
    if (auto* layer = std::get_if<Layer>(&step)) {
      visit(*layer, 1);
    } else {
      auto& loop = std::get<Loop>(step);
      for (auto& inner : loop.body) visit(inner, loop.count);
    }
  }
}

}  // namespace wd::model
