// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/kept.hpp"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

json to_json(const std::string& key, const Measured& measured) {
  json value = {{"key", key}};
  if (!measured.refused.empty()) {
    value["refused"] = measured.refused;
  } else if (measured.accuracy) {
    value["accuracy"] = *measured.accuracy;
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

KeptResults::KeptResults(std::filesystem::path path) : path_(std::move(path)) {
  if (!std::filesystem::exists(path_)) return;
  const Bytes bytes = read_file(path_);
  const std::string all(bytes.begin(), bytes.end());
  std::size_t number = 0, at = 0;
  for (std::size_t end; (end = all.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string origin = text(path_.string(), ":", ++number);
    const json value = json::parse(all.begin() + static_cast<std::ptrdiff_t>(at),
                                   all.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    WD_REQUIRE(!value.is_discarded(), origin, ": is no line of JSON; remove the file, all is computed again");
    auto [key, measured] = from_json(value, origin);
    results_.insert_or_assign(std::move(key), std::move(measured));
  }
  if (at != all.size()) std::filesystem::resize_file(path_, at);
}

KeptResults::~KeptResults() {
  if (file_ != nullptr) std::fclose(file_);
}

std::optional<Measured> KeptResults::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = results_.find(key);
  return found == results_.end() ? std::nullopt : std::optional(found->second);
}

void KeptResults::keep(const std::string& key, const Measured& measured) {
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr) file_ = std::fopen(path_.c_str(), "ab");
  const std::string line = to_json(key, measured).dump() + "\n";
  const bool written = file_ != nullptr && std::fwrite(line.data(), 1, line.size(), file_) == line.size() &&
                       std::fflush(file_) == 0;
  WD_REQUIRE(written, path_.string(), ": cannot be written: ", std::strerror(errno));
  results_.insert_or_assign(key, measured);
}

const std::string& program_identity() {
  static const std::string identity = sha256(read_file("/proc/self/exe"));
  return identity;
}

}  // namespace wd::flow::explore
