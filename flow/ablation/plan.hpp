// SPDX-License-Identifier: Apache-2.0
// A study file of `ablate`: a baseline, named differences from it, and switches that are tried in all combinations.
//
// Shape     docs/ablation.md. A row is the baseline with some differences; row n of a sweep has its i-th element changed where bit i of n is set.
// Errors    unknown keys, knobs and configurations, values out of range, names that are no folders', rows that are the same or that no chip has,
//           sweeps of too many elements or of two that change one thing: wd::Error naming file, key, value and remedy, before anything runs.
// Test      plan_test.cpp, cli/ablation_test.sh
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/explore/design.hpp"
#include "flow/study_trainings.hpp"

namespace wd::flow::ablation {

using explore::Design;

/// Sweeps have 2^n points, each simulated on every seed's network.
inline constexpr std::size_t most_elements = 12;
inline constexpr const char* baseline_name = "baseline";

/// Where the networks come from.
enum class Source {
  given,    // a folder with model.wdz
  random,   // of a configuration, with masks drawn at random: no accuracy
  trained,  // of a configuration, once for each seed
};

struct Row {
  std::string name;         // "baseline", a variant's, or the elements that are changed, joined by '+'
  Names changed;            // knobs, and keys of the configuration as "supermask.signs"
  std::size_t network = 0;  // of the plan's
  Design design;
};

struct Plan {
  std::string name, origin;
  Source source = Source::given;
  std::filesystem::path model;       // folder of the given one
  std::vector<std::uint64_t> seeds;  // of trainings; else empty
  std::vector<NamedConfig>
      networks;  // each of another content, by the first row that needs it; one without configuration where it is given
  std::size_t images = 16;  // whose cycles and energies are averaged
  std::size_t accuracy_images =
      0;                  // of a given model; 0: it has no accuracy. A training's is that of all test images
  std::vector<Row> rows;  // the baseline first
  Names sweep;            // elements
  std::vector<Row> points;  // 2^n of the sweep; none without one

  /// A row or a point by its name.
  const Row& row(const std::string& wanted) const;
};

/// @param folder of the model where the study names none
Plan read_plan(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace wd::flow::ablation
