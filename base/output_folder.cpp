// SPDX-License-Identifier: Apache-2.0
#include "base/output_folder.hpp"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd {
namespace {

/// Absolute, without a slash at its end.
std::filesystem::path plain(const std::filesystem::path& path) {
  const std::filesystem::path normal = std::filesystem::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

/// Permissions say little of a superuser's or a network's folder: it is made, and taken back.
void try_folder(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> missing;  // the innermost first
  std::error_code code;
  for (auto folder = plain(path); !std::filesystem::exists(folder, code) && folder.has_relative_path();
       folder = folder.parent_path())
    missing.push_back(folder);
  const auto take_back = [&] {
    for (const std::filesystem::path& folder : missing) std::filesystem::remove(folder, code);
  };
  try {
    make_output_folder(path);
  } catch (const Error&) {
    take_back();
    throw;
  }
  take_back();
}

}  // namespace

OutputFolder::OutputFolder(std::filesystem::path path, Hold hold) : path_(std::move(path)), hold_(hold) {
  WD_REQUIRE(!path_.empty(), "--out is empty; name a folder");
  std::error_code code;
  if (std::filesystem::exists(path_, code))
    make();
  else
    try_folder(path_);
}

void OutputFolder::make() {
  make_output_folder(path_);
  if (!lock_) lock();
}

void OutputFolder::lock() {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::weak_ptr<FolderLock>> held;
  const std::lock_guard guard(mutex);
  std::weak_ptr<FolderLock>& own = held[std::filesystem::canonical(path_)];
  lock_ = own.lock();
  if (!lock_) own = lock_ = std::make_shared<FolderLock>(path_, hold_);
}

}  // namespace wd
