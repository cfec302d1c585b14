// SPDX-License-Identifier: Apache-2.0
// Prints the memory throughput of the elementwise kernels, beside memcpy's.
//
// Shape     two working sets, 1024 x 128 x 64 (beyond the L2 cache) and 128 x 64 (in the L1 or L2 cache), in
//           calls of 128 rows, on one thread.
// Units     GB/s of the tensors read and written, the best of 9 runs (other work on the machine disturbs
//           them).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "algo/kernels/buffer.hpp"
#include "algo/kernels/elementwise.hpp"
#include "hw/numerics/post_kernels.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr std::size_t channels = 64, rows = 128, chunk = rows * channels;

/// Seconds of one run.
double best_time(const std::function<void()>& run) {
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return *std::min_element(times.begin(), times.end());
}

template <typename T>
class Bench {
 public:
  Bench(const ElementwiseKernels<T>& kernels, std::size_t chunks, std::size_t repeats)
      : k_(kernels), chunks_(chunks), repeats_(repeats) {
    for (std::size_t i = 0; i < x_.size(); ++i)
      x_[i] = y_[i] = side_[i] = T(static_cast<float>(i % 61) * 0.1f - 2);
    one_.fill(1);
    large_.fill(8);  // GELU's slope there is 1: gradients neither grow nor vanish when it is applied again
  }

  void all() {
    print("memcpy", 2, [&](std::size_t i) { std::memcpy(&out_[i], &x_[i], chunk * sizeof(T)); });
    print("add, accumulating", 3, [&](std::size_t i) { k_.add(chunk, &x_[i], &out_[i], true); });
    print("channel_sums", 1, [&](std::size_t i) {
      k_.channel_sums(rows, channels, &x_[i], sum_.data(), product_.data(), square_.data());
    });
    normalize("normalize, ReLU", 2, nullptr, Activation::relu);
    normalize("normalize, residual, ReLU", 3, &side_, Activation::relu);
    normalize("normalize, GELU", 2, nullptr, Activation::gelu);
    sums("norm_gradient_sums, none", 2, Activation::none);
    sums("norm_gradient_sums, ReLU", 4, Activation::relu);
    sums("norm_gradient_sums, GELU", 3, Activation::gelu);
    print("norm_gradient", 3, [&](std::size_t i) {
      k_.norm_gradient(rows, channels, &y_[i], &x_[i], zero_.data(), one_.data(), one_.data(), zero_.data(),
                       &out_[i], false);
    });
    print("layer_normalize", 2, [&](std::size_t i) {
      k_.layer_normalize(rows, norm_, &x_[i], nullptr, Activation::none, &out_[i]);
    });
    print("layer_gradient_sums", 2, [&](std::size_t i) {
      k_.layer_gradient_sums(rows, norm_, &x_[i], {Activation::none, nullptr, nullptr, nullptr, nullptr},
                             &y_[i], sum_.data(), product_.data());
    });
    print("layer_gradient", 3,
          [&](std::size_t i) { k_.layer_gradient(rows, norm_, &y_[i], &x_[i], &out_[i], false); });
    print("max_magnitude", 1, [&](std::size_t i) { sum_[0] = k_.max_magnitude(chunk, &x_[i]); });
    print("fake_fp8", 2, [&](std::size_t i) { k_.fake_fp8(Fp8Format::e4m3, chunk, 1.0f, &out_[i]); });
  }

 private:
  void print(const char* name, std::size_t tensors, const std::function<void(std::size_t)>& work) {
    const double seconds = best_time([&] {
      for (std::size_t n = 0; n < repeats_; ++n)
        for (std::size_t c = 0; c < chunks_; ++c) work(c * chunk);
    });
    const double bytes = static_cast<double>(tensors * repeats_ * chunks_ * chunk * sizeof(T));
    std::printf("  %-28s %7.1f\n", name, bytes / seconds * 1e-9);
  }
  void normalize(const char* name, std::size_t tensors, const Array<T>* side, Activation activation) {
    print(name, tensors, [&, side, activation](std::size_t i) {
      k_.normalize(rows, channels, &x_[i], one_.data(), zero_.data(), side ? side->data() + i : nullptr,
                   activation, &out_[i]);
    });
  }
  void sums(const char* name, std::size_t tensors, Activation activation) {
    const Buffer& shift = activation == Activation::gelu ? large_ : zero_;
    print(name, tensors, [&, activation](std::size_t i) {
      k_.norm_gradient_sums(rows, channels, &x_[i],
                            {activation, &side_[i], nullptr, zero_.data(), shift.data()}, zero_.data(),
                            &y_[i], sum_.data(), product_.data());
    });
  }

  const ElementwiseKernels<T>& k_;
  std::size_t chunks_, repeats_;
  Array<T> x_{chunks_ * chunk}, y_{chunks_ * chunk}, side_{chunks_ * chunk}, out_{chunks_ * chunk};
  Buffer sum_{channels}, product_{channels}, square_{channels}, one_{channels}, zero_{channels},
      large_{channels};
  LayerNormChannels norm_{channels, channels, one_.data(), zero_.data(), 1e-6f};
};

template <typename T>
void bench(const char* type) {
  for (InstructionSet set : {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512})
    if (const ElementwiseKernels<T>* k = elementwise_for<T>(set)) {
      std::printf("%s, %s, memory [GB/s]\n", type, name_of(set));
      Bench<T>(*k, 1024, 1).all();
      std::printf("%s, %s, cache [GB/s]\n", type, name_of(set));
      Bench<T>(*k, 1, 256).all();
    }
}

void bench_post() {
  std::vector<double> acc(chunk, 12345.0), gamma(channels, 0.01), beta(channels, 1.0);
  std::vector<std::uint8_t> residual(chunk, 0x45), out(chunk);
  for (InstructionSet set : {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512})
    if (const numerics::PostKernels* k = numerics::post_kernels_for(set)) {
      const double seconds = best_time([&] {
        for (int i = 0; i < 64; ++i)
          k->codes(rows, channels, acc.data(), 0x1p-9, gamma.data(), beta.data(), residual.data(), 1.0, true,
                   out.data());
      });
      std::printf("post_exact, %s: %.0f M values/s\n", name_of(set),
                  64e-6 * static_cast<double>(chunk) / seconds);
    }
}

}  // namespace

int main() {
  bench<BFloat16>("bf16");
  bench<float>("FP32");
  bench_post();
}
