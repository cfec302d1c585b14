// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/flatten.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {

template <typename T>
Flatten<T>::Flatten(int height, int width, int channels, std::size_t batch)
    : positions_(static_cast<std::size_t>(height) * static_cast<std::size_t>(width)),
      channels_(static_cast<std::size_t>(channels)),
      batch_(batch),
      in_stored_(stored_channels(channels)),
      out_stored_(stored_channels(height * width * channels)) {
  WD_ASSERT(height > 0 && width > 0 && channels > 0);
}

template <typename T>
void Flatten<T>::forward(ThreadPool& pool, const T* input, T* output) const {
  pool.run(batch_, [&](std::size_t b) {
    T* out = output + b * out_stored_;
    for (std::size_t p = 0; p < positions_; ++p) {
      const T* in = input + (p * batch_ + b) * in_stored_;
      for (std::size_t c = 0; c < channels_; ++c) out[c * positions_ + p] = in[c];
    }
    std::fill(out + channels_ * positions_, out + out_stored_, T{});
  });
}

template <typename T>
void Flatten<T>::backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const {
  pool.run(batch_, [&](std::size_t b) {
    const T* from = doutput + b * out_stored_;
    for (std::size_t p = 0; p < positions_; ++p) {
      T* to = dinput + (p * batch_ + b) * in_stored_;
      for (std::size_t c = 0; c < channels_; ++c) {
        const T d = from[c * positions_ + p];
        to[c] = accumulate ? static_cast<T>(static_cast<float>(to[c]) + static_cast<float>(d)) : d;
      }
      if (!accumulate) std::fill(to + channels_, to + in_stored_, T{});
    }
  });
}

template class Flatten<float>;
template class Flatten<BFloat16>;

}  // namespace wd::algo
