// SPDX-License-Identifier: Apache-2.0
#include "python/arrays.hpp"

#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "base/error.hpp"

namespace wd::python {
namespace {

namespace py = pybind11;
using algo::DType;

std::string shape_text(const py::array& array) {
  return py::str(py::tuple(py::cast(Shape(array.shape(), array.shape() + array.ndim()))));
}

std::string text_of(const py::array& array) {
  return text(py::str(array.dtype()).cast<std::string>(), " ", shape_text(array));
}

bool in_c_order(const py::array& array) { return (array.flags() & py::array::c_style) != 0; }

py::array as_array(const py::handle& value, const std::string& what) {
  WD_REQUIRE(py::isinstance<py::array>(value), what, " is a ",
             py::str(py::type::of(value).attr("__name__")).cast<std::string>(), ", must be a NumPy array");
  auto array = py::reinterpret_borrow<py::array>(value);
  WD_REQUIRE(in_c_order(array), what, ": is ", text_of(array),
             " in another order than C; give numpy.ascontiguousarray() of it");
  return array;
}

std::optional<DType> dtype_of(const py::dtype& type) {
  if (type.byteorder() == '>') return {};
  switch (type.kind()) {
    case 'b':
      return DType::boolean;
    case 'u':
      switch (type.itemsize()) {
        case 1:
          return DType::u8;
        case 2:
          return DType::u16;
        case 4:
          return DType::u32;
        default:
          return DType::u64;
      }
    case 'i':
      switch (type.itemsize()) {
        case 1:
          return DType::i8;
        case 2:
          return DType::i16;
        case 4:
          return DType::i32;
        default:
          return DType::i64;
      }
    case 'f':
      switch (type.itemsize()) {
        case 2:
          return DType::f16;
        case 4:
          return DType::f32;
        case 8:
          return DType::f64;
        default:
          return {};
      }
    default:
      return {};
  }
}

std::vector<std::uint16_t> labels_of(const py::object& labels, std::size_t count) {
  if (labels.is_none()) return std::vector<std::uint16_t>(count, 0);
  const py::array array = as_array(labels, "labels");
  const char kind = array.dtype().kind();
  WD_REQUIRE(
      (kind == 'u' || kind == 'i') && array.ndim() == 1 && static_cast<std::size_t>(array.size()) == count,
      "labels: is ", text_of(array), ", must be whole numbers (", count, ",): one for each image");
  std::vector<std::uint16_t> values;
  for (const py::handle& label : array) {
    const auto value = py::int_(py::reinterpret_borrow<py::object>(label)).cast<std::int64_t>();
    WD_REQUIRE(value >= 0 && value <= std::numeric_limits<std::uint16_t>::max(), "labels: has ", value,
               ", classes are counted from 0");
    values.push_back(static_cast<std::uint16_t>(value));
  }
  return values;
}

}  // namespace

py::array fp16_array(std::span<const std::uint16_t> bits, const Shape& shape) {
  return py::array(py::dtype("float16"), shape, bits.data());
}

algo::NamedTensors tensors_of(const py::dict& arrays, const std::string& what) {
  algo::NamedTensors tensors;
  for (const auto& [key, value] : arrays) {
    WD_REQUIRE(py::isinstance<py::str>(key), what, ": a name is ", py::repr(key).cast<std::string>(),
               ", must be a str");
    const auto name = key.cast<std::string>();
    const std::string shown = what + "['" + name + "']";
    const py::array array = as_array(value, shown);
    const auto dtype = dtype_of(array.dtype());
    WD_REQUIRE(dtype, shown, ": is ", text_of(array),
               ", must be bool, whole numbers, float16, float32 or float64, little-endian");
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(array.nbytes()));
    if (!bytes->empty()) std::memcpy(bytes->data(), array.data(), bytes->size());
    tensors.add(name, {*dtype, algo::Dims(array.shape(), array.shape() + array.ndim()), *bytes, bytes});
  }
  return tensors;
}

algo::ImageSet image_set_of(const py::object& images, const py::object& labels,
                            const model::InputTransform& transform) {
  const py::array array = as_array(images, "images");
  const Shape wanted{transform.image_height, transform.image_width, transform.image_channels()};
  WD_REQUIRE(array.dtype().kind() == 'u' && array.itemsize() == 1 && array.ndim() == 4 &&
                 array.shape(0) > 0 && Shape(array.shape() + 1, array.shape() + 4) == wanted,
             "images: is ", text_of(array), ", must be uint8 (N, ", wanted[0], ", ", wanted[1], ", ",
             wanted[2], "), N images of at least 1");
  algo::ImageSet set;
  set.height = transform.image_height;
  set.width = transform.image_width;
  set.channels = transform.image_channels();
  const auto* const pixels = static_cast<const std::uint8_t*>(array.data());
  set.pixels.assign(pixels, pixels + array.size());
  set.labels = labels_of(labels, static_cast<std::size_t>(array.shape(0)));
  return set;
}

}  // namespace wd::python
