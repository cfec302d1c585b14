// SPDX-License-Identifier: Apache-2.0
#include "compiler/tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.hpp"

namespace wd::compiler {
namespace {

using nlohmann::ordered_json;

std::string cell(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_null() ? "-" : value.dump();
}

struct Column {
  std::string name;
  std::size_t width = 0;
  bool numbers = true;  // right-aligned
};

std::vector<Column> columns_of(const ordered_json& rows) {
  std::vector<Column> columns;
  for (const ordered_json& row : rows)
    for (const auto& item : row.items()) {
      const std::string& name = item.key();
      const ordered_json& value = item.value();
      auto column =
          std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
      if (column == columns.end()) column = columns.insert(columns.end(), {name, name.size()});
      column->width = std::max(column->width, cell(value).size());
      column->numbers = column->numbers && (value.is_number() || value.is_null());
    }
  return columns;
}

std::string line_of(const std::vector<Column>& columns, const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string blanks(columns[i].width - cells[i].size(), ' ');
    line += (i == 0 ? "" : "  ") + (columns[i].numbers ? blanks + cells[i] : cells[i] + blanks);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string tables_text(const ordered_json& tables) {
  std::string values, lists;
  for (const auto& [name, table] : tables.items()) {
    if (!table.is_array()) {
      values += text(name, ": ", cell(table), "\n");
      continue;
    }
    const std::vector<Column> columns = columns_of(table);
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(column.name);
    lists += text("\n", name, "\n", line_of(columns, cells));
    for (const ordered_json& row : table) {
      cells.clear();
      for (const Column& column : columns)
        cells.push_back(row.contains(column.name) ? cell(row[column.name]) : "");
      lists += line_of(columns, cells);
    }
  }
  return values + lists;
}

}  // namespace wd::compiler
