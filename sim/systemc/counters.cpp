// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/counters.hpp"

namespace wd::sim::systemc {

arch::Counters Counters::total() const {
  arch::Counters sum;
  for (int i = 0; i < activity_i.size(); ++i) sum += activity_i[i]->activity();
  return sum;
}

std::uint64_t Counters::nth(const arch::Counters& counts, int index) {
  std::uint64_t result = 0;
  arch::for_each_counter(counts, [&](const char*, std::uint64_t count) {
    if (index-- == 0) result = count;
  });
  return result;
}

}  // namespace wd::sim::systemc
