// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/matmul.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/kernels/buffer.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512,
                                       InstructionSet::avx512_bf16, InstructionSet::amx};

template <typename T>
std::vector<const MatmulKernels<T>*> sets() {
  std::vector<const MatmulKernels<T>*> found;
  for (InstructionSet set : all_sets)
    if (const MatmulKernels<T>* kernels = matmul_for<T>(set)) found.push_back(kernels);
  return found;
}

template <typename T>
Array<T> random_values(std::size_t count, std::uint64_t seed) {
  Array<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = T(static_cast<float>(random_normal(seed, RandomStream::scores, i)));
  return values;
}

template <typename T>
double real(T x) {
  return static_cast<double>(static_cast<float>(x));
}

/// A right operand, depth x columns, as the kernels' panels.
template <typename T>
Array<std::uint32_t> panels_of(const MatmulKernels<T>& k, const Array<T>& from, std::size_t depth,
                               std::size_t padded, std::size_t columns) {
  const std::size_t stride = padded / k.values_per_word * panel_width;
  Array<std::uint32_t> panels((columns + panel_width - 1) / panel_width * stride);
  for (std::size_t c = 0; c < columns; c += panel_width)
    k.panel_of_rows(depth, padded, std::min(panel_width, columns - c), from.data() + c, columns,
                    panels.data() + c / panel_width * stride);
  return panels;
}

/// Within n * 2^-24 of the summed magnitudes, as FP32 sums of n products in any order are; each is taken
/// as 8.
bool near(float got, double expected, std::size_t terms) {
  return std::abs(static_cast<double>(got) - expected) <= static_cast<double>(terms + 2) * 0x1p-24 * 8;
}

template <typename T>
struct Products {
  std::size_t rows, columns, depth;
  std::vector<Array<T>> left, right;
  Array<float> before;

