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

/// rows x stored channels, the padding zero.
template <typename T>
Array<T> random_tensor(std::size_t rows, int channels, std::uint64_t seed) {
  Array<T> tensor(rows * stored_channels(channels));
  for (std::size_t i = 0; i < tensor.size(); ++i)
    if (i % stored_channels(channels) < static_cast<std::size_t>(channels))
      tensor[i] = T(static_cast<float>(random_normal(seed, RandomStream::scores, i)));
  return tensor;
}

Buffer random_weights(std::size_t count) {
  Buffer weights(count);
  for (std::size_t i = 0; i < count; ++i)
    weights[i] = static_cast<float>(random_normal(2, RandomStream::scores, i));
  return weights;
}

template <typename T>
double real(T x) {
  return static_cast<double>(static_cast<float>(x));
}

/// A sum in FP64, and the sum of its terms' magnitudes.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double x) {
    value += x;
    magnitude += std::abs(x);
  }
};

/// How many results are further from the sums than FP32 summation of n terms in any order may be (n * 2^-24
/// of the magnitudes; the products' own rounding on SSE2 is one more term), and than the one rounding to bf16
/// (2^-8, as half a unit in the last place is at most 2^-8 of a value). Instruction sets therefore agree
/// within twice that.
template <typename T, typename Results>
std::size_t wrong(const Results& got, const std::vector<Sum>& expected, const Array<T>* base,
                  std::size_t terms) {
  const bool rounded = std::is_same_v<std::decay_t<decltype(got[0])>, BFloat16>;
  std::size_t count = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Sum sum = expected[i];
    if (base) sum.add(real((*base)[i]));
    const double bound = static_cast<double>(terms + 3) * 0x1p-24 * sum.magnitude +
                         (rounded ? 0x1p-8 * std::abs(sum.value) : 0) + 1e-30;
    count += !(std::abs(real(got[i]) - sum.value) <= bound);
  }
  return count;
}

struct Reference {
  std::vector<Sum> output, dinput, dweight;
};

