// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "python/arrays.hpp"
#include "python/files.hpp"

namespace wd::python {
namespace {

namespace py = pybind11;

/// model.wdm or model.wdz: the same network, read from another coding.
struct ModelFile {
  std::filesystem::path path;
  std::uintmax_t bytes;
  bool compressed;
  model::Network network;
};

Shape shape_of(const model::Weights& weights) {
  return {weights.out_channels, weights.kernel_h, weights.kernel_w, weights.in_channels};
}

bool negative(const model::Weights& weights, const stream::SignGenerator& generator, std::size_t i) {
  return weights.signs == model::SignSource::random ? generator.negative(i) : weights.learned_signs[i] != 0;
}

py::array levels_of(const model::Weights& weights) {
  return array_of(std::span<const std::uint8_t>(weights.levels), shape_of(weights));
}

/// Levels with their signs.
py::array values_of(const model::Weights& weights) {
  const stream::SignGenerator generator(weights.sign_seed);
  std::vector<std::int8_t> values;
  for (std::size_t i = 0; i < weights.levels.size(); ++i) {
    const auto level = static_cast<std::int8_t>(weights.levels[i]);
    values.push_back(negative(weights, generator, i) ? static_cast<std::int8_t>(-level) : level);
  }
  return array_of(std::span<const std::int8_t>(values), shape_of(weights));
}

py::dict weights_of(const ModelFile& file) {
  py::dict all;
  for (const model::Weights& one : file.network.weights) all[py::str(one.name)] = one;
  return all;
}

/// By layer: gamma and beta, iterations of its fold x channels.
py::dict norms_of(const ModelFile& file) {
  py::dict all;
  model::for_each_layer(file.network, [&](const model::Layer& layer, const auto&...) {
    if (layer.norms.empty()) return;
    std::vector<std::uint16_t> gamma, beta;
    for (const model::Norm& norm : layer.norms) {
      gamma.insert(gamma.end(), norm.gamma.begin(), norm.gamma.end());
      beta.insert(beta.end(), norm.beta.begin(), norm.beta.end());
    }
    const auto iterations = static_cast<py::ssize_t>(layer.norms.size());
    const Shape shape{iterations, static_cast<py::ssize_t>(gamma.size()) / iterations};
    all[py::str(layer.name)] = py::make_tuple(fp16_array(gamma, shape), fp16_array(beta, shape));
  });
  return all;
}

std::unique_ptr<ModelFile> read_model_file(const std::filesystem::path& path, bool compressed) {
  const py::gil_scoped_release unlocked;
  return std::make_unique<ModelFile>(
      ModelFile{path, 0, compressed, compressed ? stream::read_compressed(path) : model::read_model(path)});
}

std::unique_ptr<ModelFile> read_sized(const std::filesystem::path& path, bool compressed) {
  auto file = read_model_file(path, compressed);
  file->bytes = std::filesystem::file_size(path);
  return file;
}

std::string model_text(const ModelFile& file) {
  return text("<whitedwarf.", file.compressed ? "CompressedModel" : "Model", " '", file.network.name,
              "': ", file.network.weight_count(), " weights, ", file.bytes, " bytes>");
}

struct CompressedModelFile : ModelFile {};

template <typename Class>
void bind_contents(Class& bound) {
  bound
      .def_property_readonly(
          "path", [](const ModelFile& f) { return f.path; }, "The file it was read from.")
      .def_property_readonly(
          "bytes", [](const ModelFile& f) { return f.bytes; }, "Size of the file.")
      .def_property_readonly("name", [](const ModelFile& f) { return f.network.name; })
      .def_property_readonly("dataset", [](const ModelFile& f) { return f.network.dataset; })
      .def_property_readonly("classes", [](const ModelFile& f) { return f.network.classes; })
      .def_property_readonly("weight_count", [](const ModelFile& f) { return f.network.weight_count(); })
      .def_property_readonly(
          "description", [](const ModelFile& f) { return loads(model::describe(f.network)); },
          "Tensors, layers and folds, without weights and norms: docs/formats.md.")
      .def_property_readonly("weights", weights_of, "WeightSet by name.")
      .def_property_readonly("norms", norms_of,
                             "(gamma, beta) by layer: float16, iterations of the layer's fold x channels.")
      .def("__repr__", model_text);
}

}  // namespace

py::object loads(const nlohmann::json& value) {
  return py::module_::import("json").attr("loads")(value.dump());
}

void bind_model(py::module_& module) {
  py::class_<model::Weights>(module, "WeightSet", "One supermask: levels 0 to `coats`, with a sign each.")
      .def_readonly("name", &model::Weights::name)
      .def_readonly("coats", &model::Weights::coats)
      .def_property_readonly(
          "random_signs", [](const model::Weights& w) { return w.signs == model::SignSource::random; },
          "Whether signs come from a seed and are not stored.")
      .def_property_readonly("levels", levels_of, "uint8, O x KH x KW x I.")
      .def_property_readonly("values", values_of, "int8, levels with their signs, O x KH x KW x I.");
  py::class_<ModelFile> plain(module, "Model", "A trained network: model.wdm.");
  plain.def(py::init([](const std::filesystem::path& path) { return read_sized(path, false); }),
            py::arg("path"));
  bind_contents(plain);
  py::class_<CompressedModelFile, ModelFile>(module, "CompressedModel",
                                             "The entropy-coded network, decoded: model.wdz.")
      .def(py::init([](const std::filesystem::path& path) {
             return std::make_unique<CompressedModelFile>(
                 CompressedModelFile{std::move(*read_sized(path, true))});
           }),
           py::arg("path"));
}

}  // namespace wd::python
