// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/registers.hpp"

namespace wd::arch {

std::optional<Register> find_register(const Arch& arch, std::uint64_t address) {
  std::optional<Register> found;
  for_each_register(arch, [&](const Register& known) {
    if (known.address == address) found = known;
  });
  return found;
}

}  // namespace wd::arch
