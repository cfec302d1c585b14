// SPDX-License-Identifier: Apache-2.0
// Which vector and tile instructions this machine offers, found once at run time.
//
// amx asks the kernel for the tile state once per process; it is absent where that is refused.
// Test      algo/kernels/matmul_test.cpp
#pragma once

namespace wd {

/// Each set includes the ones before it.
enum class InstructionSet { sse2, avx2, avx512, avx512_bf16, amx };

bool available(InstructionSet set);
const char* name_of(InstructionSet set);

}  // namespace wd
