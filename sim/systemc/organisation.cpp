// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/organisation.hpp"

#include "base/error.hpp"
#include "sim/systemc/walker_sets.hpp"

namespace wd::sim::systemc {

std::unique_ptr<Organisation> make_organisation(const char* name, const arch::Arch& arch) {
  switch (arch.array()) {
    case arch::Organisation::walker_sets:
      return std::make_unique<WalkerSets>(name, arch);
  }
  fail("SystemC model: organisation ", arch.organisation, " is unknown");
}

}  // namespace wd::sim::systemc
