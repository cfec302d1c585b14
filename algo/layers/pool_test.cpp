// SPDX-License-Identifier: Apache-2.0
// Pools against plain loops, their gradients against differences of those.
#include "algo/layers/pool.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "algo/layers/finite_difference.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr std::size_t batch = 3;

/// in: H * W x batch x C; calls visit(output index, input index) for each pair of a window, in scan order.
template <typename Visit>
void for_windows(const PoolShape& s, const Visit& visit) {
  const int rows = s.global() ? s.height : s.kernel, columns = s.global() ? s.width : s.kernel;
  const auto values = static_cast<std::size_t>(s.channels) * batch;
  for (int oy = 0; oy < s.out_height(); ++oy)
    for (int ox = 0; ox < s.out_width(); ++ox)
      for (int ky = 0; ky < rows; ++ky)
        for (int kx = 0; kx < columns; ++kx) {
          const int y = oy * s.stride + ky - s.pad, x = ox * s.stride + kx - s.pad;
          if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
          for (std::size_t v = 0; v < values; ++v)
            visit(static_cast<std::size_t>(oy * s.out_width() + ox) * values + v,
                  static_cast<std::size_t>(y * s.width + x) * values + v);
        }
}

std::vector<double> plain_average(const PoolShape& s, const std::vector<double>& in) {
  std::vector<double> out(s.out_positions() * batch * static_cast<std::size_t>(s.channels));
  for_windows(s, [&](std::size_t o, std::size_t i) { out[o] += in[i] / static_cast<double>(s.window()); });
  return out;
}

std::vector<double> plain_max(const PoolShape& s, const std::vector<double>& in) {
  std::vector<double> out(s.out_positions() * batch * static_cast<std::size_t>(s.channels),
                          -std::numeric_limits<double>::infinity());
  for_windows(s, [&](std::size_t o, std::size_t i) { out[o] = std::max(out[o], in[i]); });
  return out;
}

const PoolShape shapes[] = {{6, 6, 16, 2, 2, 0}, {7, 5, 10, 3, 2, 1}, {5, 5, 3, 3, 1, 1},
                            {5, 7, 20, 2, 3, 1}, {4, 3, 33, 1, 0, 0}, {8, 8, 16, 5, 4, 2}};

template <typename T>
constexpr double bound = std::is_same_v<T, float> ? 1e-6 : 0x1p-8;

/// forward and backward of `layer` against `plain`, at 1, 2 and 8 threads, with and without accumulation.
template <typename T, typename Layer>
void check_pool(const PoolShape& s, Layer layer,
                std::vector<double> (*plain)(const PoolShape&, const std::vector<double>&)) {
  const auto channels = static_cast<std::size_t>(s.channels), stored = stored_channels(s.channels);
  std::vector<double> in(s.in_positions() * batch * channels);
  for (std::size_t i = 0; i < in.size(); ++i) {  // no two of a channel are equal: a maximum has a slope
    const std::size_t plane = batch * channels;
    in[i] = static_cast<double>((i / plane * 37 + i % plane * 11) % 64) / 16 - 2;
  }
  const std::vector<double> dout = random_values(s.out_positions() * batch * channels, 2);
  const std::vector<double> before = random_values(in.size(), 3);
  const Array<T> input = to_tensor<T>(in, channels, stored), doutput = to_tensor<T>(dout, channels, stored);
  const std::vector<double> expected = plain(s, in);
  const std::vector<double> din = slopes(in, [&] { return dot(dout, plain(s, in)); });
  std::vector<double> sum = before;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += din[i];
  std::vector<double> first;
  for (unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    Array<T> output(doutput.size()), dinput(input.size()), added = to_tensor<T>(before, channels, stored);
    layer.forward(pool, input.data(), output.data());
    layer.backward(pool, doutput.data(), dinput.data(), false);
    layer.backward(pool, doutput.data(), added.data(), true);
    CHECK(worst_error(output, expected, channels, stored) < bound<T>);
    CHECK(worst_error(dinput, din, channels, stored) < bound<T>);
    CHECK(worst_error(added, sum, channels, stored) < bound<T>);
    std::vector<double> all;
    for (const Array<T>* tensor : {&output, &dinput, &added})
      for (T x : *tensor) all.push_back(static_cast<double>(float(x)));
    if (first.empty()) first = all;
    CHECK(all == first);
  }
}

std::string message(const PoolShape& shape) {
  try {
    MaxPool<float> pool(shape, batch);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEMPLATE_TEST_CASE("pools: forward and gradients equal plain loops", "[algo][oracle][gradient]", float,
                   BFloat16) {
  for (const PoolShape& shape : shapes) {
    INFO(shape.height << "x" << shape.width << "x" << shape.channels << " kernel " << shape.kernel);
    check_pool<TestType>(shape, AveragePool<TestType>(shape, batch), plain_average);
    check_pool<TestType>(shape, MaxPool<TestType>(shape, batch), plain_max);
  }
}

TEST_CASE("max pool: the first of equal values gets the gradient, a NaN wins", "[algo]") {
  const PoolShape shape{2, 2, 16, 2, 2, 0};
  MaxPool<float> layer(shape, 1);
  ThreadPool pool(1);
  Buffer in(4 * 16), out(16), dout(16), din(4 * 16);
  dout.fill(1);
  in[16 + 3] = in[32 + 3] = 5;                           // channel 3: positions 1 and 2
  in[32 + 4] = std::numeric_limits<float>::quiet_NaN();  // channel 4: position 2
  in[48 + 4] = 7;
  for (std::size_t p = 0; p < 4; ++p) in[p * 16 + 5] = -1.0f - static_cast<float>(p);
  layer.forward(pool, in.data(), out.data());
  layer.backward(pool, dout.data(), din.data(), false);
  CHECK(out[3] == 5);
  CHECK(std::isnan(out[4]));
  CHECK(out[5] == -1);
  for (std::size_t p = 0; p < 4; ++p) {
    CHECK(din[p * 16 + 0] == (p == 0 ? 1 : 0));
    CHECK(din[p * 16 + 3] == (p == 1 ? 1 : 0));
    CHECK(din[p * 16 + 4] == (p == 2 ? 1 : 0));
    CHECK(din[p * 16 + 5] == (p == 0 ? 1 : 0));
  }
}

TEST_CASE("pools: shapes that do not fit are refused", "[algo][bad-input]") {
  CHECK(message({4, 4, 16, 5, 1, 0}) == "a pool's kernel is 5, must be 1 to the padded image's 4x4");
  CHECK(message({4, 4, 16, 2, 2, 2}) == "a pool's padding is 2, must be 0 to half of its kernel of 2");
  CHECK(message({20, 20, 16, 17, 1, 0}) ==
        "a maximum over 289 positions, at most 256 are supported; pool in two steps");
  CHECK(message({4, 4, 16, 2, -1, 0}) == "a pool over 4x4x16 with stride -1: all must be positive");
}
