// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/conv.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {
namespace {

/// Small images still need enough chunks to balance: blocks of images per position.
std::size_t blocks_of(std::size_t positions, std::size_t batch) {
  return positions < 32 && batch >= 64 ? 4 : 1;
}

constexpr std::size_t gradient_rows = 32;  // input channels of a weight gradient's chunk

}  // namespace

Conv::Conv(const ConvShape& shape, std::size_t batch)
    : shape_(shape), batch_(batch), blocks_(blocks_of(shape.out_positions(), batch)) {
  WD_ASSERT(shape.out_channels % 16 == 0 && batch > 0);
  of_output_.resize(shape.out_positions());
  of_input_.resize(shape.in_positions());
  for (int y = 0; y < shape.out_height(); ++y)
    for (int x = 0; x < shape.out_width(); ++x)
      for (int ky = 0; ky < shape.kernel; ++ky)
        for (int kx = 0; kx < shape.kernel; ++kx) {
          const int in_y = y * shape.stride + ky - shape.pad, in_x = x * shape.stride + kx - shape.pad;
          if (in_y < 0 || in_y >= shape.in_height || in_x < 0 || in_x >= shape.in_width) continue;
          const auto tap = static_cast<std::size_t>(ky * shape.kernel + kx);
          const auto out = static_cast<std::size_t>(y * shape.out_width() + x);
          const auto in = static_cast<std::size_t>(in_y * shape.in_width + in_x);
          of_output_[out].push_back({tap, in});
          of_input_[in].push_back({tap, out});
        }
}

ConvChunk Conv::chunk(std::size_t index) const {
  const std::size_t block = index % blocks_;
  const std::size_t first = batch_ * block / blocks_, last = batch_ * (block + 1) / blocks_;
  return {index, index / blocks_, first, last - first};
}

void Conv::forward(ThreadPool& pool, const float* input, PackedWeights weights, float* output,
                   const Epilogue& epilogue) const {
  const Kernels& k = kernels();
  const std::size_t inputs = shape_.inputs(), outputs = shape_.outputs(), taps = shape_.taps();
  pool.run(chunks(), [&](std::size_t index) {
    const ConvChunk at = chunk(index);
    float* out = output + (at.position * batch_ + at.first_row) * outputs;
    for (std::size_t o = 0; o < outputs; o += panel_width) {
      const std::size_t width = panel_columns(outputs, o);
      bool accumulate = false;
      for (const Term& term : of_output_[at.position]) {
        const float* in = input + (term.other * batch_ + at.first_row) * inputs;
        const float* panel = weights.forward + taps * inputs * o + term.tap * inputs * width;
        k.multiply(at.rows, inputs, in, inputs, panel, width, out + o, outputs, accumulate);
        accumulate = true;
      }
    }
    if (epilogue) epilogue(at);
  });
}

void Conv::backward_input(ThreadPool& pool, const float* doutput, PackedWeights weights, float* dinput,
                          bool accumulate) const {
  const Kernels& k = kernels();
  const std::size_t inputs = shape_.inputs(), outputs = shape_.outputs(), taps = shape_.taps();
  const std::size_t blocks = blocks_of(shape_.in_positions(), batch_);
  pool.run(shape_.in_positions() * blocks, [&](std::size_t index) {
    const std::size_t position = index / blocks, block = index % blocks;
    const std::size_t first = batch_ * block / blocks, rows = batch_ * (block + 1) / blocks - first;
    float* out = dinput + (position * batch_ + first) * inputs;
    // A position that no output reads (1x1 with stride 2) has a gradient of zero.
    if (of_input_[position].empty() && !accumulate) std::fill_n(out, rows * inputs, 0.0f);
    for (std::size_t i = 0; i < inputs; i += panel_width) {
      const std::size_t width = panel_columns(inputs, i);
      bool add = accumulate;
      for (const Term& term : of_input_[position]) {
        const float* d = doutput + (term.other * batch_ + first) * outputs;
        const float* panel = weights.backward + taps * outputs * i + term.tap * outputs * width;
        k.multiply(rows, outputs, d, outputs, panel, width, out + i, inputs, add);
        add = true;
      }
    }
  });
}

void Conv::backward_weights(ThreadPool& pool, const float* input, const float* doutput,
                            float* dweight) const {
  const Kernels& k = kernels();
  const std::size_t inputs = shape_.inputs(), outputs = shape_.outputs();
  const std::size_t groups = (inputs + gradient_rows - 1) / gradient_rows;
  pool.run(shape_.taps() * groups, [&](std::size_t index) {
    const std::size_t tap = index / groups, first = index % groups * gradient_rows;
    const std::size_t rows = std::min(gradient_rows, inputs - first);
    float* out = dweight + (tap * inputs + first) * outputs;
    for (std::size_t position = 0; position < of_output_.size(); ++position)
      for (const Term& term : of_output_[position]) {
        if (term.tap != tap) continue;
        const float* in = input + term.other * batch_ * inputs + first;
        const float* d = doutput + position * batch_ * outputs;
        for (std::size_t o = 0; o < outputs; o += panel_width)
          k.multiply_transposed(rows, batch_, in, inputs, d + o, outputs, panel_columns(outputs, o), out + o,
                                outputs);
      }
  });
}

namespace {

/// out[panel of columns][tap][rows][panel columns] from in(tap, row, column).
template <typename In>
void pack(std::size_t taps, std::size_t rows, std::size_t columns, float* out, In in) {
  for (std::size_t c = 0; c < columns; c += panel_width) {
    const std::size_t width = panel_columns(columns, c);
    for (std::size_t tap = 0; tap < taps; ++tap)
      for (std::size_t r = 0; r < rows; ++r, out += width)
        for (std::size_t j = 0; j < width; ++j) out[j] = in(tap, r, c + j);
  }
}

}  // namespace

void pack_weights(const ConvShape& shape, const float* weights, float* forward, float* backward) {
  const std::size_t inputs = shape.inputs(), outputs = shape.outputs(), taps = shape.taps();
  pack(taps, inputs, outputs, forward, [&](std::size_t tap, std::size_t i, std::size_t o) {
    return weights[(tap * inputs + i) * outputs + o];
  });
  if (backward)
    pack(taps, outputs, inputs, backward, [&](std::size_t tap, std::size_t o, std::size_t i) {
      return weights[(tap * inputs + i) * outputs + o];
    });
}

}  // namespace wd::algo
