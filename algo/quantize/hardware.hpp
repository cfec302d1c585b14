// SPDX-License-Identifier: Apache-2.0
// Runs a trained network in the accelerator's arithmetic, bit
// for bit: FP8 tensors, exact sums, the FP16 post unit.
//
// Shape     images of one data set in groups; weights are a supermask's whole levels with their signs.
// Numerics  docs/numerics.md. Sums of code * level are whole numbers below 2^52 and so exact in FP64. Max
//           pooling compares codes; GELU is a table of 256 codes after the conversion to FP8; an average pool
//           is a sum of codes that the classifier's gamma divides.
// Errors    what the hardware's arithmetic lacks: see unsupported().
// Not       what the chip's compiler accepts: quantize/export.hpp.
// Test      hardware_test.cpp (a plain integer interpreter; the golden model through the command)
#pragma once

#include <string>
#include <vector>

#include "algo/executor/evaluate.hpp"

namespace wd::algo {

class HardwareModel {
 public:
  /// Why a network has no bit-exact form; empty if it has one.
  static std::string unsupported(const Executor& executor);

  /// @param norms one per node (absorb_norms). @param scale_exps one per tensor, E4M3.
  HardwareModel(const Executor& executor, std::vector<model::Norm> norms, std::vector<int> scale_exps,
                const InputFormat& format);

  /// FP16 class scores of images [first, first + count), 16 at most.
  std::vector<std::vector<std::uint16_t>> scores(const ImageSet& images, std::size_t first,
                                                 std::size_t count) const;
  double accuracy(ThreadPool& pool, const ImageSet& images) const;

 private:
  struct Group;
  /// The weights that are not zero, by rows of taps x I: few in a supermask.
  struct SparseWeights {
    std::vector<std::uint32_t> starts, outputs;  // rows + 1; a weight's output
    std::vector<double> levels;

    SparseWeights(const std::vector<float>& weights, std::size_t columns);
  };

  void run_node(std::size_t node, Group& group) const;
  void run_linear(const Node& node, std::size_t index, Group& group) const;
  std::vector<double> turned_input(const Node& node, const Group& group) const;
  void run_conv(const Node& node, std::size_t position, const std::vector<double>& values,
                std::vector<double>& sums) const;
  void run_token_mix(const Node& node, std::size_t token, Group& group, double* acc) const;
  void run_max_pool(const Node& node, Group& group) const;
  void run_average_pool(const Node& node, Group& group) const;
  void write(const Node& node, std::size_t index, std::size_t position, Group& group,
             const double* acc) const;

  Graph graph_;
  std::vector<model::Norm> norms_;
  std::vector<int> scale_exps_;
  InputFormat format_;
  std::vector<std::vector<float>> weights_;          // taps x I x O, whole numbers
  std::vector<SparseWeights> sparse_;                // of the same
  std::vector<std::array<std::uint8_t, 256>> gelu_;  // per tensor; used where a node has GELU
};

}  // namespace wd::algo
