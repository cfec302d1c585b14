// SPDX-License-Identifier: Apache-2.0
#include "base/instruction_set.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace wd {
namespace {

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

/// CPUID leaf 7, subleaf 0: EDX bit 22 is AMX-BF16, bit 24 AMX-TILE.
bool has_amx_instructions() {
  unsigned eax = 7, ebx = 0, ecx = 0, edx = 0;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (edx >> 22 & 1u) != 0 && (edx >> 24 & 1u) != 0;
}

/// Threads that start later inherit the permission.
bool ask_for_tiles() {
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace

bool available(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse2:
      return true;
    case InstructionSet::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::avx512:
      return has_avx512();
    case InstructionSet::avx512_bf16:
      return has_avx512() && __builtin_cpu_supports("avx512bf16");
    case InstructionSet::amx: {
      static const bool tiles =
          has_avx512() && __builtin_cpu_supports("avx512bf16") && has_amx_instructions() && ask_for_tiles();
      return tiles;
    }
  }
  return false;
}

const char* name_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse2:
      return "SSE2";
    case InstructionSet::avx2:
      return "AVX2 with FMA";
    case InstructionSet::avx512:
      return "AVX-512";
    case InstructionSet::avx512_bf16:
      return "AVX-512 BF16";
    case InstructionSet::amx:
      return "AMX-BF16";
  }
  return "";
}

}  // namespace wd
