// SPDX-License-Identifier: Apache-2.0
// Ties the files of a folder together by content: model.wdm, model.wdz, program.wdp.
//
// What      each result file names the stage's input and output by the SHA-256 of the very bytes that were read and
//           written. A stage checks its input against what the folder says about where it came from; a folder that
//           says nothing (files copied from elsewhere) is no contradiction.
// Errors    a missing input, or one that a result file contradicts: wd::Error naming the stage to run.
// Test      chain_test.cpp, cli/chain_test.sh
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/files.hpp"

namespace wd::flow {

struct HashedFile {
  Bytes bytes;
  std::string sha256;
};

enum class Product { model, compressed, program };

/// The product's file in a folder: model.wdm, model.wdz or program.wdp.
std::filesystem::path file_of(Product product, const std::filesystem::path& folder);

/// Reads a product. Errors: a missing file, with the command that makes it.
HashedFile read_product(Product product, const std::filesystem::path& folder);
/// Writes a product. @return its SHA-256, for the result file
std::string write_product(Product product, const std::filesystem::path& folder, const Bytes& bytes);

/// The SHA-256 of what a product (not the model) was made from, as the folder's record of it says; nothing without one.
std::optional<std::string> source_of(Product product, const std::filesystem::path& folder,
                                     const std::string& sha256);

/// Refuses a product that is not the one that the folder's result files describe, or that was made from other files
/// than those that lie beside it.
void require_chain(Product product, const std::filesystem::path& folder, const std::string& sha256);

}  // namespace wd::flow
