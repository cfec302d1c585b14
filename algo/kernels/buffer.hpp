// SPDX-License-Identifier: Apache-2.0
// An array of floats that starts on a cache line, zero at first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace wd::algo {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : size_(size),
        data_(static_cast<float*>(::operator new(std::max<std::size_t>(size, 1) * sizeof(float), line))) {
    std::fill_n(data_.get(), size, 0.0f);
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  float& operator[](std::size_t i) { return data_[i]; }
  float operator[](std::size_t i) const { return data_[i]; }
  float* begin() { return data(); }
  float* end() { return data() + size_; }
  const float* begin() const { return data(); }
  const float* end() const { return data() + size_; }
  void fill(float value) { std::fill(begin(), end(), value); }

 private:
  static constexpr std::align_val_t line{64};
  struct Free {
    void operator()(float* data) const { ::operator delete(data, line); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace wd::algo
