// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/kernels.hpp"

#include "base/error.hpp"
#include "base/instruction_set.hpp"

namespace wd::sim::fast {

namespace plain {
extern const KernelSet kernels;
}
namespace avx2 {
extern const KernelSet kernels;
}
namespace avx512_vnni {
extern const KernelSet kernels;
}

std::span<const Kernel> all_kernels() {
  static constexpr Kernel all[] = {Kernel::plain, Kernel::avx2, Kernel::avx512_vnni};
  return all;
}

const char* name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::plain:
      break;
    case Kernel::avx2:
      return "avx2";
    case Kernel::avx512_vnni:
      return "avx512_vnni";
  }
  return "plain";
}

bool available(Kernel kernel) {
  switch (kernel) {
    case Kernel::plain:
      break;
    case Kernel::avx2:
      return wd::available(InstructionSet::avx2);
    case Kernel::avx512_vnni:  // byte permutations and 16-bit population counts came a generation after VNNI
      return wd::available(InstructionSet::avx512) && __builtin_cpu_supports("avx512vnni") &&
             __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bitalg");
  }
  return true;
}

Kernel best_kernel() {
  static const Kernel best = available(Kernel::avx512_vnni) ? Kernel::avx512_vnni
                             : available(Kernel::avx2)      ? Kernel::avx2
                                                            : Kernel::plain;
  return best;
}

Kernel kernel_named(const std::string& name, const std::string& origin) {
  std::string all, here;
  for (const Kernel kernel : all_kernels()) {
    if (name == name_of(kernel) && available(kernel)) return kernel;
    all += std::string(all.empty() ? "" : ", ") + name_of(kernel);
    if (available(kernel)) here += std::string(here.empty() ? "" : ", ") + name_of(kernel);
  }
  for (const Kernel kernel : all_kernels())
    if (name == name_of(kernel))
      fail(origin, ": this processor lacks the instructions of kernel '", name, "'; it has those of ", here);
  fail(origin, ": kernel '", name, "' is unknown; kernels are ", all);
}

const KernelSet& kernel_set(Kernel kernel) {
  WD_ASSERT(available(kernel));
  return kernel == Kernel::plain  ? plain::kernels
         : kernel == Kernel::avx2 ? avx2::kernels
                                  : avx512_vnni::kernels;
}

}  // namespace wd::sim::fast
