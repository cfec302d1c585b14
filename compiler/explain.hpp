// SPDX-License-Identifier: Apache-2.0
// Says of each layer of a program where its weights lie and why: resident, streamed whole or in parts, and how far ahead they are fetched.
//
// Units     rows: of the weight, normalization and activation buffers; ahead: layers between the burst's queuing and the first use.
// Not       cycles: flow/compile.cpp adds those of the fast simulator.
// Test      explain_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/lowering.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::compiler {

struct LayerReason {
  int layer = 0;  // of the program
  std::string name;
  std::string weights;          // "resident", "streamed", "kept" from an iteration before, or "none"
  int rows = 0, tile_rows = 0;  // of the weight buffer; of an output-channel tile
  int tiles = 0, channel_tiles = 0;
  int ahead =
      0;  // layers that run between the queuing of the burst and the layer; 0 where it was not queued for it
  int beats = 0;            // of the burst that brings them, which may be other layers', too
  std::uint32_t words = 0;  // of 16 bits, of coded weights: the streams without header and table
  std::string form;         // "rows", or the code of coded weights; empty without weights
  int norm_rows = 0;
  bool norms_resident = true;
  int input_rows = 0, output_rows = 0;  // of an activation bank
  std::string why;
};

struct Explanation {
  std::int64_t weight_rows = 0;  // that all weights would take
  std::vector<LayerReason> layers;
};

Explanation explain(const std::vector<LoweredStep>& steps, const program::Program& program);

}  // namespace wd::compiler
