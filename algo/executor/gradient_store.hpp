// SPDX-License-Identifier: Apache-2.0
// The gradients of activations while a backward pass runs: each lives from its first contribution to its use.
//
// Numerics  a first contribution overwrites, later ones add.
// Test      executor_test.cpp
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "algo/kernels/buffer.hpp"
#include "base/error.hpp"

namespace wd::algo {

template <typename T>
class GradientStore {
 public:
  explicit GradientStore(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), live_(sizes_.size()) {}

  bool written(int activation) const { return live_[at(activation)].has_value(); }

  /// The gradient's memory: as written before, or not yet of any value.
  T* get(int activation) {
    std::optional<Array<T>>& live = live_[at(activation)];
    if (!live) live = take(activation);
    return live->data();
  }

  /// No node needs it any more.
  void release(int activation) {
    std::optional<Array<T>>& live = live_[at(activation)];
    if (live) give_back(std::move(*live));
    live.reset();
  }

  /// Memory of an activation's size for other use, of any value, until give_back(): new memory for each step
  /// would cost its page faults.
  Array<T> take(int activation) {
    std::vector<Array<T>>& free = free_[sizes_[at(activation)]];
    if (free.empty()) return Array<T>(sizes_[at(activation)]);
    Array<T> taken = std::move(free.back());
    free.pop_back();
    return taken;
  }
  void give_back(Array<T> taken) { free_[taken.size()].push_back(std::move(taken)); }

  /// Hands a gradient over to another activation of the same size that has none yet.
  void move(int from, int to) {
    WD_ASSERT(sizes_[at(from)] == sizes_[at(to)] && !written(to));
    live_[at(to)] = std::move(live_[at(from)]);
    live_[at(from)].reset();
  }

 private:
  static std::size_t at(int activation) { return static_cast<std::size_t>(activation); }

  std::vector<std::size_t> sizes_;
  std::vector<std::optional<Array<T>>> live_;
  std::map<std::size_t, std::vector<Array<T>>> free_;
};

}  // namespace wd::algo