  Products(std::size_t r, std::size_t c, std::size_t d, std::size_t terms)
      : rows(r), columns(c), depth(d), before(random_values<float>(r * (c + 3), 9)) {
    for (std::size_t t = 0; t < terms; ++t) {
      left.push_back(random_values<T>(rows * (depth + 16), 2 * t));
      right.push_back(random_values<T>(depth * columns, 2 * t + 1));
    }
  }
  double expected(std::size_t r, std::size_t c, bool accumulate) const {
    double sum = accumulate ? real(before[r * (columns + 3) + c]) : 0;
    for (std::size_t t = 0; t < left.size(); ++t)
      for (std::size_t d = 0; d < depth; ++d)
        sum += real(left[t][r * (depth + 16) + d]) * real(right[t][d * columns + c]);
    return sum;
  }
  /// Of rows [first, last).
  Array<float> run(const MatmulKernels<T>& k, std::size_t first, std::size_t last, bool accumulate) const {
    std::vector<Array<std::uint32_t>> panels;
    std::vector<MatmulTerm<T>> terms;
    for (std::size_t t = 0; t < left.size(); ++t) {
      panels.push_back(panels_of(k, right[t], depth, depth, columns));
      terms.push_back({left[t].data() + first * (depth + 16), panels.back().data()});
    }
    Array<float> sums(before.size());
    std::copy(before.begin(), before.end(), sums.begin());
    k.begin();
    k.multiply({last - first, columns, depth, depth / k.values_per_word * panel_width, columns + 3},
               terms.data(), terms.size(), depth + 16, sums.data() + first * (columns + 3), accumulate);
    k.end();
    return sums;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("matmul: products equal plain loops", "[algo][oracle]", float, BFloat16) {
  for (const auto* k : sets<TestType>())
    for (std::size_t rows : {1, 7, 16, 17, 32, 45, 64})
      for (std::size_t columns : {16, 32, 48, 64})
        for (std::size_t depth : {16, 32, 48})
          for (bool accumulate : {false, true}) {
            const Products<TestType> products(rows, columns, depth, 1 + rows % 3);
            const Array<float> sums = products.run(*k, 0, rows, accumulate);
            std::size_t wrong = 0;
            for (std::size_t r = 0; r < rows; ++r)
              for (std::size_t c = 0; c < columns + 3; ++c) {
                const std::size_t i = r * (columns + 3) + c;
                wrong += c < columns ? !near(sums[i], products.expected(r, c, accumulate), 3 * depth)
                                     : sums[i] != products.before[i];
              }
            INFO(name_of(k->set) << " " << rows << " x " << columns << " x " << depth);
            CHECK(wrong == 0);
          }
}

TEMPLATE_TEST_CASE("matmul: a row's bits do not depend on the rows beside it", "[algo]", float, BFloat16) {
  for (const auto* k : sets<TestType>()) {
    const Products<TestType> products(32, 64, 80, 2);
    const Array<float> whole = products.run(*k, 0, 32, false);
    for (std::size_t first : {0, 5, 16, 31}) {
      const std::size_t last = std::min<std::size_t>(32, first + 11);
      const Array<float> part = products.run(*k, first, last, false);
      CHECK(std::memcmp(&part[first * 67], &whole[first * 67],
                        (last - first) * 67 * sizeof(float) - 3 * sizeof(float)) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("matmul: products of turned operands equal plain loops", "[algo][oracle]", float,
                   BFloat16) {
  for (const auto* k : sets<TestType>())
    for (std::size_t rows : {16, 32})
      for (std::size_t columns : {16, 32, 80})
        for (std::size_t depth : {1, 5, 32, 70}) {
          const std::size_t padded = (depth + k->depth_step - 1) / k->depth_step * k->depth_step;
          const auto left = random_values<TestType>(depth * rows, 1),
                     right = random_values<TestType>(depth * columns, 2);
          Array<std::uint32_t> turned(padded / k->values_per_word * rows);
          k->turn(depth, padded, rows, left.data(), rows, turned.data());
          const auto panels = panels_of(*k, right, depth, padded, columns);
          const TurnedTerm terms[] = {{turned.data(), panels.data()}, {turned.data(), panels.data()}};
          Array<float> sums(rows * columns);
          k->begin();
          k->multiply_turned({rows, columns, padded, padded / k->values_per_word * panel_width, columns},
                             terms, 2, sums.data(), true);
          k->end();
          std::size_t wrong = 0;
          for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
              double sum = 0;
              for (std::size_t d = 0; d < depth; ++d)
                sum += 2 * real(left[d * rows + r]) * real(right[d * columns + c]);
              wrong += !near(sums[r * columns + c], sum, 2 * depth);
            }
          INFO(name_of(k->set) << " " << rows << " x " << columns << " x " << depth);
          CHECK(wrong == 0);
        }
}

TEMPLATE_TEST_CASE("matmul: a panel of columns is the panel of the transposed rows", "[algo]", float,
                   BFloat16) {
  for (const auto* k : sets<TestType>())
    for (std::size_t width : {16, 32})
      for (std::size_t columns : {width, width - 5}) {
        constexpr std::size_t depth = 48;
        const auto from = random_values<TestType>(columns * depth, 1);
        Array<TestType> across(depth * width);
        for (std::size_t n = 0; n < columns; ++n)
          for (std::size_t d = 0; d < depth; ++d) across[d * width + n] = from[n * depth + d];
        Array<std::uint32_t> a(depth * width), b(depth * width);
        a.fill(1), b.fill(1);
        k->panel_of_columns(depth, columns, width, from.data(), depth, a.data());
        k->panel_of_rows(depth, depth, width, across.data(), width, b.data());
        CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(std::uint32_t)) == 0);
      }
}

TEST_CASE("matmul: sums round once to bf16, ties to even", "[algo][oracle]") {
  constexpr std::size_t columns = 32;
  Array<float> sums(columns);
  for (std::size_t i = 0; i < columns; ++i) sums[i] = std::ldexp(1.0f + static_cast<float>(i) * 0x1p-9f, 3);
  sums[7] = std::numeric_limits<float>::infinity();
  sums[8] = -std::numeric_limits<float>::max();  // rounds to infinity
  sums[9] = std::numeric_limits<float>::quiet_NaN();
  const auto base = random_values<BFloat16>(columns, 3);
  for (const auto* k : sets<BFloat16>()) {
    Array<BFloat16> plainly(columns), added(columns), narrowed(columns);
    std::copy(base.begin(), base.end(), added.begin());
    k->round(1, columns, sums.data(), columns, plainly.data(), columns, false);
    k->round(1, columns, sums.data(), columns, added.data(), columns, true);
    k->narrow(columns, sums.data(), narrowed.data());
    INFO(name_of(k->set));
    for (std::size_t i = 0; i < columns; ++i) {
      if (i == 9) {
        CHECK(std::isnan(real(plainly[i])));
        CHECK(std::isnan(real(added[i])));
        continue;
      }
      CHECK(plainly[i].bits == BFloat16(sums[i]).bits);
      CHECK(narrowed[i].bits == BFloat16(sums[i]).bits);
      CHECK(added[i].bits == BFloat16(sums[i] + static_cast<float>(base[i])).bits);
    }
  }
}

TEST_CASE("matmul: the set in use is one that the machine has", "[algo]") {
  CHECK(available(matmul<float>().set));
  CHECK(available(matmul<BFloat16>().set));
  CHECK(matmul_for<float>(InstructionSet::amx) == nullptr);
  for (InstructionSet set : all_sets) CHECK((matmul_for<BFloat16>(set) != nullptr) == available(set));
}
