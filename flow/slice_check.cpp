// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_check.hpp"

#include "base/integer.hpp"
#include "sim/power_blocks.hpp"

namespace wd::flow {

const std::vector<SlicePoint>& checked_points() {
  static const std::vector<SlicePoint> points = {{0.3, 0.5}, {0.1, 0.5}, {0.05, 0.5}, {0.3, 0.0}, {0.3, 0.9}};
  return points;
}

double CheckedPoint::error() const { return array_error(slice_arch()); }

double CheckedPoint::array_error(const arch::Arch& chip) const {
  double measured = 0, predicted = 0;
  for (int part = 0; part < slice_parts; ++part) {
    const double instances = sim::block_instances(slice_part_name(part), chip);
    measured += instances * measured_fj[index(part)];
    predicted += instances * predicted_fj[index(part)];
  }
  return predicted / measured - 1;
}

std::vector<CheckedPoint> check_array(const std::vector<BlockTable>& blocks, const silicon::Library& library,
                                      const arch::Arch& arch, const StreamOptions& options,
                                      const SliceRequest& request, Context& context) {
  std::vector<CheckedPoint> list;
  std::vector<SliceTile> tiles;  // of all points: one simulation
  std::vector<std::size_t> end;
  for (const SlicePoint& point : checked_points()) {
    for (SliceTile& tile : point_stream(arch, point, options).tiles) tiles.push_back(std::move(tile));
    end.push_back(tiles.size());
  }
  SliceRequest how = request;
  how.name = "five points";
  const SliceEnergy energy = measure_slice(library, arch, tiles, how, context);
  std::size_t t = 0;
  for (std::size_t p = 0; p < end.size(); ++p) {
    CheckedPoint checked{checked_points()[p], {}, std::vector<double>(slice_parts, 0), {}};
    for (; t < end[p]; ++t) {
      checked.events += slice_events(arch, tiles[t]);
      for (std::size_t part = 0; part < slice_parts; ++part)
        checked.measured_fj[part] += energy.tiles[t][part].dynamic_fj();
    }
    for (std::size_t part = 0; part < slice_parts; ++part)
      checked.predicted_fj.push_back(blocks[part].predict_fj(checked.events.counters));
    list.push_back(std::move(checked));
  }
  return list;
}

}  // namespace wd::flow
