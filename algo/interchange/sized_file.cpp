// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/sized_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/error.hpp"

namespace wd::algo {

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{16} << 30;

}  // namespace

SizedFile::SizedFile(const std::filesystem::path& path) : origin_(path.string()) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // opening a pipe must not wait
  WD_REQUIRE(file_ >= 0, origin_, ": cannot be opened (", std::strerror(errno), "); check the path");
  struct stat status {};
  const bool regular = ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  size_ = regular ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (!regular || size_ > largest_file) {
    ::close(file_);
    WD_REQUIRE(regular, origin_, ": is not a regular file; name the model's file");
    fail(origin_, ": is ", size_, " bytes large, at most ", largest_file, " are read; check the path");
  }
}

SizedFile::~SizedFile() { ::close(file_); }

std::shared_ptr<const std::uint8_t[]> SizedFile::read(std::uint64_t length) {
  WD_ASSERT(length <= left());
  std::shared_ptr<std::uint8_t[]> bytes(new (std::nothrow) std::uint8_t[length]);
  WD_REQUIRE(bytes != nullptr, origin_, ": no memory for ", length, " bytes; close other programs");
  std::uint64_t done = 0;
  while (done < length) {
    constexpr std::uint64_t most_at_once = std::uint64_t{1} << 30;
    const ssize_t got = ::read(file_, bytes.get() + done, std::min(length - done, most_at_once));
    if (got < 0 && errno == EINTR) continue;
    WD_REQUIRE(got >= 0, origin_, ": reading failed (", std::strerror(errno), ")");
    WD_REQUIRE(got > 0, origin_, ": became shorter while it was read; close the program that writes it");
    done += static_cast<std::uint64_t>(got);
  }
  position_ += length;
  return bytes;
}

}  // namespace wd::algo
