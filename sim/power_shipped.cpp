// SPDX-License-Identifier: Apache-2.0
#include "sim/power_shipped.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::sim {

std::vector<std::string> shipped_power_table_names() {
  std::vector<std::string> names;
  for (const auto& [name, json] : shipped_power_tables()) names.push_back(name);
  return names;
}

PowerTable find_power_table(const std::string& name_or_file, const std::string& shown) {
  std::string names;
  for (const auto& [name, json] : shipped_power_tables()) {
    if (name == name_or_file) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(json.data());
      const std::string origin = "power table " + name;
      return PowerTable::from_json(parse_json({bytes, json.size()}, origin + ":"), origin);
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  std::error_code code;
  WD_REQUIRE(std::filesystem::exists(name_or_file, code), shown, " '", name_or_file,
             "': neither a shipped table (", names, ") nor a file");
  return read_power_table(name_or_file);
}

}  // namespace wd::sim
