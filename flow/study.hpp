// SPDX-License-Identifier: Apache-2.0
// A baseline configuration and named differences from it, each trained with several seeds, and claims that compare
// them. Finished runs are kept: a study continues where it was stopped.
//
// Shape     OUT/VARIANT/seed_N is a training each, kept by content (study_trainings.hpp), OUT/study.json all figures.
// Errors    a study that is not well-formed (names, seeds, claims), variants of different data sets, a run of
//           another configuration in the way: wd::Error naming the file and the key, before any training.
// Test      study_test.cpp, judge_test.cpp, cli/study_file_test.sh
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/judge.hpp"
#include "flow/training.hpp"

namespace wd::flow {

struct StudyOptions {
  CommonOptions common;
  DataOptions data;
  ArchOptions arch;
  std::filesystem::path config;
  bool fresh = false;  // train again what is finished, too

  void declare(OptionSink& sink);
};

struct Claim {
  std::string text, better, than;
  double margin = 0;  // in accuracy: "not worse than" is a negative one
};

/// A study file.
struct StudyPlan {
  std::string name, origin;
  nlohmann::json baseline;
  std::vector<std::uint64_t> seeds;
  std::vector<std::pair<std::string, nlohmann::json>> variants;  // merge patches (RFC 7396) of the baseline
  std::vector<Claim> claims;

  /// Errors: what the configuration's reader refuses, naming the variant.
  algo::TrainConfig config_of(std::size_t variant) const;
  /// The variant that teaches this one; none without distillation. Errors: a name that is none, a pupil of a pupil.
  std::optional<std::size_t> teacher_of(std::size_t variant) const;
};

StudyPlan read_study(const std::filesystem::path& path);

struct StudyReport {
  struct Variant {
    std::string name;
    std::vector<TrainReport> runs;
    TrainSpreads spreads;
  };
  struct JudgedClaim {
    Claim claim;
    Judgement judgement;
  };
  std::string name;
  std::vector<std::uint64_t> seeds;
  arch::Arch arch;
  std::vector<Variant> variants;
  std::vector<JudgedClaim> claims;

  nlohmann::json to_json() const;
};

StudyReport study(const StudyOptions& options, Context& context);

}  // namespace wd::flow
