// SPDX-License-Identifier: Apache-2.0
#include "base/output_folder.hpp"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/process_name.hpp"

namespace wd {
namespace {

/// Absolute, without a slash at its end.
std::filesystem::path plain(const std::filesystem::path& path) {
  const std::filesystem::path normal = std::filesystem::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

/// Name and file of the study that a mark is of.
std::pair<std::string, std::string> read_mark(const std::filesystem::path& mark) {
  const nlohmann::json value = parse_json(read_file(mark), mark.string() + ":", "; remove it");
  JsonReader reader(value, mark.string());
  std::pair<std::string, std::string> study{reader.get<std::string>("name"), reader.get<std::string>("file")};
  reader.refuse_unknown();
  return study;
}

}  // namespace

/// Permissions say little of a superuser's or a network's folder: it is made, and taken back.
void try_folder(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> missing;  // the innermost first
  std::error_code code;
  // A link that leads nowhere is somebody's, and stays.
  const auto is_missing = [&](const std::filesystem::path& folder) {
    return std::filesystem::symlink_status(folder, code).type() == std::filesystem::file_type::not_found;
  };
  for (auto folder = plain(path); is_missing(folder) && folder.has_relative_path();
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

StudyMark::StudyMark(const std::filesystem::path& folder, const std::string& kind, std::string name,
                     const std::filesystem::path& file)
    : mark_(folder / (kind + ".study")), name_(std::move(name)), file_(file.string()) {
  check();
}

void StudyMark::check() const {
  std::error_code code;
  if (!std::filesystem::exists(mark_, code)) return;
  const auto [name, file] = read_mark(mark_);
  WD_REQUIRE(name == name_, mark_.parent_path().string(), ": has the results of the study '", name, "'",
             file.empty() ? "" : " (" + file + ")", ", not of '", name_,
             "'; choose another --out, or remove ", mark_.string(), " to have them replaced");
}

void StudyMark::make() const {
  const std::filesystem::path own = mark_.string() + "." + process_name() + ".partial";
  write_file(own, nlohmann::json({{"name", name_}, {"file", file_}}).dump(1) + "\n");
  std::error_code code;
  std::filesystem::create_hard_link(own, mark_, code);  // fails where there is one
  std::filesystem::remove(own);
  check();
}

void StudyMark::require_none(const std::filesystem::path& folder, const std::string& kind) {
  const std::filesystem::path mark = folder / (kind + ".study");
  std::error_code code;
  if (!std::filesystem::exists(mark, code)) return;
  fail(folder.string(), ": has the results of the study '", read_mark(mark).first,
       "'; choose another --out, or remove ", mark.string(), " to have them replaced");
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
