// SPDX-License-Identifier: Apache-2.0
// Contents of files, and hashes of them, by which kept results are named.
//
// Errors    a file that cannot be read, a folder without such files: wd::Error naming it.
// Test      cli/characterize_test.sh, cli/characterize_blocks_test.sh
#pragma once

#include <filesystem>
#include <string>

namespace wd::flow {

std::string content(const std::filesystem::path& file);
std::string sha256_of(const std::string& text);
/// The SHA-256 of the running program: other code, other results.
const std::string& program_identity();
/// Names and contents of every file of this ending in a folder of WhiteDwarf's tree, by name.
std::string sources(const std::filesystem::path& folder, const std::string& ending);

}  // namespace wd::flow
