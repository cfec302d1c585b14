// SPDX-License-Identifier: Apache-2.0
// Holds what the subcommands left in a result folder, checked key by key.
//
// Errors    missing or malformed files and keys, values out of range, figures that contradict each
//           other: wd::Error naming the file, the key and the subcommand that writes it.
// Source    docs/result-files.md
// Test      report_test.cpp
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace wd::report {

struct Results {
  std::filesystem::path folder;  // for messages; may be empty
  nlohmann::json train, compress, compile, run, cosim, ablation;
};

Results load_results(const std::filesystem::path& folder);
/// Those that are there, each checked, and held against each other; null for the rest. Errors: a folder that has none.
Results load_present(const std::filesystem::path& folder);

/// Refuses results that a report cannot be made of, or that do not belong together; load_results and make_summary call it.
void check(const Results& results);

/// The table of result_keys.hpp: of each file and path what a value must be.
nlohmann::json needs_json();

/// Whether a train.json is of `train --seeds`: means of several trainings, which made no model of their own.
inline bool has_seeds(const nlohmann::json& train) { return train.is_object() && train.contains("seeds"); }

/// Of a verdict that may be null, for "nothing was compared".
inline const char* verdict_text(const nlohmann::json& equal) {
  return equal.is_null() ? "not compared" : equal.get<bool>() ? "equal" : "DIFFERENT";
}

inline double number(const nlohmann::json& object, const char* key) { return object.at(key).get<double>(); }

}  // namespace wd::report
