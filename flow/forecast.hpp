// SPDX-License-Identifier: Apache-2.0
// What a trained network would cost on a chip: a few images through the fast simulator, and its coded size.
//
// Errors    a network that the architecture cannot take: wd::Error with the compiler's reason.
// Test      cli/demo_test.sh
#pragma once

#include "algo/data/image_set.hpp"
#include "flow/train_report.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::flow {

/// Cycles per image: the mean of the first images.
double forecast_cycles(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images);

CompressionForecast forecast_compression(const model::Network& network, const arch::Arch& arch,
                                         const algo::ImageSet& images);

/// Of an image, by the default power table: {table, caveat, chip_picojoule, offchip_picojoule} and what LayerEnergies say; null for a
/// network that is too large for the architecture.
nlohmann::json forecast_energy(const model::Network& network, const arch::Arch& arch,
                               const algo::ImageSet& images);

}  // namespace wd::flow
