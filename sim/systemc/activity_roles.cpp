// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/activity_roles.hpp"

namespace wd::sim::systemc {

std::vector<SignalRole> activity_roles(const std::string& scope, const std::string& name) {
  const std::string block = scope.substr(scope.rfind('.') + 1);
  const std::string port = name.substr(0, name.find('.'));  // of a bus: its fields are ports
  const bool is_port = port.ends_with("_i") || port.ends_with("_o");
  if (!is_port || port == "clk_i" || block == "top" || block == "monitor") return {};
  return {{block, name, false, {}}};
}

}  // namespace wd::sim::systemc
