// SPDX-License-Identifier: Apache-2.0
// Prints the speed of each pass of the convolutions of several networks, for each instruction set, and what the kernels
// and the memory do at most.
//
// Usage     wd_conv_bench [threads] [batch] [part of a network's name] [part of an instruction set's name]
// Units     GFLOP/s per second of one core's time, which other work on the machine hardly disturbs: two per
//           product, counting only products inside of the image. Milliseconds by the wall clock. Medians.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "algo/kernels/elementwise.hpp"
#include "algo/layers/conv.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512,
                                       InstructionSet::avx512_bf16, InstructionSet::amx};

struct Layer {
  ConvShape shape;
  int count;
};
struct Network {
  const char* name;
  std::vector<Layer> layers;
};

ConvShape square(int size, int in, int out, int kernel, int stride) {
  return {size, size, in, out, kernel, stride, kernel / 2};
}

std::vector<Network> networks() {
  Network resnet18{"ResNet-18 CIFAR", {{square(32, 3, 64, 3, 1), 1}, {square(32, 64, 64, 3, 1), 4}}};
  Network resnet50{"ResNet-50 CIFAR", {{square(32, 3, 64, 3, 1), 1}}};
  for (int size = 32, channels = 64, before = 64; size >= 4; size /= 2, channels *= 2) {
    const int stride = size == 32 ? 1 : 2, from = size * stride;
    if (stride == 2) {
      resnet18.layers.push_back({square(from, channels / 2, channels, 3, 2), 1});
      resnet18.layers.push_back({square(from, channels / 2, channels, 1, 2), 1});
      resnet18.layers.push_back({square(size, channels, channels, 3, 1), 3});
    }
    const int blocks = size == 32 || size == 4 ? 3 : size == 16 ? 4 : 6;
    resnet50.layers.push_back({square(from, before, channels, 1, 1), 1});
    resnet50.layers.push_back({square(from, before, 4 * channels, 1, stride), 1});
    if (stride == 2) resnet50.layers.push_back({square(from, channels, channels, 3, 2), 1});
    resnet50.layers.push_back({square(size, channels, channels, 3, 1), stride == 2 ? blocks - 1 : blocks});
    resnet50.layers.push_back({square(size, channels, 4 * channels, 1, 1), blocks});
    resnet50.layers.push_back({square(size, 4 * channels, channels, 1, 1), blocks - 1});
    before = 4 * channels;
  }
  const Network mlp{
      "MLP", {{square(1, 784, 512, 1, 1), 1}, {square(1, 512, 512, 1, 1), 1}, {square(1, 512, 10, 1, 1), 1}}};
  const Network demo{"demo",
                     {{square(7, 16, 32, 3, 1), 1},
                      {square(7, 32, 32, 3, 1), 4},
                      {square(7, 32, 64, 3, 2), 1},
                      {square(7, 32, 64, 1, 2), 1},
                      {square(4, 64, 64, 3, 1), 5},
                      {square(4, 64, 128, 3, 2), 1},
                      {square(4, 64, 128, 1, 2), 1},
                      {square(2, 128, 128, 3, 1), 5}}};
  return {resnet18, resnet50, mlp, demo};
}

