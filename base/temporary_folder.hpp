// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, which goes with the object.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace wd {

struct TemporaryFolder {
  std::filesystem::path path;

  /// @param name what the folder's begins with
  explicit TemporaryFolder(const std::string& name = "wd_test") {
    std::string made = (std::filesystem::temp_directory_path() / (name + "_XXXXXX")).string();
    WD_REQUIRE(::mkdtemp(made.data()) != nullptr, made, ": cannot be made");
    path = made;
  }
  ~TemporaryFolder() {
    std::error_code code;
    std::filesystem::remove_all(path, code);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

}  // namespace wd
