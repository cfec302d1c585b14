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

std::string_view name_of(FaultCause cause) {
  switch (cause) {
    case FaultCause::none:
      return "none";
#define FAULT(name, sv, number, meaning) \
  case FaultCause::name:                 \
    return #name;
#include "hw/arch/faults.def"
  }
  return "unknown";
}

int parameter(const Arch& arch, int index) {
  int at = 0;
#define ARCH_PARAM(name, ...) \
  if (at++ == index) return arch.name;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return 0;
}

}  // namespace wd::arch
