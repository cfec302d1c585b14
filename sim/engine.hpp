// SPDX-License-Identifier: Apache-2.0
// What every engine (golden model, fast simulator, SystemC, RTL) can do with a program.
//
// An engine executes the `load` entry once, then `frame` per batch of images, and can report each tile and
// each finished convolution to a Trace, from which differences are located.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/signals.hpp"

namespace wd::sim {

/// Names a tile: which execution of which layer, and where.
struct TileId {
  int layer = 0, iteration = 0;
  int oc = 0, t = 0;  // output-channel tile, pixel tile
  bool operator==(const TileId&) const = default;
};

/// Figures of one kind from inside the array, named by its organisation, by which differences are placed.
struct TileDetail {
  static constexpr std::string_view pe = "PE";          // the part that is placed by pixel and channel
  static constexpr std::string_view walker = "walker";  // the part that is placed by channel and groups

  std::string_view part;  // what is numbered: pe (group-major, as the sums are), walker, "row" ...
  std::string_view what;  // of it: "walked positions"; with `cycles` the event: "is issued"
  bool cycles = false;    // the values are RUN cycles, counted from 0
  std::vector<std::uint32_t> values;  // by the part's number
  bool operator==(const TileDetail&) const = default;
};

/// A tile at the end of RUN; of a layer without sums, these and `details` are empty. Cycle fields are empty or zero for an engine without timing.
struct TileTrace {
  TileId id;
  std::uint64_t start_cycle = 0;    // of SETUP, from the frame's start
  std::uint64_t run_end_cycle = 0;  // last RUN cycle
  std::vector<std::int64_t> sums;   // group-major: [group * pes_per_group + pe]
  std::vector<TileDetail> details;  // in the order in which to look for a cause
};

/// A finished layer: a convolution, or another operation with tiles.
struct ConvTrace {
  int layer = 0, iteration = 0;
  std::uint64_t end_cycle = 0;  // last POST cycle of its last tile
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t>
      outputs;  // H x W x C FP8 codes, or FP16 scores as little-endian bytes; W: of all images
};

class Trace {
 public:
  virtual ~Trace() = default;
  virtual void tile(const TileTrace& tile) = 0;
  virtual void conv(const ConvTrace& conv) = 0;
};

struct FrameResult {
  std::vector<std::uint16_t> scores;  // FP16 bits, one per class, image by image
  arch::Counters counters;            // of this frame; zero for an engine without timing
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  /// Whether counters (cycles above all) are reported.
  virtual bool timed() const = 0;
  /// Executes the load entry: weights and normalization go on chip. Returns its counters.
  virtual arch::Counters load() = 0;
  /// Executes the frame entry on the images of a batch. @param input H x W x images x C FP8 codes.
  virtual FrameResult frame(std::span<const std::uint8_t> input) = 0;
  /// Reports tiles and convolutions from now on; nullptr stops. Not owned.
  virtual void set_trace(Trace* trace) = 0;
  /// Whether it was made with signals to watch.
  virtual bool has_signals() const { return false; }
  /// Tells the signals of a window of the next frame's cycles. The sink must live until that frame is done. Errors: an engine without
  /// signals, a block that is not there, a window that the frame does not reach: wd::Error.
  virtual void watch(SignalSink&, const SignalWindow&) { fail(name(), " has no signals"); }
};

}  // namespace wd::sim
