// SPDX-License-Identifier: Apache-2.0
// channel_order MODEL.wdm IMAGES: cycles of a model whose channels are put in another order, which changes nothing but cycles.
//
// What      sums are exact, so the channels of a tensor may come in any order: as input channels they share a chunk with others, as
//           output channels a tile. Orders are tried by swapping two channels at a time, those are kept that lower the rows' estimated walks
//           (the longest walk of a row's channels, with the share of sets of groups in which an input channel is not zero).
//           Tensors that meet in a residual have one order. Cycles are then measured on other images than the estimate is made from.
// Source    docs/decisions/0034-channel-order.md
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <numeric>
#include <random>

#include "algo/data/dataset.hpp"
#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

namespace wd::testbench {
namespace {

using Order = std::vector<int>;  // new channel i is the old channel order[i]

model::Weights& weights_of(model::Network& network, const model::Layer& conv) {
  return network.weights[index(conv.weights)];
}

/// Random signs follow from places, which change here.
void store_signs(model::Network& network) {
  for (model::Weights& w : network.weights) {
    if (w.signs == model::SignSource::learned) continue;
    const stream::SignGenerator signs(w.sign_seed);
    for (std::size_t i = 0; i < w.count(); ++i)
      w.learned_signs.push_back(w.levels[i] != 0 && signs.negative(i) ? 1 : 0);
    w.signs = model::SignSource::learned;
    w.freeze.reset();
  }
}

/// Tensors of one order, numbered by one of them.
class Classes {
 public:
  explicit Classes(const model::Network& network) : of_(network.tensors.size()) {
    std::iota(of_.begin(), of_.end(), 0);
    model::for_each_layer(network, [&](const model::Layer& conv, int) {
      if (conv.residual) join(*conv.residual, conv.output);
    });
  }
  int operator()(int tensor) const {
    while (of_[index(tensor)] != tensor) tensor = of_[index(tensor)];
    return tensor;
  }

 private:
  void join(int a, int b) { of_[index((*this)(a))] = (*this)(b); }
  std::vector<int> of_;
};

/// The network with the channels of a class of tensors in another order.
void reorder(model::Network& network, const Classes& classes, int which, const Order& order) {
  model::for_each_layer(network, [&](model::Layer& conv, int) {
    model::Weights& w = weights_of(network, conv);
    const model::Weights old = w;
    const std::size_t positions = index(w.kernel_h * w.kernel_w), ins = index(w.in_channels);
    const bool in = classes(conv.input) == which, out = conv.output >= 0 && classes(conv.output) == which;
    for (std::size_t o = 0; o < index(w.out_channels); ++o)
      for (std::size_t p = 0; p < positions; ++p)
        for (std::size_t i = 0; i < ins; ++i) {
          const std::size_t from =
              ((out ? index(order[o]) : o) * positions + p) * ins + (in ? index(order[i]) : i);
          w.levels[(o * positions + p) * ins + i] = old.levels[from];
          w.learned_signs[(o * positions + p) * ins + i] = old.learned_signs[from];
        }
    if (!out) return;
    for (model::Norm& norm : conv.norms) {
      const model::Norm before = norm;
      for (std::size_t o = 0; o < order.size(); ++o) {
        norm.gamma[o] = before.gamma[index(order[o])];
        norm.beta[o] = before.beta[index(order[o])];
      }
    }
  });
}

/// By tensor and channel: the share of tiles of 16 pixels in which the channel is not zero somewhere.
using Live = std::map<int, std::vector<double>>;

class LiveTrace : public sim::Trace {
 public:
  LiveTrace(const model::Network& network, const program::Program& program, Live& live)
      : program_(program), live_(live) {
    model::for_each_layer(network, [&](const model::Layer& conv, int) { output_[conv.name] = conv.output; });
    for (std::size_t t = 0; t < network.tensors.size(); ++t)
      live_[static_cast<int>(t)].resize(index(network.tensors[t].channels));
  }
  void tile(const sim::TileTrace&) override {}
  void conv(const sim::ConvTrace& trace) override {
    const int tensor = output_[program_.layers[index(trace.layer)].name];
    if (tensor < 0) return;
    std::vector<double>& live = live_[tensor];
    const std::size_t channels = trace.outputs.size() / index(trace.height * trace.width),
                      pixels = index(trace.height * trace.width);
    ++runs_[tensor];
    for (std::size_t c = 0; c < live.size(); ++c) {
      double tiles = 0;
      for (std::size_t first = 0; first < pixels; first += 16) {
        bool any = false;
        for (std::size_t p = first; p < std::min(pixels, first + 16); ++p)
          any |= (trace.outputs[p * channels + c] & 0x7f) != 0;
        tiles += any;
      }
      const double share = tiles / static_cast<double>(ceil_div(pixels, 16));
      live[c] += (share - live[c]) / runs_[tensor];
    }
  }

