// SPDX-License-Identifier: Apache-2.0
// What files of studies of trainings share: names of variants, seeds, configurations that can be compared.
//
// Shape     OUT/VARIANT/seed_N holds a training each.
// Errors    names that are no folders', seeds twice, variants of different data sets or without a difference: wd::Error
//           naming the study's file, the key, the value and the remedy.
// Test      study_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "flow/training.hpp"

namespace wd::flow {

/// A variant's name is a folder's: it must stay below the study's, and be none of its files.
void require_folder_name(const std::string& name, const std::string& origin);
/// The key `name`: of titles and messages, so a line that is not empty.
std::string read_name(JsonReader& reader);
/// The key `seeds`: at least one, each once.
std::vector<std::uint64_t> read_seeds(JsonReader& reader);

struct NamedConfig {
  std::string name;
  algo::TrainConfig config;
};

/// The images are opened once for all variants.
void require_same_data(const std::vector<NamedConfig>& configs, const std::string& origin);
/// The same training under two names says nothing about a difference.
void require_different(const std::vector<NamedConfig>& configs, const std::string& origin);
/// All that decides what is trained, but for the seed and the name.
nlohmann::json content_of(const algo::TrainConfig& config);

algo::TrainConfig seeded(algo::TrainConfig config, std::uint64_t seed);
std::filesystem::path seed_folder(const std::filesystem::path& out, const std::string& variant,
                                  std::uint64_t seed);

}  // namespace wd::flow
