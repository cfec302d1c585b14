// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <regex>

#include "base/error.hpp"
#include "base/sized_file.hpp"

namespace wd {
namespace {

constexpr const char* partial_ending = ".partial";

/// Whether a name is one that a writer here gives, NAME.PID-N.partial or NAME.HOST-NAMESPACE-PID-START.partial, and that writer is gone: another
/// one's would be taken away under its hands. A user's files may end so, too.
bool is_left_over(const std::string& name) {
  static const std::regex ours(R"(.+[.-](\d{1,9})-\d+\.partial)");
  std::smatch found;
  return std::regex_match(name, found, ours) && ::kill(std::stoi(found[1]), 0) != 0 && errno == ESRCH;
}

void remove_partial_files_of(const std::filesystem::path& folder, const std::string& start) {
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start) && is_left_over(name)) ::unlink(entry.path().c_str());
  }
}

}  // namespace

Bytes read_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  std::error_code code;
  WD_REQUIRE(!std::filesystem::is_directory(path, code), path.string(),
             ": is a folder, not a file; name the file in it");
  SizedFile in(path, limit_bytes);
  Bytes bytes;
  try {
    bytes.resize(in.size());
  } catch (const std::bad_alloc&) {
    fail(path.string(), ": no memory for ", in.size(), " bytes; close other programs");
  }
  in.read(std::span(bytes));
  return bytes;
}

GzipFile::GzipFile(const std::filesystem::path& path) : origin_(path.string()) {
  std::error_code code;
  WD_REQUIRE(std::filesystem::exists(path, code), origin_,
             ": no such file; check the path or install the data set");
  const int opened = SizedFile(path).release();
  file_ = gzdopen(opened, "rb");
  if (file_ != nullptr) return;
  ::close(opened);
  fail(origin_, ": no memory to read it; close other programs");
}

GzipFile::~GzipFile() { gzclose(file_); }

std::size_t GzipFile::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    constexpr std::size_t most_at_once = std::size_t{1} << 30;
    const int got =
        gzread(file_, out.data() + done, static_cast<unsigned>(std::min(out.size() - done, most_at_once)));
    int error = Z_OK;
    const std::string reason = gzerror(file_, &error);
    // At a premature end, zlib hands out what there is and only sets its error.
    WD_REQUIRE(got >= 0 && error == Z_OK, origin_, ": truncated or corrupted gzip data (",
               reason.empty() ? "unexpected end of file" : reason, "); fetch the file again");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::error_code code;
  WD_REQUIRE(!std::filesystem::is_directory(path, code), path.string(),
             ": is a folder where a file is to be written; remove it or choose another --out");
  std::filesystem::path partial;
  int file = -1;
  // A process of another machine or container that shares the folder may have the same number.
  do {
    static std::atomic<unsigned> next{0};
    partial = text(path.string(), ".", ::getpid(), "-", next++, partial_ending);
    file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  } while (file < 0 && errno == EEXIST);
  WD_REQUIRE(file >= 0, path.string(), ": cannot be written (", std::strerror(errno),
             "); choose a writable output folder");
  const auto refuse = [&](const std::string& what, const std::string& reason) {
    ::unlink(partial.c_str());
    fail(path.string(), ": ", what, " (", reason, "); check the place, its free space and 'ulimit -f'");
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const std::string reason = std::strerror(errno);
      ::close(file);
      refuse("writing failed", reason);
    }
    done += static_cast<std::size_t>(wrote);
  }
  const bool flushed = ::fsync(file) == 0 || errno == EINVAL;
  const std::string reason = std::strerror(errno);
  const bool closed = ::close(file) == 0;
  if (!flushed || !closed) refuse("could not be flushed to disk", reason);
  std::filesystem::rename(partial, path, code);
  if (code) refuse("cannot be replaced", code.message());
}

void write_file(const std::filesystem::path& path, std::string_view contents) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(contents.data()), contents.size()));
}

void remove_partial_files(const std::filesystem::path& path) {
  remove_partial_files_of(path.parent_path(), path.filename().string() + ".");
}

void remove_all_partial_files(const std::filesystem::path& folder) { remove_partial_files_of(folder, ""); }

void make_output_folder(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  WD_REQUIRE(!code && std::filesystem::is_directory(path, code), path.string(),
             ": cannot be used as output folder (", code ? code.message() : "it is a file",
             "); choose another with --out");
  WD_REQUIRE(::access(path.c_str(), W_OK) == 0, path.string(),
             ": output folder is not writable; choose another with --out");
}

}  // namespace wd
