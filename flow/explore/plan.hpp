// SPDX-License-Identifier: Apache-2.0
// A study file of `explore`: models, what is varied, what is compared, how it is searched.
//
// Shape     docs/exploration.md
// Errors    unknown keys, knobs and metrics, values out of range, points that no chip has: wd::Error naming file, key, value and
//           remedy, before anything runs.
// Test      plan_test.cpp, cli/explore_test.sh
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "flow/explore/metrics.hpp"
#include "flow/explore/space.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::flow::explore {

/// A folder with model.wdz.
struct StudyModel {
  std::string name;
  std::filesystem::path folder;
};

/// A compiled program, which takes the place of models.
struct StudyProgram {
  program::Program program;
  std::string sha256;
};

/// Of a grid, or of a search.
inline constexpr std::size_t most_evaluations = 1000000;

enum class Method { grid, random, nsga2, points };
const char* method_name(Method method);

struct Search {
  Method method = Method::grid;
  std::size_t evaluations = 0;  // at most so many different points; of random and nsga2
  std::size_t population = 40;  // of nsga2: a multiple of 4
  std::uint64_t seed = 1;
  std::vector<Point> points;  // of the method of that name
};

struct Plan {
  std::string name, origin;
  std::vector<StudyModel> models;
  std::optional<StudyProgram> program;  // of the only one of `models`, a folder with program.wdp then
  std::size_t images = 4;               // whose cycles and energies are averaged
  std::size_t accuracy_images = 0;      // 0: accuracy is no metric of this study
  Space space{nlohmann::ordered_json::object(), {}, {}, ""};
  Search search;
  std::vector<const Metric*> objectives;
  std::vector<Constraint> constraints;
  Names confirm;  // engines that run the points of the front: if the study does not say, SystemC and the RTL

  /// Of all constraints; 0 where a point keeps to them.
  double violation(const Metrics& of) const;
};

/// @param folder of the model where the study names none
Plan read_plan(const std::filesystem::path& path, const std::filesystem::path& folder);
/// Chunks, windows and activation entries of the folder's model.
/// @param batch of all points; 0: the usual one
Plan usual_plan(const std::filesystem::path& folder, int batch);

}  // namespace wd::flow::explore
