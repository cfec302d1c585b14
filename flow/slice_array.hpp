// SPDX-License-Identifier: Apache-2.0
// The array's blocks, characterized: streams of tiles, their energy from the slice's netlist, the events' energies fitted.
//
// What      a stream is simulated by itself, so that results are kept stream by stream.
// Errors    streams without tiles, what slice_energy.hpp refuses: wd::Error.
// Test      cli/characterize_test.sh, slice_table_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/inputs.hpp"
#include "flow/slice_points.hpp"
#include "flow/slice_table.hpp"

namespace wd::flow {

struct SliceStream {
  std::string name;
  nlohmann::json origin;
  std::vector<SliceTile> tiles;
};

/// Where a program's tiles come from.
struct StreamOptions {
  InputOptions inputs;
  std::uint64_t image = 0, draw = 1;
  int cycles = 3000;  // of a stream
};

/// Tiles of a frame of a folder's program. @param arch becomes the program's
SliceStream program_stream(const std::filesystem::path& folder, const StreamOptions& options,
                           arch::Arch& arch, Context& context);
SliceStream point_stream(const arch::Arch& arch, const SlicePoint& point, const StreamOptions& options);
/// Where no program is named: operands of several densities.
const std::vector<SlicePoint>& fitted_points();

struct ArrayTable {
  SliceEnergy energy;
  SliceEvents events;
  std::size_t tiles = 0;
  std::vector<BlockTable> blocks;
  FitQuality quality;
  double glitch_share = 0;
  std::optional<double>
      ungated_error;  // all levels off: predicted by the levels' own figures against simulated
  std::optional<double>
      without_delays;  // dynamic energy of a simulation without delays, relative to that with them

  double energy_fj() const;
};

struct ArrayRequest {
  SliceRequest slice;
  bool ungated = false;    // also with each level's gate off
  bool no_delays = false;  // also without delays
};

/// Steps of characterize_array(). @param seconds gets what they take, about
int array_steps(std::size_t streams, const ArrayRequest& request, int cycles, double& seconds);

ArrayTable characterize_array(const silicon::Library& library, const arch::Arch& arch,
                              const std::vector<SliceStream>& streams, const ArrayRequest& request,
                              Context& context);

}  // namespace wd::flow
