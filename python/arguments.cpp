// SPDX-License-Identifier: Apache-2.0
#include "python/arguments.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace wd::python {
namespace {

namespace py = pybind11;
using flow::Takes;

std::string type_of(const py::handle& value) { return py::str(py::type::of(value).attr("__name__")); }

bool is_text(const py::handle& value) { return py::isinstance<py::str>(value); }
bool is_bool(const py::handle& value) { return py::isinstance<py::bool_>(value); }
/// Of Python or NumPy.
bool is_whole(const py::handle& value) { return !is_bool(value) && PyIndex_Check(value.ptr()) != 0; }
bool is_number(const py::handle& value) {
  return !is_bool(value) && !is_text(value) && PyNumber_Check(value.ptr()) != 0;
}
bool is_path(const py::handle& value) { return is_text(value) || py::hasattr(value, "__fspath__"); }
bool is_list(const py::handle& value) {
  return py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value);
}

const char* expected(const Takes& takes) {
  switch (takes.kind) {
    case Takes::Kind::nothing:
      return "True or False";
    case Takes::Kind::whole:
      return "an int";
    case Takes::Kind::number:
      return "a float or int";
    case Takes::Kind::word:
    case Takes::Kind::text:
      return "a str";
    case Takes::Kind::path:
      return "a str or path";
  }
  return "";
}

/// One value as text; nothing if it is of another type.
std::optional<std::string> text_of(const Takes& takes, const py::handle& value) {
  switch (takes.kind) {
    case Takes::Kind::nothing:
      return {};
    case Takes::Kind::whole:
      if (!is_whole(value)) return {};
      return py::str(py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr())));
    case Takes::Kind::number:
      if (!is_number(value)) return {};
      return py::repr(py::float_(py::reinterpret_borrow<py::object>(value)));
    case Takes::Kind::word:  // "1" to "16" are words of --batch
      if (is_whole(value)) return py::str(value);
      [[fallthrough]];
    case Takes::Kind::text:
      if (!is_text(value)) return {};
      return value.cast<std::string>();
    case Takes::Kind::path:
      if (!is_path(value)) return {};
      return py::module_::import("os").attr("fspath")(value).cast<std::string>();
  }
  return {};
}

[[noreturn]] void refuse(const flow::Option& option, const py::handle& value) {
  fail("--", option.name, " is ", py::repr(value).cast<std::string>(), " (", type_of(value), "), must be ",
       expected(option.takes), option.takes.several ? ", or a list of them" : "");
}

std::string value_text(const flow::Option& option, const py::handle& value) {
  if (!option.takes.several || !is_list(value)) {
    const auto text = text_of(option.takes, value);
    if (!text) refuse(option, value);
    // A path alone may have commas of its own.
    return option.takes.several && option.takes.kind == Takes::Kind::path ? flow::list_item(*text) : *text;
  }
  flow::Names parts;
  for (const py::handle& one : value) {
    const auto text = text_of(option.takes, one);
    if (!text) refuse(option, value);
    parts.push_back(option.takes.kind == Takes::Kind::path ? flow::list_item(*text) : *text);
  }
  return flow::join(parts);
}

}  // namespace

std::string keyword_of(const std::string& option) {
  std::string keyword = option;
  std::replace(keyword.begin(), keyword.end(), '-', '_');
  return keyword;
}

void set_options(const flow::OptionTable& table, const py::dict& arguments, const std::string& function) {
  std::set<std::string> given, known;
  for (const flow::Option& option : table.options()) {
    const py::str keyword(keyword_of(option.name));
    known.insert(keyword_of(option.name));
    if (!arguments.contains(keyword) || arguments[keyword].is_none()) continue;
    const py::object value = arguments[keyword];
    if (option.takes.kind == Takes::Kind::nothing) {
      if (!is_bool(value)) refuse(option, value);
      if (!value.cast<bool>()) continue;
      option.set("", "--" + option.name);
    } else {
      option.set(value_text(option, value), "--" + option.name);
    }
    given.insert(option.name);
  }
  for (const auto& [keyword, value] : arguments)
    WD_REQUIRE(known.count(keyword.cast<std::string>()) != 0, function, ": '", keyword.cast<std::string>(),
               "' is no keyword; keywords are ", flow::join({known.begin(), known.end()}));
  table.require_rules([&](const std::string& name) { return given.count(name) != 0; });
}

}  // namespace wd::python
