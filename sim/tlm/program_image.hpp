// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <whitedwarf/program.hpp>

#include "hw/formats/program/program.hpp"

namespace whitedwarf {

/// Without input(): programs of tests have no images.
ProgramImage program_image(const wd::program::Program& program);

}  // namespace whitedwarf
