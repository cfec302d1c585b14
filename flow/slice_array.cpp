// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_array.hpp"

#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/slice_stimulus.hpp"
#include "flow/steps.hpp"

namespace wd::flow {
namespace {

/// Every `step`-th tile of all streams: what levels and delays cost is measured on a part.
std::vector<SliceTile> some_tiles(const std::vector<SliceStream>& streams, std::size_t step) {
  std::vector<SliceTile> tiles;
  for (const SliceStream& stream : streams)
    for (std::size_t t = 0; t < stream.tiles.size(); t += step) tiles.push_back(stream.tiles[t]);
  return tiles;
}

std::vector<SliceEvents> events_of(const arch::Arch& arch, const std::vector<SliceTile>& tiles) {
  std::vector<SliceEvents> events;
  for (const SliceTile& tile : tiles) events.push_back(slice_events(arch, tile));
  return events;
}

silicon::Energy whole(const SliceEnergy& energy) {
  silicon::Energy all;
  for (int part = 0; part < slice_parts; ++part) all += energy.sum(part);
  return all;
}

constexpr std::size_t one_in = 4;           // of the tiles, every one is simulated in other forms too
constexpr double seconds_per_cycle = 0.02;  // of a core, about

double seconds_of(const std::vector<SliceTile>& tiles) {
  double cycles = 0;
  for (const SliceTile& tile : tiles) cycles += slice_cycles(tile);
  return seconds_per_cycle * cycles;
}

}  // namespace

int array_steps(std::size_t streams, const ArrayRequest& request, int cycles, double& seconds) {
  const int more = (request.no_delays ? 1 : 0) + (request.ungated ? slice_gates + 1 : 0),
            parts = more > 0 ? more + 1 : 0;
  seconds += seconds_per_cycle * cycles * (1 + static_cast<double>(parts) / static_cast<double>(one_in));
  return static_cast<int>(streams) + parts;
}

SliceStream program_stream(const std::filesystem::path& folder, const StreamOptions& options,
                           arch::Arch& arch, Context& context) {
  Chip& chip = load_chip(context, folder, {});
  const program::Program& program = chip.program();
  const Inputs inputs =
      open_inputs(options.inputs, program.dataset, program.input_transform, options.image + 1, context);
  const Frames frames(program, *inputs, (options.image + 1) * static_cast<std::size_t>(program.batch));
  WD_REQUIRE(options.image < frames.count(), "--image ", options.image, ": the set has ", frames.count(),
             " frames");
  arch = program.arch;
  SliceStream stream;
  stream.name = folder.string();
  stream.tiles = record_slices(program, frames.input(options.image), options.draw, options.cycles);
  stream.origin = {{"program_sha256", chip.sha256()},
                   {"inputs", inputs_json(inputs.source)},
                   {"dataset", program.dataset},
                   {"image", options.image},
                   {"draw", options.draw},
                   {"tiles", stream.tiles.size()}};
  return stream;
}

SliceStream point_stream(const arch::Arch& arch, const SlicePoint& point, const StreamOptions& options) {
  SliceStream stream{point.name(), {}, random_slices(arch, point, options.draw, options.cycles)};
  stream.origin = {{"random", stream.name},
                   {"sigma", point.sigma},
                   {"draw", options.draw},
                   {"tiles", stream.tiles.size()}};
  return stream;
}

const std::vector<SlicePoint>& fitted_points() {
  static const std::vector<SlicePoint> points = {
      {0.4, 0.4, 16}, {0.2, 0.7, 10}, {0.12, 0.2, 24}, {0.04, 0.6, 16}};
  return points;
}

double ArrayTable::energy_fj() const {
  double all = 0;
  for (const BlockTable& block : blocks) all += block.energy_fj;
  return all;
}

ArrayTable characterize_array(const silicon::Library& library, const arch::Arch& arch,
                              const std::vector<SliceStream>& streams, const ArrayRequest& request,
                              Context& context) {
  const auto measure = [&](const std::vector<SliceTile>& tiles, const SliceRequest& how) {
    how.steps->begin(how.name, seconds_of(tiles));
    context.say(how.steps->name());
    const SliceEnergy energy = measure_slice(library, arch, tiles, how, context);
    how.steps->end(energy.kept);
    return energy;
  };
  ArrayTable table;
  std::vector<SliceEvents> events;
  for (const SliceStream& stream : streams) {
    SliceRequest how = request.slice;
    how.name = stream.name;
    table.energy += measure(stream.tiles, how);
    for (const SliceEvents& one : events_of(arch, stream.tiles)) events.push_back(one);
  }
  for (const SliceEvents& one : events) table.events += one;
  table.tiles = events.size();
  table.blocks = fit_blocks(table.energy, events);
  table.quality = fit_quality(table.energy, events, table.blocks);
  const silicon::Energy all = whole(table.energy);
  table.glitch_share = all.dynamic_fj() > 0 ? all.glitch_fj / all.dynamic_fj() : 0;
  if (!request.ungated && !request.no_delays) return table;

  const std::vector<SliceTile> tiles = some_tiles(streams, one_in);
  SliceRequest how = request.slice;
  how.name = "a part of the tiles";
  const SliceEnergy gated = measure(tiles, how);
  if (request.no_delays) {
    how.delays = false;
    table.without_delays = whole(measure(tiles, how)).dynamic_fj() / whole(gated).dynamic_fj();
    how.delays = true;
  }
  if (request.ungated) {
    std::vector<UngatedRun> runs;
    for (int gate = 0; gate <= slice_gates; ++gate) {
      how.ungated = gate < slice_gates ? 1U << gate : (1U << slice_gates) - 1;
      how.name = text("gates off: ", how.ungated);
      runs.push_back({how.ungated, measure(tiles, how)});
    }
    table.ungated_error = fit_ungated(gated, runs, events_of(arch, tiles), table.blocks);
  }
  return table;
}

}  // namespace wd::flow