/// All three passes by plain loops over the definition.
template <typename T>
Reference plain(const ConvShape& s, std::size_t batch, const Array<T>& in, const Array<T>& dout,
                const Buffer& weights) {
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
struct Results {
  Array<T> out, din;
  Buffer dweight;
};

/// Forward, backward_input (accumulating on `base` where given) and backward_weights (on 0.5 everywhere).
template <typename T, typename Layer>
Results<T> all_passes(const Layer& layer, unsigned threads, const Array<T>& in, const Array<T>& dout,
                      const Buffer& weights, const Array<T>* base) {
  ThreadPool pool(threads);
  Results<T> r{Array<T>(dout.size()), Array<T>(in.size()), Buffer(weights.size())};
  typename Layer::Packed packed;
  layer.pack(pool, weights.data(), packed, true);
  r.out.fill(T(7.0f));  // neither pass may depend on what was there
  r.din.fill(T(7.0f));
  if (base) std::copy(base->begin(), base->end(), r.din.begin());
  r.dweight.fill(0.5f);
  layer.forward(pool, in.data(), packed, r.out.data(), nullptr);
  layer.backward_input(pool, dout.data(), packed, r.din.data(), base != nullptr);
  layer.backward_weights(pool, in.data(), dout.data(), r.dweight.data());
  return r;
}

template <typename T>
void check_against_loops(const Case& at) {
  const ConvShape& s = at.shape;
  const Array<T> in = random_tensor<T>(s.in_positions() * at.batch, s.in_channels, 1);
  const Array<T> dout = random_tensor<T>(s.out_positions() * at.batch, s.out_channels, 3);
  const Array<T> base = random_tensor<T>(s.in_positions() * at.batch, s.in_channels, 4);
  const Buffer weights = random_weights(s.weight_count());
  Buffer half(weights.size());
  half.fill(0.5f);
  const Reference expected = plain(s, at.batch, in, dout, weights);
  for (InstructionSet set : all_sets) {
    const MatmulKernels<T>* kernels = matmul_for<T>(set);
    if (!kernels) continue;
    INFO(name_of(set) << ", batch " << at.batch << ", " << s.in_channels << " -> " << s.out_channels);
    const Conv<T> conv(s, at.batch, *kernels);
    const Results<T> plainly = all_passes<T>(conv, 2, in, dout, weights, nullptr);
    CHECK(wrong<T>(plainly.out, expected.output, nullptr, s.taps() * s.inputs()) == 0);
    CHECK(wrong<T>(plainly.din, expected.dinput, nullptr, s.taps() * s.outputs()) == 0);
    CHECK(wrong<float>(plainly.dweight, expected.dweight, &half, s.out_positions() * at.batch) == 0);
    const Results<T> added = all_passes<T>(conv, 2, in, dout, weights, &base);
    CHECK(wrong<T>(added.din, expected.dinput, &base, s.taps() * s.outputs()) == 0);
  }
}

/// Odd batches, strides, few channels, few outputs, all paddings and kernels; the ways of the weight
/// gradient: by parts of a large map, by channels from turned copies or in place, several blocks of images.
const Case cases[] = {
    {{5, 4, 16, 48, 3, 1, 1}, 3},     {{7, 7, 32, 16, 3, 2, 1}, 33},   {{7, 7, 16, 32, 1, 2, 0}, 5},
    {{2, 2, 48, 16, 3, 1, 1}, 64},    {{8, 6, 3, 20, 3, 1, 1}, 7},     {{1, 1, 784, 10, 1, 1, 0}, 40},
    {{12, 12, 3, 16, 7, 2, 3}, 4},    {{6, 6, 20, 24, 4, 2, 1}, 9},    {{4, 4, 40, 8, 4, 1, 0}, 17},
    {{32, 32, 16, 16, 3, 1, 1}, 16},  {{6, 5, 64, 80, 3, 1, 0}, 1},    {{2, 2, 272, 144, 3, 1, 1}, 20},
    {{1, 1, 100, 176, 1, 1, 0}, 128}, {{16, 16, 32, 64, 1, 1, 0}, 70}, {{32, 31, 3, 48, 3, 2, 1}, 70},
    {{20, 20, 16, 320, 1, 1, 0}, 40}, {{9, 9, 16, 16, 1, 3, 0}, 33}};

template <typename T>
bool same(const Array<T>& a, const Array<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <typename T, typename Layer>
void check_thread_counts(const Layer& layer, const Array<T>& in, const Array<T>& dout,
                         const Buffer& weights) {
  const Results<T> one = all_passes<T>(layer, 1, in, dout, weights, nullptr);
  for (unsigned threads : {2u, 8u}) {
    const Results<T> more = all_passes<T>(layer, threads, in, dout, weights, nullptr);
    CHECK(same(one.out, more.out));
    CHECK(same(one.din, more.din));
    CHECK(same(one.dweight, more.dweight));
  }
}

}  // namespace

TEST_CASE("conv: FP32 passes equal plain loops on every instruction set", "[algo][oracle]") {
  for (const Case& at : cases) check_against_loops<float>(at);
}

TEST_CASE("conv: bf16 passes equal plain loops on every instruction set", "[algo][oracle]") {
  for (const Case& at : cases) check_against_loops<BFloat16>(at);
}

TEMPLATE_TEST_CASE("conv: the same bits at any thread count", "[algo]", float, BFloat16) {
  for (const Case& at : cases) {
    const ConvShape& s = at.shape;
    INFO("batch " << at.batch << ", " << s.in_channels << " -> " << s.out_channels);
    const auto in = random_tensor<TestType>(s.in_positions() * at.batch, s.in_channels, 1);
    const auto dout = random_tensor<TestType>(s.out_positions() * at.batch, s.out_channels, 3);
    check_thread_counts(Conv<TestType>(s, at.batch), in, dout, random_weights(s.weight_count()));
  }
}

TEMPLATE_TEST_CASE("conv: what the weight gradient reads is made just before, once", "[algo]", float,
                   BFloat16) {
  for (const Case& at : cases) {
    const ConvShape& s = at.shape;
    INFO("batch " << at.batch << ", " << s.in_channels << " -> " << s.out_channels);
    const std::size_t stored = stored_channels(s.out_channels);
    const auto in = random_tensor<TestType>(s.in_positions() * at.batch, s.in_channels, 1);
    const auto dout = random_tensor<TestType>(s.out_positions() * at.batch, s.out_channels, 3);
    ThreadPool pool(2);
    const Conv<TestType> conv(s, at.batch);
    Buffer expected(s.weight_count()), made(s.weight_count());
    conv.backward_weights(pool, in.data(), dout.data(), expected.data());
    Array<TestType> later(dout.size());  // zeros until the prologue writes it
    std::vector<int> calls(s.out_positions() * at.batch);
    conv.backward_weights(pool, in.data(), later.data(), made.data(), [&](const ConvChunk& chunk) {
      const std::size_t row = chunk.position * at.batch + chunk.first_row;
      for (std::size_t r = 0; r < chunk.rows; ++r) ++calls[row + r];
      std::copy_n(dout.data() + row * stored, chunk.rows * stored, later.data() + row * stored);
    });
    CHECK(calls == std::vector<int>(calls.size(), 1));
    CHECK(same(later, dout));
    CHECK(same(made, expected));
  }
}

TEMPLATE_TEST_CASE("conv: each chunk is handed on once, finished", "[algo]", float, BFloat16) {
  for (const Case& at : cases) {
    const ConvShape& s = at.shape;
    const std::size_t stored = stored_channels(s.out_channels);
    const auto in = random_tensor<TestType>(s.in_positions() * at.batch, s.in_channels, 1);
    const Buffer weights = random_weights(s.weight_count());
    ThreadPool pool(2);
    const Conv<TestType> conv(s, at.batch);
    typename Conv<TestType>::Packed packed;
    conv.pack(pool, weights.data(), packed, false);
    CHECK(packed.backward.size() == 0);
    Array<TestType> out(s.out_positions() * at.batch * stored), copy(out.size());
    std::vector<int> calls(conv.chunks());
    conv.forward(pool, in.data(), packed, out.data(), [&](const ConvChunk& chunk) {
      ++calls[chunk.index];
      const std::size_t first = (chunk.position * at.batch + chunk.first_row) * stored;
      std::copy_n(out.data() + first, chunk.rows * stored, copy.data() + first);
    });
    CHECK(std::count(calls.begin(), calls.end(), 1) == static_cast<std::ptrdiff_t>(conv.chunks()));
    CHECK(same(out, copy));
    std::size_t rows = 0;
    for (std::size_t i = 0; i < conv.chunks(); ++i) rows += conv.chunk(i).rows;
    CHECK(rows == s.out_positions() * at.batch);
  }
}

namespace {

struct TokenCase {
  std::size_t inputs, outputs, batch, channels;
};
const TokenCase token_cases[] = {{5, 3, 2, 16},    {64, 20, 7, 48}, {49, 33, 9, 32},
                                 {300, 17, 3, 16}, {16, 10, 1, 16}, {10, 40, 40, 80}};

template <typename T>
Reference plain_mix(const TokenCase& s, const Array<T>& in, const Array<T>& dout, const Buffer& weights) {
  const std::size_t columns = s.batch * s.channels;
  Reference r{std::vector<Sum>(dout.size()), std::vector<Sum>(in.size()), std::vector<Sum>(weights.size())};
  for (std::size_t i = 0; i < s.inputs; ++i)
    for (std::size_t o = 0; o < s.outputs; ++o)
      for (std::size_t n = 0; n < columns; ++n) {
        const double weight = real(T(weights[i * s.outputs + o]));
        r.output[o * columns + n].add(real(in[i * columns + n]) * weight);
        r.dinput[i * columns + n].add(real(dout[o * columns + n]) * weight);
        r.dweight[i * s.outputs + o].add(real(in[i * columns + n]) * real(dout[o * columns + n]));
      }
  return r;
}

}  // namespace

TEMPLATE_TEST_CASE("token mix: passes equal plain loops on every instruction set", "[algo][oracle]", float,
                   BFloat16) {
  for (const TokenCase& s : token_cases) {
    const auto in = random_tensor<TestType>(s.inputs * s.batch, static_cast<int>(s.channels), 1);
    const auto dout = random_tensor<TestType>(s.outputs * s.batch, static_cast<int>(s.channels), 3);
    const auto base = random_tensor<TestType>(s.inputs * s.batch, static_cast<int>(s.channels), 4);
    const Buffer weights = random_weights(s.inputs * s.outputs);
    Buffer half(weights.size());
    half.fill(0.5f);
    const Reference expected = plain_mix(s, in, dout, weights);
    for (InstructionSet set : all_sets) {
      const MatmulKernels<TestType>* kernels = matmul_for<TestType>(set);
      if (!kernels) continue;
      INFO(name_of(set) << ", " << s.inputs << " -> " << s.outputs);
      const TokenMix<TestType> mix(s.inputs, s.outputs, s.batch, s.channels, *kernels);
      const auto plainly = all_passes<TestType>(mix, 2, in, dout, weights, nullptr);
      CHECK(wrong<TestType>(plainly.out, expected.output, nullptr, s.inputs) == 0);
      CHECK(wrong<TestType>(plainly.din, expected.dinput, nullptr, s.outputs) == 0);
      CHECK(wrong<float>(plainly.dweight, expected.dweight, &half, s.batch * s.channels) == 0);
      const auto added = all_passes<TestType>(mix, 2, in, dout, weights, &base);
      CHECK(wrong<TestType>(added.din, expected.dinput, &base, s.outputs) == 0);
    }
    check_thread_counts(TokenMix<TestType>(s.inputs, s.outputs, s.batch, s.channels), in, dout, weights);
  }
}

TEST_CASE("token mix: one chunk per output token", "[algo]") {
  ThreadPool pool(2);
  const TokenMix<float> mix(4, 6, 3, 16);
  const Buffer in = random_tensor<float>(4 * 3, 16, 1), weights = random_weights(24);
  TokenMix<float>::Packed packed;
  mix.pack(pool, weights.data(), packed, false);
  Buffer out(6 * 3 * 16);
  std::vector<int> calls(mix.chunks());
  mix.forward(pool, in.data(), packed, out.data(), [&](const ConvChunk& chunk) {
    calls[chunk.position] += chunk.first_row == 0 && chunk.rows == 3 && chunk.index == chunk.position;
  });
  CHECK(calls == std::vector<int>(6, 1));
}
