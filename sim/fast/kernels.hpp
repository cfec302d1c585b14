// SPDX-License-Identifier: Apache-2.0
// The loops that the fast simulator's time goes to, for three kinds of processor; all give the same results.
//
// Shape     a quad is four neighbours of the reduction. Activations and weights lie by quad: [quad][group or PE][4].
//           Groups are 16, PEs a multiple of 16, a reduction is a multiple of 16.
// Numerics  an FP8 activation is a whole number of 2^-9 units, at most 18 bits and a sign. It is cut into limbs of 8 bits, without a sign:
//           units = l0 + 256 l1 + 65536 (l2 - 4). Where all units of a tile are below 2^16 and none is negative l2 is
//           not needed, below 2^8 l1 is not either; otherwise the 4 is taken back once, by `base`.
// Not       checks of arguments.
// Test      kernels_test.cpp (against plain sums), walker_sets_test.cpp (against a stepped array)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace wd::sim::fast {

/// Best last.
enum class Kernel { plain, avx2, avx512_vnni };

std::span<const Kernel> all_kernels();
const char* name_of(Kernel kernel);
/// Whether this processor has what it needs.
bool available(Kernel kernel);
Kernel best_kernel();
/// Refuses a name that no kernel has, and a kernel that this processor lacks. @param origin begins messages
Kernel kernel_named(const std::string& name, const std::string& origin);

constexpr std::size_t groups = 16, most_limbs = 3;

/// sums[group][pe] := sum over the reduction of units times weights, exact, for the first groups.
struct Product {
  const std::uint8_t* limbs;  // [limb][quad][group][4]
  std::size_t limb_count;
  const std::int8_t* weights;  // [quad][pe][4]
  std::size_t pes, quads;
  std::size_t wanted;  // groups, a multiple of 4
  const double*
      base;  // [pe] what is added where all three limbs are there: -4 * 65536 times the sum of its weights
  double* sums;
};

/// A tile of walkers in chunks of 16 positions (docs/organisations/walker_sets.md, "RUN").
struct WalkedTile {
  const std::uint16_t* walk;      // [row][pitch] walk maps; behind the PEs zeros
  std::size_t pitch;              // PEs rounded up to 32
  const std::uint16_t* maps;      // [chunk][set] non-zero maps
  const std::uint8_t* sub_reads;  // [chunk]
  const std::uint32_t* inside;    // [set] groups whose pixel lies inside the tensor
  int chunks, rows_per_chunk, window, entries, sets;
  std::uint32_t* issue;  // [row] E, to be filled
  std::uint32_t* free;   // [row] when what the row occupies is free again, to be filled
};

struct WalkedTotals {
  std::uint64_t run_cycles = 0, group_cycles = 0, walker_cycles = 0, walk_ops = 0;
};

struct KernelSet {
  /// Fills the planes of limbs of so many codes, a multiple of 64. @param plane from a limb to the next one @return how many are needed
  std::size_t (*limbs)(const std::uint8_t* codes, std::size_t count, std::uint8_t* limbs, std::size_t plane);
  void (*multiply)(const Product& product);
  WalkedTotals (*walk)(const WalkedTile& tile);
  std::uint64_t (*dot)(const std::uint8_t* a, const std::uint8_t* b, std::size_t count);
  /// The largest magnitude.
  double (*largest)(const double* values, std::size_t count);
};

/// Of an available kernel.
const KernelSet& kernel_set(Kernel kernel);

/// Cycles from the last walk to the end of RUN: select, shift and two flush cycles, the first of them with the last addend.
constexpr std::uint64_t drain_cycles = 3;

}  // namespace wd::sim::fast
