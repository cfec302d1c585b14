// SPDX-License-Identifier: Apache-2.0
// Prints, as JSON, what the readers of a file ask for: each key with its kind and range, as its reading declares them;
// of the report's result files, what its own table says.
//
// usage: hostile_keys KIND FILE | hostile_keys results
// Test      hostile_calls.py makes files of it that must be refused
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>

#include "algo/reservoir/reca.hpp"
#include "algo/train/config.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/report/results.hpp"
#include "flow/ablation/plan.hpp"
#include "flow/context.hpp"
#include "flow/explore/plan.hpp"
#include "flow/study.hpp"
#include "sim/power_table.hpp"

namespace {

using nlohmann::json;
using wd::JsonKeys;

/// Studies' files are read as those of this folder.
constexpr const char* folder = ".";

const std::map<std::string, std::function<void(const std::string& file)>> readers{
    {"train", [](const std::string& file) { wd::algo::load_config(file); }},
    {"reca", [](const std::string& file) { wd::algo::load_reca_config(file); }},
    {"arch", [](const std::string& file) { wd::flow::resolve_arch({file}); }},
    {"study", [](const std::string& file) { wd::flow::read_study(file); }},
    {"explore", [](const std::string& file) { wd::flow::explore::read_plan(file, folder); }},
    {"ablation", [](const std::string& file) { wd::flow::ablation::read_plan(file, folder); }},
    {"power", [](const std::string& file) { wd::sim::read_power_table(file); }}};

json keys_of(const std::string& kind, const std::string& file) {
  const auto reader = readers.find(kind);
  WD_REQUIRE(reader != readers.end(), "there is no kind of file '", kind, "'");
  const JsonKeys keys;
  reader->second(file);
  json list = json::array();
  for (const JsonKeys::Key& key : keys.keys())
    list.push_back({{"origin", key.origin},
                    {"key", key.key},
                    {"kind", key.kind},
                    {"low", key.low},
                    {"high", key.high},
                    {"words", key.words}});
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string kind = argc > 1 ? argv[1] : "";
    const json list = kind == "results" ? wd::report::needs_json() : keys_of(kind, argc > 2 ? argv[2] : "");
    std::printf("%s\n", list.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
