// SPDX-License-Identifier: Apache-2.0
#include "base/shared_files.hpp"

#include <dlfcn.h>

#include <cstdlib>

namespace wd {
namespace {

namespace fs = std::filesystem;

/// What only WhiteDwarf's files have.
bool is_tree(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "hw/rtl", ignored) && fs::is_directory(folder / "algo/configs", ignored);
}

/// The file that this code is in: a shared object, or the program.
fs::path this_file() {
  Dl_info object{};
  if (::dladdr(reinterpret_cast<const void*>(&is_tree), &object) != 0 &&
      fs::path(object.dli_fname).extension() == ".so")
    return fs::absolute(object.dli_fname);
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code);
}

}  // namespace

fs::path shared_folder_of(const fs::path& program) {
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    for (const fs::path& here : {folder / "share/whitedwarf", folder})
      if (is_tree(here)) return here;
  return {};
}

fs::path shared_folder() {
  if (const char* given = std::getenv("WHITEDWARF_SHARE"); given != nullptr && *given != '\0') return given;
  return shared_folder_of(this_file());
}

fs::path find_shared(const fs::path& path) {
  std::error_code ignored;
  if (path.is_absolute() || fs::exists(fs::symlink_status(path, ignored))) return path;
  const fs::path folder = shared_folder();
  if (folder.empty() || !fs::exists(folder / path, ignored)) return path;
  return folder / path;
}

}  // namespace wd
