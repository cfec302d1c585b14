// SPDX-License-Identifier: Apache-2.0
// The native half of the Python package `whitedwarf`: stages by name, files, exceptions. package/__init__.py is what people see.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "algo/interchange/safetensors.hpp"
#include "base/error.hpp"
#include "base/one_line.hpp"
#include "python/arguments.hpp"
#include "python/arrays.hpp"
#include "python/files.hpp"
#include "python/long_work.hpp"
#include "python/stages.hpp"

namespace wd::python {
namespace {

namespace py = pybind11;

/// Name, summary and options of each stage, as JSON.
std::string tables() {
  nlohmann::json all = nlohmann::json::array();
  for (const Stage& stage : stages()) {
    const auto call = stage.make();
    flow::OptionTable table;
    call->declare(table);
    nlohmann::json one = table.to_json();
    one["function"] = stage.name;
    one["summary"] = stage.summary;
    for (nlohmann::json& option : one["options"]) option["keyword"] = keyword_of(option["name"]);
    all.push_back(std::move(one));
  }
  return all.dump();
}

/// @return the result as JSON
std::string call(const std::string& function, const py::dict& arguments, const py::object& progress) {
  const auto stage = stage_named(function).make();
  flow::OptionTable table;
  stage->declare(table);
  set_options(table, arguments, function);
  std::string result;
  do_long_work(progress, [&](flow::Context& context) { result = stage->run(context); });
  return result;
}

void write_tensors(const std::filesystem::path& path, const py::dict& arrays, const std::string& what) {
  const algo::NamedTensors tensors = tensors_of(arrays, what);
  const py::gil_scoped_release unlocked;
  algo::write_safetensors(tensors, path);
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  static py::exception<Error> error(module, "Error", PyExc_RuntimeError);
  error.doc() = "What was asked for cannot be done; one line says why, and what to do.";
  error.attr("__module__") = "whitedwarf";
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& failure) {
      error(one_line(failure.what()).c_str());
    } catch (const std::filesystem::filesystem_error& failure) {
      error(one_line(failure.what()).c_str());
    }
  });
  module.attr("__version__") = WD_VERSION;
  module.def("tables", tables);
  module.def("call", call, py::arg("function"), py::arg("arguments"), py::arg("progress"));
  module.def("write_tensors", write_tensors, py::arg("path"), py::arg("arrays"), py::arg("what"));
  bind_model(module);
  bind_program(module);
}

}  // namespace wd::python
