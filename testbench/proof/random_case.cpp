// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/random_case.hpp"

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::testbench {
namespace {

class Graph {
 public:
  explicit Graph(std::uint64_t seed) : random_(seed) {
    network_.name = text("proof-", seed);
    network_.dataset = "random";
    network_.seed = seed;
  }

  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }

  model::Network build() {
    add_input();
    for (int blocks = pick(1, 6); blocks > 0; --blocks) {
      if (chance(25))
        add_fold();
      else
        add_step();
    }
    add_scores();
    fill_values(network_);
    model::check(network_, network_.name);
    return std::move(network_);
  }

 private:
  const model::Tensor& shape(int tensor) const { return network_.tensors[index(tensor)]; }
  int tensors() const { return static_cast<int>(network_.tensors.size()); }
  bool alike(const model::Tensor& a, const model::Tensor& b) const {
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
  }

  int add_tensor(int height, int width, int channels) {
    network_.tensors.push_back({text("t", tensors()), height, width, channels, pick(-1, 4)});
    return tensors() - 1;
  }

  int channels() { return chance(25) ? 16 * pick(1, 6) : chance(20) ? pick(1, 3) : pick(1, 90); }

  void add_input() {
    model::InputTransform& t = network_.input_transform;
    const int height = pick(1, 10), width = chance(50) ? height : pick(1, 10), colors = pick(1, 4);
    t.patch = chance(30) ? 2 : 1;
    t.split = chance(25);
    t.image_height = height * t.patch;
    t.image_width = width * t.patch;
    t.mean.assign(index(colors), 0.3);
    t.deviation.assign(index(colors), 0.35);
    last_ = network_.input = add_tensor(height, width, t.channels());
  }

  int add_weights(int kernel_h, int kernel_w, int in, int out) {
    model::Weights w;
    w.name = text("w", network_.weights.size());
    w.kernel_h = kernel_h, w.kernel_w = kernel_w, w.in_channels = in, w.out_channels = out;
    w.coats = (1 << pick(1, 3)) - 1;
    w.signs = chance(30) ? model::SignSource::learned : model::SignSource::random;
    w.sign_seed = random_();
    network_.weights.push_back(std::move(w));
    return static_cast<int>(network_.weights.size()) - 1;
  }

  /// Of the kernel, stride and pad; its result is a new tensor, or one of the shape that was there before.
  model::Layer conv(int input, int kernel_h, int kernel_w, int stride, int pad, int out_channels, int keep) {
    model::Layer c;
    c.name = text("c", convs_++);
    c.input = input;
    c.stride = stride;
    c.pad = pad;
    c.relu = chance(65);
    model::Tensor out{"", (shape(input).height + 2 * pad - kernel_h) / stride + 1,
                      (shape(input).width + 2 * pad - kernel_w) / stride + 1, out_channels, 0};
    c.output = keep >= 0 ? keep : result(input, out);
    c.weights = add_weights(kernel_h, kernel_w, shape(input).channels, out_channels);
    add_residual(c);
    return c;
  }

  int result(int input, const model::Tensor& out) {
    for (int tensor = 0; tensor < tensors(); ++tensor)
      if (tensor != input && alike(shape(tensor), out) && chance(30)) return tensor;
    return add_tensor(out.height, out.width, out.channels);
  }

  void add_residual(model::Layer& c) {
    if (!chance(45)) return;
    for (int tensor = tensors() - 1; tensor >= 0; --tensor)
      if (written(tensor) && alike(shape(tensor), shape(c.output)) && chance(60)) {
        c.residual = tensor;
        return;
      }
  }

  bool written(int tensor) const {
    return tensor == network_.input || std::find(written_.begin(), written_.end(), tensor) != written_.end();
  }

  /// Mostly the last one.
  int some_input() {
    if (chance(15))
      for (int tensor = tensors() - 1; tensor >= 0; --tensor)
        if (written(tensor) && chance(30)) return tensor;
    return last_;
  }

  void add_step() {
    const int input = some_input();
    const model::Tensor in = shape(input);
    model::Layer c;
    if (chance(8)) {
      c = conv(input, in.height, in.width, 1, 0, channels(), -1);
      pool(c);
    } else {
      const int longest = chance(15) ? 7 : 3, kernel_h = pick(1, longest),
                kernel_w = chance(70) ? kernel_h : pick(1, longest);
      const int pad =
          std::max({pick(0, std::max(kernel_h, kernel_w) / 2), ceil_div(std::max(kernel_h - in.height, 0), 2),
                    ceil_div(std::max(kernel_w - in.width, 0), 2)});
      c = conv(input, kernel_h, kernel_w, pick(1, 2), pad, channels(), -1);
    }
    last_ = c.output;
    written_.push_back(c.output);
    network_.steps.emplace_back(std::move(c));
  }

  /// Its kernel is one weight a channel that is applied everywhere.
  void pool(model::Layer& c) {
    c.pooled = true;
    network_.weights[index(c.weights)].kernel_h = network_.weights[index(c.weights)].kernel_w = 1;
  }

  /// Through hidden tensors, and often back to where it began.
  void add_fold() {
    model::Loop fold{pick(1, 4), {}};
    const int first = last_;
    const bool back = chance(70);
    for (int body = pick(1, 3); body > 0; --body) {
      const bool closes = body == 1 && back && last_ != first;
      const int kernel = 1 + 2 * pick(0, 1);
      model::Layer c = conv(last_, kernel, kernel, 1, kernel / 2, closes ? shape(first).channels : channels(),
                            closes ? first : -1);
      last_ = c.output;
      written_.push_back(c.output);
      fold.body.push_back(std::move(c));
    }
    network_.steps.emplace_back(std::move(fold));
  }

  void add_scores() {
    network_.classes = pick(1, 40);
    const model::Tensor in = shape(last_);
    model::Layer c;
    c.name = "scores";
    c.input = last_;
    c.output = -1;
    const bool pooled = chance(60);
    c.weights = add_weights(pooled ? 1 : in.height, pooled ? 1 : in.width, in.channels, network_.classes);
    c.pooled = pooled;
    network_.steps.emplace_back(std::move(c));
  }

  std::mt19937_64 random_;
  model::Network network_;
  std::vector<int> written_;
  int last_ = 0, convs_ = 0;
};

/// Rows of one output-channel tile of the convolution with the largest ones, and of all convolutions.
struct WeightRows {
  int tile = 0, all = 0;

  WeightRows(const model::Network& network, const arch::Arch& arch) {
    model::for_each_layer(network, [&](const model::Layer& conv, int) {
      const model::Weights& w = network.weights[index(conv.weights)];
      const int planes = w.coats == 1 ? 1 : w.coats == 3 ? 2 : 3;
      const int rows = w.kernel_h * w.kernel_w * ceil_div(w.in_channels, arch.chunk) * planes;
      tile = std::max(tile, rows);
      all += rows * ceil_div(w.out_channels, arch.pes_per_group);
    });
  }
};

/// Rows of the convolution with the most channels, and of all convolutions and iterations.
struct NormRows {
  int piece = 0, all = 0;

  explicit NormRows(const model::Network& network) {
    model::for_each_layer(network, [&](const model::Layer& conv, int iterations) {
      const int rows = ceil_div(network.weights[index(conv.weights)].out_channels, arch::block);
      piece = std::max(piece, rows);
      all += rows * iterations;
    });
  }
};

arch::Arch any_chip(Graph& random) {
  arch::Arch arch;
  arch.pes_per_group = 16 << random.pick(0, 2);
  arch.chunk = 16;
  while (arch.chunk < arch.pes_per_group && random.chance(30)) arch.chunk *= 2;
  arch.window = random.pick(1, 8);
  arch.entries = random.pick(1, arch.window);
  arch.groups_per_walker = 1 << random.pick(0, 4);
  arch.planes_per_row = random.pick(1, 3);
  arch.sum_segment = random.chance(25) ? 0 : random.pick(6, 12);
  arch.memory_latency = random.pick(1, 60);
  return arch;
}

/// From what the largest piece needs to what all need.
int between_piece_and_all(Graph& random, int piece, int all, int multiple) {
  all = std::max(piece, all);
  const int rows = random.chance(30) ? piece : random.chance(30) ? all : random.pick(piece, all);
  return ceil_div(rows, multiple) * multiple;
}

/// An instruction memory in which loops that are streamed cannot all be unrolled.
void shorten_program(ProofCase& proof) {
  const int enough = proof.options.arch.instr_rows;
  for (const int rows : {24, 32, 48, 64, 96, enough}) {
    proof.options.arch.instr_rows = rows;
    try {
      compiler::compile(proof.network, proof.options);
      return;
    } catch (const Error&) {  // longer, then
    }
  }
}

}  // namespace

