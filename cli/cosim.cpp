// SPDX-License-Identifier: Apache-2.0
#include "flow/cosim.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::CosimOptions&, const flow::CosimResult& r) {
  return text(r.images, " images", r.batch == 1 ? "" : text(" in frames of ", r.batch), ", ", r.tiles,
              " tiles and ", r.convolutions, " layer outputs compared: values ", verdict(r.equal.values),
              ", cycles ", verdict(r.equal.cycles), ", counters ", verdict(r.equal.counters), "\n");
}

}  // namespace

Command cosim_command() {
  return make_command(
      "cosim", "engines in lockstep, tile by tile; locates the first difference",
      "  whitedwarf cosim --out run1\n  whitedwarf cosim --out run1 --engines fast,rtl --cosim-images 1\n"
      "  whitedwarf cosim --out run1 --data random --cosim-images 1\n",
      flow::cosim, show);
}

}  // namespace wd::cli
