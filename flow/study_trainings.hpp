// SPDX-License-Identifier: Apache-2.0
// What files of studies of trainings share: names of variants, seeds, configurations that can be compared.
//
// Shape     OUT/networks/CONTENT holds a training each, by what decides it; OUT/VARIANT/seed_N is a link to it.
// Errors    names that are no folders', seeds twice, variants of different data sets or without a difference: wd::Error
//           naming the study's file, the key, the value and the remedy.
// Test      study_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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

/// Where a study keeps a network that all of `content` decides: who has it under another name has it.
std::filesystem::path network_folder(const std::filesystem::path& out, const std::string& content);
/// The training of a configuration with its seed, below `out`. @param images images_key() @param teacher the folder of the
/// training that it learns from, which decides it, too
Training study_training(const std::filesystem::path& out, const std::string& variant,
                        const algo::TrainConfig& config, std::uint64_t seed, const std::string& images,
                        const std::filesystem::path& teacher = {});
/// Errors: a folder where the link is to be, a checkpoint that cannot be read: wd::Error with the remedy.
/// @param fresh the training begins again
void require_usable(const Training& training, bool fresh);

/// Tells a person of each training, and how long the ones that are left may take. @param names of them, in their order
std::function<void(const TrainingNews&)> telling(std::vector<std::string> names, const Context& context);
/// Trainings that are begun again have no results that processes could share.
void refuse_fresh_on_slurm(bool fresh, const Context& context);

}  // namespace wd::flow