ProofCase random_case(std::uint64_t seed, const std::optional<arch::Arch>& arch) {
  ProofCase proof;
  proof.network = Graph(seed).build();
  Graph random(seed ^ 0x70726f6f66);  // other numbers than the graph's
  arch::Arch& chip = proof.options.arch;
  chip = arch ? *arch : any_chip(random);
  const int most_weights = arch ? arch->weight_rows : 16384, most_norms = arch ? arch->norm_rows : 4096;
  const WeightRows weights(proof.network, chip);
  chip.weight_rows = std::min(most_weights, between_piece_and_all(random, std::max(weights.tile, 16),
                                                                  weights.all, chip.weight_banks()));
  const NormRows norms(proof.network);
  chip.norm_rows = std::min(most_norms, between_piece_and_all(random, norms.piece, norms.all, 1));
  if (!arch) chip.act_rows = chip.instr_rows = 4096;
  proof.options.fold = random.chance(70);
  proof.options.share_rows = random.chance(80);
  proof.switches =
      arch::Switches::from_bits(random.chance(50) ? ~0u : static_cast<std::uint32_t>(random.pick(0, 0xffff)));
  proof.switches.window = random.pick(0, chip.window);
  proof.first_image = seed;
  if (random.chance(30))
    proof.options.batch = 1 << random.pick(1, arch ? 2 : 4);  // a real chip has fewer rows
  if (random.chance(45)) shorten_program(proof);
  return proof;
}

}  // namespace wd::testbench