 private:
  const program::Program& program_;
  Live& live_;
  std::map<std::string, int> output_;
  std::map<int, int> runs_;
};

/// Estimated walk of a convolution's rows of some chunks: the longest of the tile's channels, summed.
class Estimate {
 public:
  Estimate(model::Network& network, const arch::Arch& arch, const Live& live)
      : network_(network), arch_(arch), live_(live) {}

  double of(const model::Layer& conv, int iterations, const Order* in, const Order* out) const {
    const model::Weights& w = weights_of(network_, conv);
    const std::vector<double>& live = live_.at(conv.input);
    const bool input = conv.input == network_.input;
    const int positions = w.kernel_h * w.kernel_w;
    double sum = 0;
    for (int o0 = 0; o0 < w.out_channels; o0 += arch_.pes_per_group)
      for (int p = 0; p < positions; ++p)
        for (int i0 = 0; i0 < w.in_channels; i0 += arch_.chunk) {
          double longest = 2;  // a chunk's least cycles
          for (int o = o0; o < std::min(w.out_channels, o0 + arch_.pes_per_group); ++o) {
            double walk = 0;
            const std::size_t row = index(((out ? (*out)[index(o)] : o) * positions + p) * w.in_channels);
            for (int i = i0; i < std::min(w.in_channels, i0 + arch_.chunk); ++i) {
              const std::size_t from = index(in ? (*in)[index(i)] : i);
              walk += w.levels[row + from] != 0 ? (input ? 1 : live[from]) : 0;
            }
            longest = std::max(longest, walk);
          }
          sum += longest;
        }
    const model::Tensor& read = network_.tensors[index(conv.input)];
    return sum * iterations * ceil_div(read.height * read.width, 16);
  }

  /// Of all convolutions that read or write the class.
  double of_class(const Classes& classes, int which, const Order& order) const {
    double sum = 0;
    model::for_each_layer(network_, [&](const model::Layer& conv, int iterations) {
      const bool in = classes(conv.input) == which, out = conv.output >= 0 && classes(conv.output) == which;
      if (in || out) sum += of(conv, iterations, in ? &order : nullptr, out ? &order : nullptr);
    });
    return sum;
  }

