// SPDX-License-Identifier: Apache-2.0
// The norm of one node, of whichever kind, behind one interface.
//
// Numerics  a node without a norm multiplies by sigma: an AffineNorm that learns nothing.
// Test      executor_test.cpp
#pragma once

#include <memory>
#include <variant>

#include "algo/layers/affine_norm.hpp"
#include "algo/layers/batch_norm.hpp"
#include "algo/layers/layer_norm.hpp"

namespace wd::algo {

template <typename T>
class NodeNorm {
 public:
  NodeNorm(NormParameters* parameters, int channels, std::size_t chunks, std::size_t samples, double sigma) {
    const std::size_t stored = stored_channels(channels);
    if (!parameters) {
      identity_ = std::make_unique<NormParameters>(NormShape{"", NormKind::affine, channels, false, 1});
      parameters = identity_.get();
    }
    switch (parameters->kind) {
      case NormKind::batch:
        norm_.template emplace<BatchNorm<T>>(*parameters, chunks, samples, stored, sigma);
        break;
      case NormKind::affine:
        norm_.template emplace<AffineNorm<T>>(*parameters, chunks, stored, sigma);
        break;
      case NormKind::layer:
        norm_.template emplace<LayerNorm<T>>(*parameters, chunks, stored, sigma);
        break;
    }
  }

  const BatchNorm<T>* batch() const { return std::get_if<BatchNorm<T>>(&norm_); }
  BatchNorm<T>* batch() { return std::get_if<BatchNorm<T>>(&norm_); }

  /// Before a forward pass: takes the parameters over. @param statistics of a batch norm; null: the batch's
  /// own follow.
  void begin(double sigma, const ChannelStatistics* statistics) {
    visit([&](auto& norm) {
      norm.set_sigma(sigma);
      if constexpr (requires { norm.refresh(); })
        norm.refresh();
      else if (statistics)
        norm.use_statistics(*statistics);
    });
  }

  void normalize(std::size_t rows, const T* raw, const T* residual, Activation activation, T* out) const {
    std::visit(
        [&](const auto& norm) {
          if constexpr (requires { norm.normalize(rows, raw, residual, activation, out); })
            norm.normalize(rows, raw, residual, activation, out);
        },
        norm_);
  }

  void collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                        const T* residual, Activation activation) {
    visit([&](auto& norm) { norm.collect_gradient(chunk, rows, dy, y, raw, residual, activation); });
  }

  void finish_gradient() {
    visit([](auto& norm) { norm.finish_gradient(); });
  }

  void input_gradient(std::size_t rows, const T* dy, const T* raw, T* draw, bool accumulate) const {
    std::visit(
        [&](const auto& norm) {
          if constexpr (requires { norm.input_gradient(rows, dy, raw, draw, accumulate); })
            norm.input_gradient(rows, dy, raw, draw, accumulate);
          else if constexpr (requires { norm.input_gradient(rows, dy, draw, accumulate); })
            norm.input_gradient(rows, dy, draw, accumulate);
        },
        norm_);
  }

 private:
  template <typename Visit>
  void visit(Visit visit) {
    std::visit(
        [&](auto& norm) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(norm)>, std::monostate>) visit(norm);
        },
        norm_);
  }

  std::unique_ptr<NormParameters> identity_;
  std::variant<std::monostate, BatchNorm<T>, AffineNorm<T>, LayerNorm<T>> norm_;
};

}  // namespace wd::algo
