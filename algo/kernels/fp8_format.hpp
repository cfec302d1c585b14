// SPDX-License-Identifier: Apache-2.0
// The 8-bit float formats that training can round activations to.
//
// Numerics  e4m3: bias 7, largest 448; e5m2: bias 15, largest 57344 (both OCP OFP8 revision 1.0);
//           e3m4: bias 3, its only NaN S.111.1111 and no infinities, as E4M3: largest 30 (Shen et al., arXiv
//           2309.14592; the IEEE-style variant with infinities would end at 15.5). The hardware has e4m3
//           only.
// Test      kernels/elementwise_test.cpp
#pragma once

namespace wd::algo {

enum class Fp8Format { e4m3, e5m2, e3m4 };

constexpr float fp8_largest(Fp8Format format) {
  return format == Fp8Format::e4m3 ? 448.0f : format == Fp8Format::e5m2 ? 57344.0f : 30.0f;
}

}  // namespace wd::algo
