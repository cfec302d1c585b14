// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/token_mix.hpp"

#include <type_traits>

#include "algo/layers/matmul_blocks.hpp"
#include "base/error.hpp"

namespace wd::algo {

template <typename T>
TokenMix<T>::TokenMix(std::size_t in_tokens, std::size_t out_tokens, std::size_t batch,
                      std::size_t stored_channels, const MatmulKernels<T>& kernels)
    : inputs_(in_tokens),
      outputs_(out_tokens),
      batch_(batch),
      channels_(stored_channels),
      kernels_(&kernels) {
  WD_ASSERT(in_tokens > 0 && out_tokens > 0 && batch > 0 && stored_channels % 16 == 0);
}

template <typename T>
void TokenMix<T>::pack(ThreadPool&, const float* weights, Packed& packed, bool need_backward) const {
  const std::size_t depth = round_up(inputs_, 16), back = round_up(outputs_, 16);
  if (packed.forward.size() != outputs_ * depth) packed.forward = Array<T>(outputs_ * depth);
  for (std::size_t o = 0; o < outputs_; ++o)
    for (std::size_t i = 0; i < inputs_; ++i) packed.forward[o * depth + i] = T(weights[i * outputs_ + o]);
  if (!need_backward) return;
  if (packed.backward.size() != inputs_ * back) packed.backward = Array<T>(inputs_ * back);
  for (std::size_t i = 0; i < inputs_; ++i)
    kernels_->narrow(outputs_, weights + i * outputs_, packed.backward.data() + i * back);
}

/// Tasks take blocks of columns: their inputs become panels in the thread's memory, which all outputs then
/// use.
template <typename T>
void TokenMix<T>::mix(ThreadPool& pool, std::size_t inputs, std::size_t outputs, const Array<T>& weights,
                      const T* input, T* output, bool accumulate) const {
  constexpr std::size_t block_bytes = std::size_t{1} << 18, least_tasks = 16;
  const MatmulKernels<T>& k = *kernels_;
  const std::size_t columns = batch_ * channels_, depth = round_up(inputs, 16);
  const std::size_t panel_words = depth / k.values_per_word * panel_width;
  const std::size_t most = std::clamp<std::size_t>(block_bytes / 4 / panel_words, 1, 8);
  const std::size_t tasks = std::max(std::min(least_tasks, panels_of(columns)), panels_of(columns) / most);
  const auto blocks = depth_blocks(1, depth, k.block_depth);
  pool.run(tasks, [&](std::size_t task) {
    const Range panels = piece(panels_of(columns), task, tasks);
    const std::size_t first = panels.first * panel_width;
    const std::size_t width = std::min(columns, panels.last * panel_width) - first;
    auto* words = thread_scratch<std::uint32_t, ScratchUse::panel>(panels.size() * panel_words);
    for (std::size_t n = 0; n < width; n += panel_width)
      k.panel_of_rows(inputs, depth, std::min(panel_width, width - n), input + first + n, columns,
                      words + n / panel_width * panel_words);
    float* scratch = thread_scratch<float, ScratchUse::sums>(strip_rows * width);
    k.begin();
    for (std::size_t row = 0; row < outputs; row += strip_rows) {
      const std::size_t rows = std::min(strip_rows, outputs - row);
      T* out = output + row * columns + first;
      for (std::size_t n = 0, wide = 0; n < width; n += wide) {
        wide = width - n;
        if (wide > panel_width) wide -= wide % panel_width;  // a narrow last panel has a stride of its own
        for (const DepthBlock& block : blocks) {
          const MatmulTerm<T> term{weights.data() + row * depth + block.first,
                                   words + n / panel_width * panel_words +
                                       block.first / k.values_per_word * std::min(panel_width, wide)};
          const MatmulShape shape{rows, wide, block.last - block.first, panel_words, wide};
          k.multiply(shape, &term, 1, depth, scratch, block.first > 0);
        }
        k.round(rows, wide, scratch, wide, out + n, columns, accumulate);
      }
    }
    k.end();
  });
}

template <typename T>
void TokenMix<T>::forward(ThreadPool& pool, const T* input, const Packed& packed, T* output,
                          const ChunkWork& epilogue) const {
  mix(pool, inputs_, outputs_, packed.forward, input, output, false);
  if (epilogue) pool.run(chunks(), [&](std::size_t index) { epilogue(chunk(index)); });
}

template <typename T>
void TokenMix<T>::backward_input(ThreadPool& pool, const T* doutput, const Packed& packed, T* dinput,
                                 bool accumulate) const {
  mix(pool, outputs_, inputs_, packed.backward, doutput, dinput, accumulate);
}

/// The depth is images x channels, cut into parts with their own sums, and those into blocks whose output
/// gradients become panels.
template <typename T>
void TokenMix<T>::backward_weights(ThreadPool& pool, const T* input, const T* doutput, float* dweight) const {
  constexpr std::size_t most_depth = 1024, most_parts = 8;
  const MatmulKernels<T>& k = *kernels_;
  const std::size_t columns = batch_ * channels_, width = round_up(outputs_, 16), groups = columns / 16;
  const std::size_t parts = std::clamp<std::size_t>(columns / 512, 1, most_parts);
  const std::size_t block = std::min(k.block_depth, most_depth), whole = width / panel_width * panel_width;
  float* partial = thread_scratch<float, ScratchUse::partial>(parts * inputs_ * width);
  pool.run(parts, [&](std::size_t part) {
    const Range mine{groups * part / parts * 16, groups * (part + 1) / parts * 16};
    float* sums = partial + part * inputs_ * width;
    auto* words = thread_scratch<std::uint32_t, ScratchUse::panel>(width * block / k.values_per_word);
    k.begin();
    for (std::size_t n = mine.first; n < mine.last; n += block) {
      const std::size_t depth = std::min(block, mine.last - n), column_words = depth / k.values_per_word;
      for (std::size_t o = 0; o < width; o += panel_width)
        k.panel_of_columns(depth, std::min(panel_width, outputs_ - o), std::min(panel_width, width - o),
                           doutput + o * columns + n, columns, words + o * column_words);
      for (std::size_t i = 0; i < inputs_; i += strip_rows) {
        const std::size_t rows = std::min(strip_rows, inputs_ - i);
        const MatmulTerm<T> term{input + i * columns + n, words},
            last{term.left, words + whole * column_words};
        const std::size_t stride = column_words * panel_width;
        float* to = sums + i * width;
        if (whole > 0) k.multiply({rows, whole, depth, stride, width}, &term, 1, columns, to, n > mine.first);
        if (whole < width)
          k.multiply({rows, width - whole, depth, stride, width}, &last, 1, columns, to + whole,
                     n > mine.first);
      }
    }
    k.end();
  });
  pool.run(inputs_, [&](std::size_t i) {
    for (std::size_t part = 0; part < parts; ++part)
      for (std::size_t o = 0; o < outputs_; ++o)
        dweight[i * outputs_ + o] += partial[(part * inputs_ + i) * width + o];
  });
}

template class TokenMix<float>;
template class TokenMix<BFloat16>;

}  // namespace wd::algo
