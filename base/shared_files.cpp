// SPDX-License-Identifier: Apache-2.0
#include "base/shared_files.hpp"

#include <cstdlib>

namespace wd {
namespace {

namespace fs = std::filesystem;

/// What only WhiteDwarf's files have.
bool is_tree(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "hw/rtl", ignored) && fs::is_directory(folder / "algo/configs", ignored);
}

}  // namespace

fs::path shared_folder_of(const fs::path& program) {
  const fs::path installed = program.parent_path().parent_path() / "share/whitedwarf";
  if (is_tree(installed)) return installed;
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    if (is_tree(folder)) return folder;
  return {};
}

fs::path shared_folder() {
  if (const char* given = std::getenv("WHITEDWARF_SHARE"); given != nullptr && *given != '\0') return given;
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  return code ? fs::path() : shared_folder_of(program);
}

fs::path find_shared(const fs::path& path) {
  std::error_code ignored;
  if (path.is_absolute() || fs::exists(fs::symlink_status(path, ignored))) return path;
  const fs::path folder = shared_folder();
  if (folder.empty() || !fs::exists(folder / path, ignored)) return path;
  return folder / path;
}

}  // namespace wd
