// SPDX-License-Identifier: Apache-2.0
// Per-layer figures for the commands that still share one Job.
#pragma once

#include "flow/layers.hpp"
#include "sim/energy.hpp"

namespace wd::cli {

using flow::dense_macs_per_frame;
using flow::executions_per_frame;
using flow::LayerTotals;
using flow::OnChip;
using flow::onchip_compression;

nlohmann::json energy_json(const sim::Energy& energy, double images);

}  // namespace wd::cli
