// SPDX-License-Identifier: Apache-2.0
// A trained network whose class scores another training takes as targets.
//
// Shape     scores: B x classes, for the student's batch.
// Numerics  the network of the checkpoint (the best epoch where one was chosen) in its own precision, with its running
//           statistics and without FP8, on the images as the student's batch augments them.
// Errors    a teacher that is missing, not finished, damaged, or of another data set or classes: wd::Error naming the
//           student's configuration, the folder and the remedy.
// Test      teacher_test.cpp, trainer_test.cpp
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "algo/executor/evaluate.hpp"
#include "algo/train/config.hpp"

namespace wd::algo {

/// What can be refused before images are opened. @param folder of the teacher's training
/// @return the teacher's configuration
TrainConfig require_teacher(const TrainConfig& student, const std::filesystem::path& folder);

class Teacher {
 public:
  /// @param train the student's training images
  Teacher(const TrainConfig& student, const std::filesystem::path& folder, const ImageSet& train,
          ThreadPool& pool);

  /// Of one batch; they hold until the next call.
  std::span<const float> scores(const ImageSet& images, const BatchRequest& request);
  /// Names the network: another one, another training.
  const std::string& digest() const { return digest_; }

 private:
  Teacher(const TrainConfig& student, const TrainConfig& own, const std::filesystem::path& folder,
          const ImageSet& train, ThreadPool& pool);

  std::unique_ptr<Executor> executor_;
  PixelValues values_;
  std::vector<ChannelStatistics> statistics_;
  std::string digest_;
  std::vector<float> scores_;
};

}  // namespace wd::algo