/// Products of one pass, without those outside of the image.
double products(const ConvShape& s, std::size_t batch) {
  const auto along = [&](int inputs, int outputs) {
    const ConvAxis axis(inputs, outputs, s.kernel, s.stride, s.pad);
    std::size_t links = 0;
    for (const auto& of : axis.of_output) links += of.size();
    return static_cast<double>(links);
  };
  return along(s.in_height, s.out_height()) * along(s.in_width, s.out_width()) *
         static_cast<double>(s.inputs() * s.outputs() * batch);
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// In seconds: medians by the wall clock, and of what the process used on all cores; the shortest by the wall clock.
struct Times {
  double wall, used, shortest;
};

template <typename Work>
Times measure(const Work& work) {
  std::vector<double> wall, used;
  const double start = seconds_of(CLOCK_MONOTONIC);
  work();
  while (wall.size() < 5 || (seconds_of(CLOCK_MONOTONIC) < start + 0.15 && wall.size() < 200)) {
    const double wall_start = seconds_of(CLOCK_MONOTONIC), used_start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    work();
    wall.push_back(seconds_of(CLOCK_MONOTONIC) - wall_start);
    used.push_back(seconds_of(CLOCK_PROCESS_CPUTIME_ID) - used_start);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(used.begin(), used.end());
  return {wall[wall.size() / 2], used[used.size() / 2], wall.front()};
}

template <typename T>
void fill(Array<T>& tensor) {
  for (std::size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = T(static_cast<float>(static_cast<int>(i * 2654435761u >> 7 & 255) - 128) / 64.0f);
}

/// Products of operands that stay in L1, on all threads at once: each one's GFLOP/s, at best. Values are like a tensor's: of
/// zeros alone, AMX is a quarter faster.
template <typename T>
double most_products(ThreadPool& pool, const MatmulKernels<T>& k) {
  constexpr std::size_t depth = 128, calls = 2000;
  const std::size_t words = depth / k.values_per_word * panel_width;
  Array<T> left(strip_rows * depth), right(depth * panel_width);
  fill(left), fill(right);
  Array<std::uint32_t> panel(words);
  k.panel_of_rows(depth, depth, panel_width, right.data(), panel_width, panel.data());
  const std::vector<MatmulTerm<T>> terms(k.block_depth / depth, {left.data(), panel.data()});
  const double shortest = measure([&] {
                            pool.run(pool.threads(), [&](std::size_t) {
                              Array<float> sums(strip_rows * panel_width);
                              k.begin();
                              for (std::size_t i = 0; i < calls; ++i)
                                k.multiply({strip_rows, panel_width, depth, words, panel_width}, terms.data(),
                                           terms.size(), depth, sums.data(), false);
                              k.end();
                            });
                          }).shortest;
  return 2.0 * static_cast<double>(strip_rows * panel_width * depth * terms.size() * calls) / shortest / 1e9;
}

/// GB/s that each thread reads of a tensor of its own.
double most_read(ThreadPool& pool, std::size_t bytes) {
  std::vector<Buffer> tensors;
  for (unsigned i = 0; i < pool.threads(); ++i)
    tensors.emplace_back(bytes / sizeof(float)), fill(tensors.back());
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{16} << 20) / bytes);
  std::vector<float> largest(pool.threads());
  const double shortest = measure([&] {
                            pool.run(pool.threads(), [&](std::size_t i) {
                              for (std::size_t t = 0; t < times; ++t)
                                largest[i] =
                                    elementwise<float>().max_magnitude(tensors[i].size(), tensors[i].data());
                            });
                          }).shortest;
  return static_cast<double>(bytes * times) / shortest / 1e9;
}

void print_limits(ThreadPool& pool, const std::string& wanted) {
  const auto products = [&]<typename T>(const char* values, T) {
    for (InstructionSet set : all_sets)
      if (const MatmulKernels<T>* kernels = matmul_for<T>(set))
        if (std::string(name_of(set)).find(wanted) != std::string::npos)
          std::printf("most products, %s, %s: %.0f GFLOP/s per core\n", values, name_of(set),
                      most_products(pool, *kernels));
  };
  products("FP32", float{});
  products("bf16", BFloat16{});
  for (std::size_t mib : {1, 16, 128})
    std::printf("most read from %zu MiB: %.0f GB/s per core\n", mib, most_read(pool, mib << 20));
}

template <typename T>
void run(ThreadPool& pool, const Network& network, std::size_t batch, const MatmulKernels<T>& kernels) {
  std::printf("%s, %s, %s, batch %zu, %u threads\n", network.name, sizeof(T) == 4 ? "FP32" : "bf16",
              name_of(kernels.set), batch, pool.threads());
  double wall[4] = {}, used[4] = {}, flops = 0;
  for (const Layer& layer : network.layers) {
    const ConvShape& s = layer.shape;
    Array<T> in(s.in_positions() * batch * stored_channels(s.in_channels)), din(in.size());
    Array<T> dout(s.out_positions() * batch * stored_channels(s.out_channels)), out(dout.size());
    Buffer weights(s.weight_count()), dweight(weights.size());
    fill(in), fill(dout), fill(weights);
    const Conv<T> conv(s, batch, kernels);
    typename Conv<T>::Packed packed;
    const Times times[] = {
        measure([&] { conv.pack(pool, weights.data(), packed, true); }),
        measure([&] { conv.forward(pool, in.data(), packed, out.data(), nullptr); }),
        measure([&] { conv.backward_input(pool, dout.data(), packed, din.data(), false); }),
        measure([&] { conv.backward_weights(pool, in.data(), dout.data(), dweight.data()); })};
    const double work = 2 * products(s, batch);
    std::printf("  %2d x %dx%d %4d -> %4d at %2dx%2d stride %d:", layer.count, s.kernel, s.kernel,
                s.in_channels, s.out_channels, s.in_height, s.in_width, s.stride);
    for (int pass = 1; pass < 4; ++pass) std::printf(" %7.1f", work / times[pass].used / 1e9);
    std::printf(" GFLOP/s  (%.3f %.3f %.3f ms, pack %.3f ms)\n", times[1].wall * 1e3, times[2].wall * 1e3,
                times[3].wall * 1e3, times[0].wall * 1e3);
    for (int pass = 0; pass < 4; ++pass) {
      wall[pass] += layer.count * times[pass].wall;
      used[pass] += layer.count * times[pass].used;
    }
    flops += layer.count * work;
  }
  std::printf(
      "  wall: forward %.2f, backward_input %.2f, backward_weights %.2f, pack %.2f ms; %.1f GFLOP/s\n",
      wall[1] * 1e3, wall[2] * 1e3, wall[3] * 1e3, wall[0] * 1e3,
      3 * flops / (wall[1] + wall[2] + wall[3]) / 1e9);
  std::printf(
      "  used: forward %.2f, backward_input %.2f, backward_weights %.2f, pack %.2f ms; %.1f GFLOP/s per "
      "core\n",
      used[1] * 1e3, used[2] * 1e3, used[3] * 1e3, used[0] * 1e3,
      3 * flops / (used[1] + used[2] + used[3]) / 1e9);
  std::fflush(stdout);
}

template <typename T>
void run_sets(ThreadPool& pool, const Network& network, std::size_t batch, const std::string& wanted) {
  for (InstructionSet set : all_sets)
    if (const MatmulKernels<T>* kernels = matmul_for<T>(set))
      if (std::string(name_of(set)).find(wanted) != std::string::npos) run<T>(pool, network, batch, *kernels);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, const char* otherwise) { return argc > i ? argv[i] : otherwise; };
  ThreadPool pool(static_cast<unsigned>(std::strtoul(argument(1, "0"), nullptr, 10)));
  const std::size_t batch = std::max(1ul, std::strtoul(argument(2, "128"), nullptr, 10));
  print_limits(pool, argument(4, ""));
  for (const Network& network : networks()) {
    if (std::string(network.name).find(argument(3, "")) == std::string::npos) continue;
    run_sets<float>(pool, network, batch, argument(4, ""));
    run_sets<BFloat16>(pool, network, batch, argument(4, ""));
  }
  return 0;
}
