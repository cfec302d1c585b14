// SPDX-License-Identifier: Apache-2.0
// An array that starts on a cache line, zero at first. Large ones ask for large pages: sequential reads are
// then about half as fast again, as the hardware's prefetch stops at the end of a page.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "algo/kernels/bfloat16.hpp"

namespace wd::algo {

template <typename T>
class Array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Array() = default;
  explicit Array(std::size_t size)
      : size_(size), data_(static_cast<T*>(::operator new(bytes_of(size), alignment_of(size)))) {
    // Only advice: without large pages the array works as well.
    if (alignment_of(size) == page) madvise(data_.get(), bytes_of(size), MADV_HUGEPAGE);
    data_.get_deleter().alignment = alignment_of(size);
    std::fill_n(data_.get(), size, T{});
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  void fill(T value) { std::fill(begin(), end(), value); }

 private:
  static constexpr std::align_val_t line{64}, page{std::size_t{1} << 21};
  static std::size_t bytes_of(std::size_t size) { return std::max<std::size_t>(size, 1) * sizeof(T); }
  static std::align_val_t alignment_of(std::size_t size) {
    return bytes_of(size) < 2 * static_cast<std::size_t>(page) ? line : page;
  }
  struct Free {
    std::align_val_t alignment = line;
    void operator()(T* data) const { ::operator delete(static_cast<void*>(data), alignment); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T[], Free> data_;
};

using Buffer = Array<float>;

}  // namespace wd::algo
