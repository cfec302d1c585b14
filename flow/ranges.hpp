// SPDX-License-Identifier: Apache-2.0
// Least, mean and greatest of each counter over frames, of the chip and of each layer.
//
// Units     of a frame; to_json() divides by the images of one.
// Numerics  whole numbers: the order in which frames are added does not matter.
// Test      ranges_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::flow {

class CounterRanges {
 public:
  void add(const arch::Counters& frame);
  CounterRanges& operator+=(const CounterRanges& other);

  std::uint64_t frames() const { return frames_; }
  const arch::Counters& least() const { return least_; }
  const arch::Counters& greatest() const { return greatest_; }
  const arch::Counters& sum() const { return sum_; }

  /// Of an image: object by counter of {min, mean, max}. @param batch images of a frame
  nlohmann::json to_json(int batch) const;

 private:
  arch::Counters least_, greatest_, sum_;
  std::uint64_t frames_ = 0;
};

class LayerRanges {
 public:
  /// @param since_start counters by layer, frame after frame of one engine; the first call says where it begins
  void add(const std::vector<arch::Counters>& since_start);
  LayerRanges& operator+=(const LayerRanges& other);

  const std::vector<CounterRanges>& layers() const { return layers_; }

 private:
  std::vector<arch::Counters> before_;
  std::vector<CounterRanges> layers_;
};

}  // namespace wd::flow
