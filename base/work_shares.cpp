// SPDX-License-Identifier: Apache-2.0
#include "base/work_shares.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process_name.hpp"
#include "base/sha256.hpp"

namespace wd {
namespace {

constexpr const char* owner_ending = ".owner";
constexpr const char* claim_ending = ".claim";

/// The time that the folder's machine gave a file, which may differ from this machine's.
std::optional<std::filesystem::file_time_type> time_of(const std::filesystem::path& file) {
  std::error_code code;
  const auto time = std::filesystem::last_write_time(file, code);
  return code ? std::nullopt : std::optional(time);
}

std::string owner_in(const std::filesystem::path& claim) {
  try {
    const Bytes bytes = read_file(claim, 1000);
    return {bytes.begin(), bytes.end()};
  } catch (const Error&) {
    return "";  // gone by now
  }
}

/// Of a key that may hold anything.
std::string name_of(const std::string& key) {
  return sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}).substr(0, 32);
}

}  // namespace

WorkShares::Share::~Share() {
  if (!claim_.empty()) ::unlink(claim_.c_str());
}

WorkShares::WorkShares(std::filesystem::path folder, std::chrono::milliseconds patience)
    : folder_(std::move(folder)), patience_(patience) {}

WorkShares::~WorkShares() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_all();
  if (renewing_.joinable()) renewing_.join();
  if (own_.empty())
    clear_away();
  else
    ::unlink(own_.c_str());
  ::rmdir(folder_.c_str());  // the last one's
}

void WorkShares::begin() {
  const std::lock_guard lock(mutex_);
  if (!own_.empty()) return;
  const std::string name = process_name();
  const std::filesystem::path own = folder_ / (name + owner_ending);
  for (int tries = 1;; ++tries) {
    make_output_folder(folder_);
    try {
      write_file(own, name);
      break;
    } catch (const Error&) {
      if (tries == 10) throw;  // else the last process of others took the folder away meanwhile
    }
  }
  own_ = own;
  clear_away();
  renewing_ = std::thread([this] { renew(); });
}

void WorkShares::clear_away() const {
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, code)) {
    const std::filesystem::path& file = entry.path();
    const std::string name = file.filename().string();
    const bool half = file.extension() == ".partial";  // of an owner that was killed as it began
    const bool ended =
        half ? process_ended(name.substr(0, name.find(owner_ending)))
             : (file.extension() == owner_ending || file.extension() == claim_ending) && abandoned(file);
    if (ended) ::unlink(file.c_str());
  }
}

void WorkShares::renew() {
  std::unique_lock lock(mutex_);
  while (!ends_.wait_for(lock, patience_ / 12, [this] { return ending_; }))
    ::utimensat(AT_FDCWD, own_.c_str(), nullptr, 0);
}

bool WorkShares::abandoned(const std::filesystem::path& claim) const {
  const std::string owner = owner_in(claim);
  if (owner.empty()) return false;
  if (process_ended(owner)) return true;
  const auto its = time_of(claim), now = time_of(own_);
  return its && now && *now - *its > patience_;
}

std::optional<WorkShares::Share> WorkShares::take(const std::string& key) {
  begin();
  const std::filesystem::path claim = folder_ / (name_of(key) + claim_ending);
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::link(own_.c_str(), claim.c_str()) == 0) return Share(claim);
    WD_REQUIRE(errno == EEXIST, claim.string(), ": cannot be made (", std::strerror(errno),
               "); processes share their work in a folder that can be written and has hard links");
    if (!abandoned(claim)) return std::nullopt;
    ::unlink(claim.c_str());
  }
  return std::nullopt;
}

}  // namespace wd
