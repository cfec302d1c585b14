// SPDX-License-Identifier: Apache-2.0
#include "base/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd {
namespace {

/// "process 12", or what can be said of an owner that has not yet written its number.
std::string owner_of(int file) {
  char digits[16] = {};
  const ssize_t count = ::pread(file, digits, sizeof digits - 1, 0);
  return count > 0 ? "process " + std::string(digits, static_cast<std::size_t>(count)) : "another process";
}

/// An owner removes the file as it leaves: a lock on a removed file would exclude nobody.
bool is_still_at(const std::filesystem::path& path, int file) {
  struct stat locked, found;
  return ::fstat(file, &locked) == 0 && ::stat(path.c_str(), &found) == 0 && locked.st_ino == found.st_ino &&
         locked.st_dev == found.st_dev;
}

bool is_regular(int file) {
  struct stat found;
  return ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, Hold hold)
    : path_(folder / "whitedwarf.lock"), hold_(hold) {
  for (int tries = 0;;) {
    // A link would lead the number to be written over another file.
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    WD_REQUIRE(file_ >= 0 || errno != ELOOP, path_.string(), ": is a link, not a lock; remove it");
    WD_REQUIRE(file_ >= 0, path_.string(), ": cannot be opened (", std::strerror(errno),
               "); choose a writable output folder");
    if (!is_regular(file_)) {
      ::close(file_);
      fail(path_.string(), ": is not a regular file, so no lock; remove it");
    }
    int result = 0;
    do {
      result = ::flock(file_, (hold == Hold::alone ? LOCK_EX : LOCK_SH) | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EWOULDBLOCK) {
      if (hold == Hold::together && ++tries < 20) {  // one that shares it has it alone while it leaves
        ::close(file_);
        ::usleep(5000);
        continue;
      }
      const std::string owner = owner_of(file_);
      ::close(file_);
      fail(folder.string(), ": ", owner,
           " works in this folder now; wait until it is done, or choose another --out");
    }
    if (result != 0 || is_still_at(path_, file_)) break;
    ::close(file_);
  }
  const std::string own = std::to_string(::getpid());
  // The number only serves the message.
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, own.data(), own.size(), 0) < 0) return;
}

FolderLock::~FolderLock() {
  // Others who hold it together with this one still need the file. Who is alone clears away what killed ones left.
  if (hold_ == Hold::alone || ::flock(file_, LOCK_EX | LOCK_NB) == 0) {
    remove_all_partial_files(path_.parent_path());
    ::unlink(path_.c_str());
  }
  ::close(file_);
}

}  // namespace wd
