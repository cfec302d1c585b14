// SPDX-License-Identifier: Apache-2.0
// NumPy arrays to and from what the formats hold.
//
// Shape     C order, both ways.
// Numerics  values are copied, never converted: FP16 bits become float16, levels and codes uint8.
// Errors    an array of another type, shape or order: wd::Error with what it is and what is expected.
// Test      whitedwarf_test.py
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "algo/interchange/named_tensors.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::python {

using Shape = std::vector<pybind11::ssize_t>;

template <typename T>
pybind11::array_t<T> array_of(std::span<const T> values, const Shape& shape) {
  return pybind11::array_t<T>(shape, values.data());
}
/// float16 of FP16 bits.
pybind11::array fp16_array(std::span<const std::uint16_t> bits, const Shape& shape);

/// Of arrays by name. @param what the mapping, in messages
algo::NamedTensors tensors_of(const pybind11::dict& arrays, const std::string& what);

/// Images for a program or network. @param labels None, or as many whole numbers
algo::ImageSet image_set_of(const pybind11::object& images, const pybind11::object& labels,
                            const model::InputTransform& transform);

}  // namespace wd::python
