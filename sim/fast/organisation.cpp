// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/organisation.hpp"

#include "base/error.hpp"
#include "sim/fast/walker_sets.hpp"

namespace wd::sim::fast {

std::unique_ptr<Organisation> make_organisation(const arch::Arch& arch, const arch::Switches& switches,
                                                Kernel kernel) {
  switch (arch.array()) {
    case arch::Organisation::walker_sets:
      return std::make_unique<WalkerSets>(arch, switches, kernel);
  }
  fail("fast simulator: organisation ", arch.organisation, " is unknown");
}

}  // namespace wd::sim::fast
