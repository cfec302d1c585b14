// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/elementwise.hpp"

namespace wd::algo {

#define WD_DECLARE_SET(set)                                       \
  namespace set {                                                 \
  extern const ElementwiseKernels<float> elementwise_float;       \
  extern const ElementwiseKernels<BFloat16> elementwise_bfloat16; \
  }
WD_DECLARE_SET(sse2)
WD_DECLARE_SET(avx2)
WD_DECLARE_SET(avx512)
#undef WD_DECLARE_SET

namespace {

/// What `set` names of the three, or null where the machine lacks it.
template <typename Table>
const Table* choose(InstructionSet set, const Table& sse2, const Table& avx2, const Table& avx512) {
  if (!available(set)) return nullptr;
  return set == InstructionSet::sse2 ? &sse2 : set == InstructionSet::avx2 ? &avx2 : &avx512;
}

/// The best of what choose() gives.
template <typename Table>
const Table& best(const Table* (*of)(InstructionSet)) {
  if (const Table* table = of(InstructionSet::avx512)) return *table;
  if (const Table* table = of(InstructionSet::avx2)) return *table;
  return *of(InstructionSet::sse2);
}

}  // namespace

template <>
const ElementwiseKernels<float>* elementwise_for<float>(InstructionSet set) {
  return choose(set, sse2::elementwise_float, avx2::elementwise_float, avx512::elementwise_float);
}

template <>
const ElementwiseKernels<BFloat16>* elementwise_for<BFloat16>(InstructionSet set) {
  return choose(set, sse2::elementwise_bfloat16, avx2::elementwise_bfloat16, avx512::elementwise_bfloat16);
}

template <>
const ElementwiseKernels<float>& elementwise<float>() {
  static const auto& table = best<ElementwiseKernels<float>>(elementwise_for<float>);
  return table;
}

template <>
const ElementwiseKernels<BFloat16>& elementwise<BFloat16>() {
  static const auto& table = best<ElementwiseKernels<BFloat16>>(elementwise_for<BFloat16>);
  return table;
}

}  // namespace wd::algo
