// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/kept.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/process_name.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

constexpr const char* lines_ending = ".jsonl";

json to_json(const std::string& key, const Measured& measured) {
  json value = {{"key", key}};
  if (!measured.refused.empty()) {
    value["refused"] = measured.refused;
  } else if (measured.accuracy) {
    value["accuracy"] = *measured.accuracy;
  } else if (measured.confirmed) {
    value["confirmed"] = true;
  } else {
    value["places"] = measured.places;
    value["counters"] = arch::to_json(measured.counters);
  }
  return value;
}

std::pair<std::string, Measured> from_json(const json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  const auto key = reader.get<std::string>("key");
  Measured measured;
  if (reader.has("refused")) {
    measured.refused = reader.get<std::string>("refused");
  } else if (reader.has("accuracy")) {
    measured.accuracy = reader.get<double>("accuracy");
  } else if (reader.has("confirmed")) {
    measured.confirmed = reader.get<bool>("confirmed");
  } else {
    measured.places = reader.get<double>("places");
    JsonReader counters(reader.child("counters"), origin);
    arch::for_each_counter(measured.counters, [&](const char* name, std::uint64_t& count) {
      count = counters.get<std::uint64_t>(name);
    });
    counters.refuse_unknown();
  }
  reader.refuse_unknown();
  return {key, measured};
}

}  // namespace

KeptResults::KeptResults(std::filesystem::path folder)
    : folder_(std::move(folder)), shares_(folder_ / "claims") {
  WD_REQUIRE(!std::filesystem::exists(folder_) || std::filesystem::is_directory(folder_), folder_.string(),
             ": is no folder; remove it, all is computed again");
  refresh();
}

KeptResults::~KeptResults() {
  if (file_ != nullptr) std::fclose(file_);
}

void KeptResults::read_on(const std::filesystem::path& file) {
  Read& read = read_[file];
  if (std::filesystem::file_size(file) <= read.bytes) return;
  std::ifstream in(file, std::ios::binary);
  WD_REQUIRE(in.seekg(static_cast<std::streamoff>(read.bytes)), file.string(), ": cannot be read");
  for (std::string line; std::getline(in, line) && !in.eof(); read.bytes += line.size() + 1) {
    const std::string origin = text(file.string(), ":", ++read.lines);
    const json value = json::parse(line, nullptr, false);
    WD_REQUIRE(!value.is_discarded(), origin,
               ": is no line of JSON; remove the file, what it had is computed again");
    auto [key, measured] = from_json(value, origin);
    results_.insert_or_assign(std::move(key), std::move(measured));
  }
}

void KeptResults::refresh() {
  const std::lock_guard lock(mutex_);
  if (!std::filesystem::exists(folder_)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    if (entry.path().extension() == lines_ending) read_on(entry.path());
}

std::optional<Measured> KeptResults::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = results_.find(key);
  return found == results_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<WorkShares::Share> KeptResults::take(const std::string& key) {
  std::optional<WorkShares::Share> share = shares_.take(key);
  if (!share) return std::nullopt;
  refresh();  // who had it before may have done it
  if (find(key)) return std::nullopt;
  return share;
}

void KeptResults::keep(const std::string& key, const Measured& measured) {
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr) {
    make_output_folder(folder_);
    own_ = folder_ / (process_name() + lines_ending);
    file_ = std::fopen(own_.c_str(), "ab");
  }
  const std::string line = to_json(key, measured).dump() + "\n";
  const bool written = file_ != nullptr && std::fwrite(line.data(), 1, line.size(), file_) == line.size() &&
                       std::fflush(file_) == 0;
  WD_REQUIRE(written, own_.string(), ": cannot be written: ", std::strerror(errno));
  results_.insert_or_assign(key, measured);
}

}  // namespace wd::flow::explore
