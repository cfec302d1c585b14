// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hw/formats/program/program.hpp"
#include "whitedwarf/program.hpp"

namespace whitedwarf {

ProgramImage program_image(const wd::program::Program& program);

}  // namespace whitedwarf
