// SPDX-License-Identifier: Apache-2.0
#include "base/sized_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/error.hpp"

namespace wd {

SizedFile::SizedFile(const std::filesystem::path& path, std::uint64_t limit_bytes) : origin_(path.string()) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // opening a pipe must not wait
  WD_REQUIRE(file_ >= 0, origin_, ": cannot be opened (", std::strerror(errno), "); check the path");
  struct stat status {};
  const bool regular = ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  size_ = regular ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (!regular || size_ > limit_bytes) {
    ::close(file_);
    WD_REQUIRE(regular, origin_, ": is not a regular file; save what it gives in a file and name that");
    fail(origin_, ": is ", size_, " bytes large, at most ", limit_bytes, " are read; check the path");
  }
}

SizedFile::~SizedFile() {
  if (file_ >= 0) ::close(file_);
}

void SizedFile::read(std::span<std::uint8_t> out) {
  WD_ASSERT(out.size() <= left());
  std::size_t done = 0;
  while (done < out.size()) {
    constexpr std::size_t most_at_once = std::size_t{1} << 30;
    const ssize_t got = ::read(file_, out.data() + done, std::min(out.size() - done, most_at_once));
    if (got < 0 && errno == EINTR) continue;
    WD_REQUIRE(got >= 0, origin_, ": reading failed (", std::strerror(errno), "); check the medium");
    WD_REQUIRE(got > 0, origin_, ": became shorter while it was read; close the program that writes it");
    done += static_cast<std::size_t>(got);
  }
  position_ += done;
}

std::shared_ptr<const std::uint8_t[]> SizedFile::read(std::uint64_t length) {
  WD_ASSERT(length <= left());
  std::shared_ptr<std::uint8_t[]> bytes(new (std::nothrow) std::uint8_t[length]);
  WD_REQUIRE(bytes != nullptr, origin_, ": no memory for ", length, " bytes; close other programs");
  read(std::span(bytes.get(), length));
  return bytes;
}

int SizedFile::release() { return std::exchange(file_, -1); }

}  // namespace wd
