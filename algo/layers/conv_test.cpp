// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/conv.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/layers/token_mix.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512,
                                       InstructionSet::avx512_bf16, InstructionSet::amx};

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(random_normal(seed, RandomStream::scores, i));
  return values;
}

/// positions x B x stored channels, the padding zero.
template <typename T>
Array<T> random_tensor(std::size_t rows, int channels, std::uint64_t seed) {
  Array<T> tensor(rows * stored_channels(channels));
  for (std::size_t i = 0; i < tensor.size(); ++i)
    if (i % stored_channels(channels) < static_cast<std::size_t>(channels))
      tensor[i] = T(static_cast<float>(random_normal(seed, RandomStream::scores, i)));
  return tensor;
}

template <typename T>
double real(T x) {
  return static_cast<double>(static_cast<float>(x));
}

/// A sum in FP64 and the sum of the magnitudes of its products.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double x) {
    value += x;
    magnitude += std::abs(x);
  }
};

/// FP32 summation in any order of up to `terms` products errs by at most terms * 2^-24 * (sum of magnitudes), and
/// the pairwise blocks keep well below; one rounding to bf16 adds 2^-9 of the result.
template <typename T>
bool near(T got, const Sum& expected, std::size_t terms, double more = 0) {
  const double rounding = std::is_same_v<T, float> ? 0x1p-24 : 0x1p-8;
  const double bound = static_cast<double>(terms + 2) * 0x1p-24 * (expected.magnitude + std::abs(more)) +
                       rounding * std::abs(expected.value + more) + 1e-30;
  return std::abs(real(got) - (expected.value + more)) <= bound;
}

struct Reference {
  std::vector<Sum> output, dinput, dweight;
};

/// All three passes by plain loops over the definition.
template <typename T>
Reference plain(const ConvShape& s, std::size_t batch, const Array<T>& in, const Array<T>& dout,
                const std::vector<float>& weights) {
  const std::size_t si = stored_channels(s.in_channels), so = stored_channels(s.out_channels);
  Reference r{std::vector<Sum>(dout.size()), std::vector<Sum>(in.size()), std::vector<Sum>(weights.size())};
  for (int y = 0; y < s.out_height(); ++y)
    for (int x = 0; x < s.out_width(); ++x)
      for (int ky = 0; ky < s.kernel; ++ky)
        for (int kx = 0; kx < s.kernel; ++kx) {
          const int iy = y * s.stride + ky - s.pad, ix = x * s.stride + kx - s.pad;
          if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width) continue;
          const auto from = static_cast<std::size_t>(iy * s.in_width + ix);
          const auto to = static_cast<std::size_t>(y * s.out_width() + x);
          const auto tap = static_cast<std::size_t>(ky * s.kernel + kx);
          for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < s.inputs(); ++i)
              for (std::size_t o = 0; o < s.outputs(); ++o) {
                const std::size_t w = (tap * s.inputs() + i) * s.outputs() + o;
                const std::size_t a = (from * batch + b) * si + i, d = (to * batch + b) * so + o;
                const double weight = real(T(weights[w]));
                r.output[d].add(real(in[a]) * weight);
                r.dinput[a].add(real(dout[d]) * weight);
                r.dweight[w].add(real(in[a]) * real(dout[d]));
              }
        }
  return r;
}

struct Case {
  ConvShape shape;
  std::size_t batch;
};

template <typename T>
void check_all_passes(const Case& at) {
  const ConvShape& s = at.shape;
  const Array<T> in = random_tensor<T>(s.in_positions() * at.batch, s.in_channels, 1);
  const Array<T> dout = random_tensor<T>(s.out_positions() * at.batch, s.out_channels, 3);
  const std::vector<float> weights = random_floats(s.weight_count(), 2);
  const Reference expected = plain(s, at.batch, in, dout, weights);
  for (InstructionSet set : all_sets) {
    const MatmulKernels<T>* kernels = matmul_for<T>(set);
    if (!kernels) continue;
    INFO(name_of(set) << ", batch " << at.batch << ", " << s.in_channels << " -> " << s.out_channels);
    ThreadPool pool(2);
    const Conv<T> conv(s, at.batch, *kernels);
    typename Conv<T>::Packed packed;
    conv.pack(pool, weights.data(), packed, true);
    Array<T> out(dout.size()), din(in.size());
    out.fill(T(7.0f));
    din.fill(T(7.0f));
    conv.forward(pool, in.data(), packed, out.data(), nullptr);
    conv.backward_input(pool, dout.data(), packed, din.data(), false);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i)
      wrong += !near(out[i], expected.output[i], s.taps() * s.inputs());
    CHECK(wrong == 0);
    wrong = 0;
    for (std::size_t i = 0; i < din.size(); ++i)
      wrong += !near(din[i], expected.dinput[i], s.taps() * s.outputs());
    CHECK(wrong == 0);
    const Array<T> base = random_tensor<T>(s.in_positions() * at.batch, s.in_channels, 4);
    std::copy(base.begin(), base.end(), din.begin());
    conv.backward_input(pool, dout.data(), packed, din.data(), true);
    wrong = 0;
    for (std::size_t i = 0; i < din.size(); ++i)
      wrong += !near(din[i], expected.dinput[i], s.taps() * s.outputs(), real(base[i]));
    CHECK(wrong == 0);
    std::vector<float> dweight(weights.size(), 0.5f);
    conv.backward_weights(pool, in.data(), dout.data(), dweight.data());
    wrong = 0;
    for (std::size_t i = 0; i < dweight.size(); ++i)
      wrong += !near(dweight[i], expected.dweight[i], s.out_positions() * at.batch, 0.5);
    CHECK(wrong == 0);
  }
}

const Case cases[] = {
    {{5, 4, 16, 48, 3, 1, 1}, 3},     {{7, 7, 32, 16, 3, 2, 1}, 33},  {{7, 7, 16, 32, 1, 2, 0}, 5},
    {{2, 2, 48, 16, 3, 1, 1}, 64},    {{8, 6, 3, 20, 3, 1, 1}, 7},    {{1, 1, 784, 10, 1, 1, 0}, 40},
    {{12, 12, 3, 16, 7, 2, 3}, 4},    {{6, 6, 20, 24, 4, 2, 1}, 9},   {{4, 4, 40, 8, 4, 1, 0}, 17},
    {{32, 32, 16, 16, 3, 1, 1}, 16},  {{6, 5, 64, 80, 3, 1, 0}, 1},   {{2, 2, 272, 144, 3, 1, 1}, 20},
    {{1, 1, 100, 176, 1, 1, 0}, 128}, {{16, 16, 32, 64, 1, 1, 0}, 70}};

}  // namespace

TEST_CASE("conv: FP32 passes equal plain loops on every instruction set", "[algo][oracle]") {
  for (const Case& at : cases) check_all_passes<float>(at);
}

TEST_CASE("conv: bf16 passes equal plain loops on every instruction set", "[algo][oracle]") {
  for (const Case& at : cases) check_all_passes<BFloat16>(at);
}
