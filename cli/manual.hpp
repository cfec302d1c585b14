// SPDX-License-Identifier: Apache-2.0
// Manual pages, of the same table as `--help`: whitedwarf(1), and whitedwarf-COMMAND(1) for each command.
//
// Test      help_test.sh (formats them with groff)
#pragma once

#include <filesystem>

namespace wd::cli {

/// Writes all pages into a folder, which is made if it is not there. @return how many
std::size_t write_manual(const std::filesystem::path& folder);

}  // namespace wd::cli
