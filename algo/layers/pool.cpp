// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/pool.hpp"

#include <algorithm>

#include "algo/kernels/elementwise.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t block = 8192;  // values of one task; a multiple of 16

void check(const PoolShape& s) {
  WD_REQUIRE(s.height > 0 && s.width > 0 && s.channels > 0 && s.stride >= 0, "a pool over ", s.height, "x",
             s.width, "x", s.channels, " with stride ", s.stride, ": all must be positive");
  if (s.global()) return;
  WD_REQUIRE(s.kernel > 0 && s.kernel <= s.height + 2 * s.pad && s.kernel <= s.width + 2 * s.pad,
             "a pool's kernel is ", s.kernel, ", must be 1 to the padded image's ", s.height + 2 * s.pad, "x",
             s.width + 2 * s.pad);
  WD_REQUIRE(s.pad >= 0 && 2 * s.pad <= s.kernel, "a pool's padding is ", s.pad,
             ", must be 0 to half of its kernel of ", s.kernel);
}

/// Runs work(position, first, count) over blocks of every position's plane of values.
template <typename Work>
void for_blocks(ThreadPool& pool, std::size_t positions, std::size_t plane, const Work& work) {
  const std::size_t blocks = (plane + block - 1) / block;
  pool.run(positions * blocks, [&](std::size_t task) {
    const std::size_t first = task % blocks * block;
    work(task / blocks, first, std::min(block, plane - first));
  });
}

/// Where the terms' planes are, from `first` on.
template <typename T>
std::vector<const T*> planes(const std::vector<PoolWindows::Term>& terms, const T* values, std::size_t plane,
                             std::size_t first) {
  std::vector<const T*> result;
  for (const PoolWindows::Term& term : terms) result.push_back(values + term.position * plane + first);
  return result;
}

std::vector<std::uint8_t> taps(const std::vector<PoolWindows::Term>& terms) {
  std::vector<std::uint8_t> result;
  for (const PoolWindows::Term& term : terms) result.push_back(static_cast<std::uint8_t>(term.tap));
  return result;
}

}  // namespace

std::size_t PoolShape::window() const {
  return global() ? in_positions() : static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel);
}

PoolWindows::PoolWindows(const PoolShape& s) {
  check(s);
  of_output_.resize(s.out_positions());
  of_input_.resize(s.in_positions());
  const int rows = s.global() ? s.height : s.kernel, columns = s.global() ? s.width : s.kernel;
  const int stride = s.stride, pad = s.global() ? 0 : s.pad;
  for (int o = 0; o < s.out_height() * s.out_width(); ++o)
    for (int tap = 0; tap < rows * columns; ++tap) {
      const int y = o / s.out_width() * stride + tap / columns - pad;
      const int x = o % s.out_width() * stride + tap % columns - pad;
      if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
      const auto output = static_cast<std::size_t>(o), input = static_cast<std::size_t>(y * s.width + x);
      of_output_[output].push_back({input, static_cast<std::size_t>(tap)});
      of_input_[input].push_back({output, static_cast<std::size_t>(tap)});
    }
}

template <typename T>
MaxPool<T>::MaxPool(const PoolShape& shape, std::size_t batch)
    : shape_(shape), plane_(batch * stored_channels(shape.channels)), windows_(shape) {
  WD_REQUIRE(shape.window() <= 256, "a maximum over ", shape.window(),
             " positions, at most 256 are supported; pool in two steps");
  winner_ = Array<std::uint8_t>(shape.out_positions() * plane_);
}

template <typename T>
void MaxPool<T>::forward(ThreadPool& pool, const T* input, T* output) {
  for_blocks(pool, shape_.out_positions(), plane_, [&](std::size_t to, std::size_t first, std::size_t count) {
    const auto& terms = windows_.of_output(to);
    const std::size_t at = to * plane_ + first;
    elementwise<T>().pool_max(count, terms.size(), planes(terms, input, plane_, first).data(),
                              taps(terms).data(), output + at, winner_.data() + at);
  });
}

template <typename T>
void MaxPool<T>::backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const {
  for_blocks(pool, shape_.in_positions(), plane_, [&](std::size_t to, std::size_t first, std::size_t count) {
    const auto& terms = windows_.of_input(to);
    elementwise<T>().pool_max_gradient(count, terms.size(), planes(terms, doutput, plane_, first).data(),
                                       planes(terms, winner_.data(), plane_, first).data(),
                                       taps(terms).data(), dinput + to * plane_ + first, accumulate);
  });
}

template <typename T>
AveragePool<T>::AveragePool(const PoolShape& shape, std::size_t batch)
    : shape_(shape), plane_(batch * stored_channels(shape.channels)), windows_(shape) {}

template <typename T>
void AveragePool<T>::forward(ThreadPool& pool, const T* input, T* output) const {
  const float factor = 1.0f / static_cast<float>(shape_.window());
  for_blocks(pool, shape_.out_positions(), plane_, [&](std::size_t to, std::size_t first, std::size_t count) {
    const auto& terms = windows_.of_output(to);
    elementwise<T>().pool_sum(count, terms.size(), planes(terms, input, plane_, first).data(), factor,
                              output + to * plane_ + first, false);
  });
}

template <typename T>
void AveragePool<T>::backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const {
  const float factor = 1.0f / static_cast<float>(shape_.window());
  for_blocks(pool, shape_.in_positions(), plane_, [&](std::size_t to, std::size_t first, std::size_t count) {
    const auto& terms = windows_.of_input(to);
    elementwise<T>().pool_sum(count, terms.size(), planes(terms, doutput, plane_, first).data(), factor,
                              dinput + to * plane_ + first, accumulate);
  });
}

template class MaxPool<float>;
template class MaxPool<BFloat16>;
template class AveragePool<float>;
template class AveragePool<BFloat16>;

}  // namespace wd::algo