 private:
  model::Network& network_;
  const arch::Arch& arch_;
  const Live& live_;
};

Order best_order(const Estimate& estimate, const Classes& classes, int which, int channels, int swaps,
                 std::mt19937_64& random) {
  Order order(index(channels));
  std::iota(order.begin(), order.end(), 0);
  double cost = estimate.of_class(classes, which, order);
  const double before = cost;
  for (int swap = 0; swap < swaps; ++swap) {
    const std::size_t a = random() % order.size(), b = random() % order.size();
    if (a / 16 == b / 16) continue;
    std::swap(order[a], order[b]);
    const double changed = estimate.of_class(classes, which, order);
    if (changed <= cost)
      cost = changed;
    else
      std::swap(order[a], order[b]);
  }
  std::printf("  class of tensor %d, %d channels: estimate %.0f to %.0f\n", which, channels, before, cost);
  return order;
}

struct Cycles {
  double cycles = 0, run_cycles = 0;
};

Cycles measure(const model::Network& network, const algo::ImageSet& set, std::size_t first,
               std::size_t images, std::vector<std::vector<std::uint16_t>>& scores) {
  const program::Program program = compiler::compile(network, {});
  sim::FastEngine engine(program, {});
  const program::InputTensor input(program);
  engine.load();
  Cycles mean;
  for (std::size_t i = first; i < first + images; ++i) {
    const sim::FrameResult frame = engine.frame(input.encode(set.image(i)));
    scores.push_back(frame.scores);
    mean.cycles += static_cast<double>(frame.counters.cycles) / static_cast<double>(images);
    mean.run_cycles += static_cast<double>(frame.counters.run_cycles) / static_cast<double>(images);
  }
  return mean;
}

Live measure_live(const model::Network& network, const algo::ImageSet& set) {
  const program::Program program = compiler::compile(network, {});
  Live live;
  LiveTrace trace(network, program, live);
  sim::GoldenEngine golden(program);
  golden.load();
  golden.set_trace(&trace);
  const program::InputTensor input(program);
  for (std::size_t i = 0; i < 50; ++i) golden.frame(input.encode(set.image(i)));
  return live;
}

/// Single channels, by the estimate.
void order_channels(model::Network& network, const Classes& classes, const algo::ImageSet& set, int swaps) {
  Live live = measure_live(network, set);
  std::mt19937_64 random(1);
  for (int t = 0; t < static_cast<int>(network.tensors.size()); ++t) {
    if (classes(t) != t || classes(network.input) == t) continue;
    const arch::Arch arch;
    const Estimate estimate(network, arch, live);
    const Order order = best_order(estimate, classes, t, network.tensors[index(t)].channels, swaps, random);
    reorder(network, classes, t, order);
    for (auto& [tensor, shares] : live)
      if (classes(tensor) == t) {
        const std::vector<double> old = shares;
        for (std::size_t c = 0; c < old.size(); ++c) shares[c] = old[index(order[c])];
      }
  }
}

/// Whole chunks of 16, by measured cycles: every swap of two is tried.
void order_chunks(model::Network& network, const Classes& classes, const algo::ImageSet& set) {
  std::vector<std::vector<std::uint16_t>> scores;
  double cycles = measure(network, set, 0, 20, scores).cycles;
  for (int t = 0; t < static_cast<int>(network.tensors.size()); ++t) {
    if (classes(t) != t || classes(network.input) == t) continue;
    const int chunks = network.tensors[index(t)].channels / 16;
    for (int a = 0; a < chunks; ++a)
      for (int b = a + 1; b < chunks; ++b) {
        Order order(index(network.tensors[index(t)].channels));
        std::iota(order.begin(), order.end(), 0);
        std::swap_ranges(order.begin() + 16 * a, order.begin() + 16 * a + 16, order.begin() + 16 * b);
        model::Network changed = network;
        reorder(changed, classes, t, order);
        const double now = measure(changed, set, 0, 20, scores).cycles;
        if (now >= cycles) continue;
        cycles = now;
        network = std::move(changed);
      }
  }
}

int run(const std::vector<std::string>& words) {
  WD_REQUIRE(words.size() == 3,
             "usage: channel_order MODEL.wdm IMAGES SWAPS     SWAPS 0: whole chunks instead");
  model::Network network = model::read_model(words[0]);
  const auto images = std::min<std::size_t>(std::stoul(words[1]), 5000);
  const auto swaps = std::stoi(words[2]);
  const algo::ImageSet set = algo::open_split(network.dataset, {}, false);
  store_signs(network);
  std::vector<std::vector<std::uint16_t>> scores, scores_after;
  const Cycles before = measure(network, set, 5000, images, scores);
  const Classes classes(network);
  if (swaps > 0)
    order_channels(network, classes, set, swaps);
  else
    order_chunks(network, classes, set);
  const Cycles after = measure(network, set, 5000, images, scores_after);
  WD_REQUIRE(scores == scores_after, "another order gave other scores");
  std::printf("cycles %.0f to %.0f (%.2f %% less), of RUN %.0f to %.0f (%.2f %% less), %zu images\n",
              before.cycles, after.cycles, 100 * (1 - after.cycles / before.cycles), before.run_cycles,
              after.run_cycles, 100 * (1 - after.run_cycles / before.run_cycles), images);
  return 0;
}

}  // namespace
}  // namespace wd::testbench

int main(int argc, char** argv) {
  try {
    return wd::testbench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
