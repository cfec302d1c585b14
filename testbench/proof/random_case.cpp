// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/random_case.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/tensor_lifetimes.hpp"
#include "testbench/proof/random_graph.hpp"

namespace wd::testbench {
namespace {

/// Rows of one output-channel tile of the convolution with the largest ones, and of all convolutions.
struct WeightRows {
  int tile = 0, all = 0;

  WeightRows(const model::Network& network, const arch::Arch& arch) {
    model::for_each_layer(network, [&](const model::Layer& conv, int) {
      if (!conv.has_products()) return;
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
      if (conv.kind == model::LayerKind::pool) return;
      const int channels = conv.output < 0 ? network.classes : network.tensors[index(conv.output)].channels;
      const int rows = ceil_div(channels, arch::block);
      piece = std::max(piece, rows);
      all += rows * iterations;
    });
  }
};

arch::Arch any_chip(Dice& random) {
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
int between_piece_and_all(Dice& random, int piece, int all, int multiple) {
  all = std::max(piece, all);
  const int rows = random.chance(30) ? piece : random.chance(30) ? all : random.pick(piece, all);
  return ceil_div(rows, multiple) * multiple;
}

/// What the compiler takes one image at a time, with chunks of a block.
bool mixes_tokens(const model::Network& network) {
  bool mixes = false;
  model::for_each_layer(network, [&](const model::Layer& layer, int) {
    mixes = mixes || layer.kind == model::LayerKind::token_mix;
  });
  return mixes;
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

/// An activation buffer in which not all tensors fit whole: the smallest share of what they need that the compiler takes.
void narrow_buffer(ProofCase& proof, Dice& random) {
  const int whole = compiler::rows_needed(proof.network, proof.options.arch, true, proof.options.batch);
  for (int eighths = random.pick(1, 6); eighths < 8; ++eighths) {
    ProofCase narrow = proof;
    narrow.options.share_rows = true;
    narrow.options.arch.act_rows = std::max(whole * eighths / 8, 16);
    if (narrow.options.arch.act_rows >= whole) return;
    try {
      compiler::compile(narrow.network, narrow.options);
      proof = narrow;
      return;
    } catch (const Error&) {  // a layer needs more
    }
  }
}

}  // namespace

ProofCase random_case(std::uint64_t seed, const std::optional<arch::Arch>& arch) {
  ProofCase proof;
  proof.network = random_graph(seed);
  Dice random(seed ^ 0x70726f6f66);  // other numbers than the graph's
  arch::Arch& chip = proof.options.arch;
  chip = arch ? *arch : any_chip(random);
  if (mixes_tokens(proof.network)) chip.chunk = arch::block;
  const int most_weights = arch ? arch->weight_rows : 16384, most_norms = arch ? arch->norm_rows : 4096;
  const WeightRows weights(proof.network, chip);
  chip.weight_rows = std::min(most_weights, between_piece_and_all(random, std::max(weights.tile, 16),
                                                                  weights.all, chip.weight_banks()));
  const NormRows norms(proof.network);
  chip.norm_rows = std::min(most_norms, between_piece_and_all(random, norms.piece, norms.all, 1));
  if (!arch) chip.act_rows = chip.instr_rows = 4096;
  proof.options.fold = random.chance(70);
  proof.options.share_rows = random.chance(80);
  proof.options.space_to_depth = random.chance(80);
  proof.switches =
      arch::Switches::from_bits(random.chance(50) ? ~0u : static_cast<std::uint32_t>(random.pick(0, 0xffff)));
  proof.switches.window = random.pick(0, chip.window);
  proof.first_image = seed;
  if (random.chance(30))
    proof.options.batch = 1 << random.pick(1, arch ? 2 : 4);  // a real chip has fewer rows
  if (mixes_tokens(proof.network)) proof.options.batch = 1;
  if (random.chance(65) && !mixes_tokens(proof.network)) narrow_buffer(proof, random);
  Dice coding(seed ^ 0x636f646564);
  proof.options.huffman = coding.chance(80);
  proof.options.on_chip_signs = coding.chance(80);
  if (!arch) {
    chip.decoders = coding.chance(10) ? 0 : 1 << coding.pick(0, 5);
    chip.freeze_generator = coding.chance(80);
  }
  if (random.chance(60)) shorten_program(proof);
  return proof;
}

}  // namespace wd::testbench
