// SPDX-License-Identifier: Apache-2.0
// Layers computed stripe by stripe, from and to rings of rows in the activation buffer or memory.
//
// Shape     a chain of tensors, each made by a layer of the one before. The first one lies in the buffer, or comes from memory; those
//           between lie in rings; the last one lies in the buffer, or goes to memory. Stripes begin and end where a row begins in bank 0.
// Test      random_program_test.cpp (that it takes all its turns), rtl.core, systemc.program (that engines agree)
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "hw/formats/program/geometry.hpp"

namespace wd::testbench {

/// A tensor of the chain. Image row y lies in ring row y mod `ring`.
struct StripedTensor {
  int height = 0, width = 0, blocks = 0;  // width: of all images
  int base = 0, pitch = 0;                // of the tensor, or of its ring
  int ring = 0;                           // image rows; 0: all of them are in the buffer
  int mem_addr = -1;                      // where it lies in memory, or goes to; -1: it does not
  int stripe = 1;                         // rows that are made together, a multiple of aligned_rows()
};

/// Rows after which a row begins in bank 0 again.
int aligned_rows(int width);

/// Rows [first, end) of `out`, computed by a CONV or POOL of whole tensors. @param residual_pitch of one in the place of `out`'s shape
arch::Instr stripe_of(const arch::Instr& whole, const StripedTensor& in, const StripedTensor& out, int first,
                      int end);

/// Rows of `in` that rows [first, end) of the output need.
program::Span rows_needed(const arch::Instr& whole, int in_height, int first, int end);

class StripedChain {
 public:
  /// @param layers one fewer than tensors: CONVs or POOLs of whole tensors @param tag of each burst
  StripedChain(std::vector<StripedTensor> tensors, std::vector<arch::Instr> layers, std::function<int()> tag)
      : tensors_(std::move(tensors)),
        layers_(std::move(layers)),
        made_(tensors_.size()),
        tag_(std::move(tag)) {}

  /// @param ahead loads come a stripe before they are needed, while tiles are computed; stores run beside those of later stripes
  std::vector<arch::Instr> instructions(bool ahead);

 private:
  void require(std::size_t tensor, int end);
  void make_stripe(std::size_t tensor);
  void load_stripe();
  void store_stripe(int first, int end);
  void wait_for_loads(int end);
  void wait_for_stores(int end);
  void add_wait(int tag);
  arch::Instr transfer(arch::Op op, const StripedTensor& tensor, int first, int end);
  int stripe_end(std::size_t tensor) const;

  std::vector<StripedTensor> tensors_;
  std::vector<arch::Instr> layers_;
  std::vector<int> made_;  // rows, of each tensor
  std::function<int()> tag_;
  std::vector<arch::Instr> result_;
  bool ahead_ = false;
  int waited_ = 0;                           // rows of the first tensor that are known to have come
  std::vector<std::pair<int, int>> stores_;  // those that may be under way: the row they begin with, tag
  std::vector<std::pair<int, int>> loads_;   // those that may be under way: the row they end with, tag
};

}  // namespace wd::testbench
