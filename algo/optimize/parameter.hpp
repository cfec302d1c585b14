// SPDX-License-Identifier: Apache-2.0
// One trained array: scores, weights, or the gains and offsets of a norm.
#pragma once

#include <string>

#include "algo/kernels/buffer.hpp"

namespace wd::algo {

struct Parameter {
  std::string name;
  Buffer value, gradient;  // the gradient of the loss, summed over all uses
  Buffer first, second;    // the optimizer's moments; second is empty for SGD
  bool decay = true;       // whether weight decay acts on it

  Parameter() = default;
  Parameter(std::string parameter_name, std::size_t count)
      : name(std::move(parameter_name)), value(count), gradient(count), first(count) {}
  std::size_t count() const { return value.size(); }
};

}  // namespace wd::algo
