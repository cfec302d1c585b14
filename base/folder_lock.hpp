// SPDX-License-Identifier: Apache-2.0
// Keeps a folder for one process at a time, or for those that work in it together.
//
// What      an flock on `whitedwarf.lock` in the folder, which holds the owner's process id. The kernel releases
//           it when the process ends in any way; the file goes with the object, or else serves the next
//           owner.
//           Who leaves it alone removes the partial files of writers that were killed there.
// Errors    a folder that is taken: wd::Error naming the folder, the owner and the remedy.
// Not       a guard where the file system has no locks (some network mounts): there it always succeeds.
// Test      folder_lock_test.cpp, cli/lock_test.sh
#pragma once

#include <filesystem>

namespace wd {

enum class Hold { alone, together };

class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder, Hold hold = Hold::alone);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path path_;
  int file_ = -1;
  Hold hold_;
};

}  // namespace wd
