// SPDX-License-Identifier: Apache-2.0
// What a Network of the library holds.
#pragma once

#include <whitedwarf/network.hpp>

#include "hw/formats/model/network.hpp"

namespace whitedwarf {

struct Network::Body {
  wd::model::Network network;
};

}  // namespace whitedwarf
