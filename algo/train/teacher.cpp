// SPDX-License-Identifier: Apache-2.0
#include "algo/train/teacher.hpp"

#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "algo/train/checkpoint.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"

namespace wd::algo {
namespace {

std::filesystem::path checkpoint_of(const std::filesystem::path& folder) { return folder / "checkpoint.wdc"; }

std::string origin_of(const TrainConfig& student, const std::filesystem::path& folder) {
  return text(student.name, ": distillation: teacher '", folder.string(), "'");
}

/// For as many images as the student's batch.
std::unique_ptr<Executor> read_teacher(const TrainConfig& student, TrainConfig teacher,
                                       const std::filesystem::path& folder, const ImageSet& train,
                                       ThreadPool& pool) {
  teacher.batch = student.batch;
  try {
    return read_network(open_checkpoint(checkpoint_of(folder)), pool, teacher,
                        {train.height, train.width, train.channels}, train.classes);
  } catch (const Error& error) {
    fail(origin_of(student, folder), " does not fit these images, ", train.height, "x", train.width, "x",
         train.channels, " in ", train.classes, " classes; name one that was trained on them (", error.what(),
         ")");
  }
}

void append(std::string& bytes, std::span<const float> values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

std::string digest_of(const TrainConfig& config, Executor& executor) {
  std::string bytes = nlohmann::json{{"network", to_json(config.network)},
                                     {"supermask", to_json(config.supermask)},
                                     {"seed", config.seed},
                                     {"masks", executor.masks().state()}}
                          .dump();
  for (const Parameter* parameter : executor.parameters())
    append(bytes, {parameter->value.data(), parameter->value.size()});
  for (const NormParameters& norm : executor.norms()) {
    append(bytes, norm.running.mean);
    append(bytes, norm.running.variance);
  }
  return sha256({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace

TrainConfig require_teacher(const TrainConfig& student, const std::filesystem::path& folder) {
  const std::string origin = origin_of(student, folder);
  const std::filesystem::path checkpoint = checkpoint_of(folder);
  WD_REQUIRE(std::filesystem::exists(checkpoint), origin,
             " has no checkpoint.wdc; name the folder of a training (`whitedwarf train --out`)");
  const Container opened = open_checkpoint(checkpoint);
  const TrainConfig teacher = read_config(opened);
  WD_REQUIRE(teacher.dataset == student.dataset, origin, " was trained on ", teacher.dataset,
             ", this training is on ", student.dataset, "; name one of the same data set");
  const bool sized = dataset_info(student.dataset).height == 0;
  WD_REQUIRE(!sized || teacher.image_size == student.image_size, origin, " has 'image_size' ",
             teacher.image_size, ", this training ", student.image_size, "; name one of the same size");
  WD_REQUIRE(summarize_checkpoint(opened, teacher).finished, origin,
             " is not finished; continue its training first");
  return teacher;
}

Teacher::Teacher(const TrainConfig& student, const std::filesystem::path& folder, const ImageSet& train,
                 ThreadPool& pool)
    : Teacher(student, require_teacher(student, folder), folder, train, pool) {}

Teacher::Teacher(const TrainConfig& student, const TrainConfig& own, const std::filesystem::path& folder,
                 const ImageSet& train, ThreadPool& pool)
    : executor_(read_teacher(student, own, folder, train, pool)),
      values_(input_format(own.network, train).values(false)),
      statistics_(running_statistics(*executor_)),
      digest_(digest_of(own, *executor_)) {}

std::span<const float> Teacher::scores(const ImageSet& images, const BatchRequest& request) {
  executor_->fill(images, request, values_);
  executor_->forward_frozen(statistics_);
  scores_.clear();
  for (std::size_t image = 0; image < executor_->batch(); ++image) {
    const std::vector<float> own = executor_->scores(image);
    scores_.insert(scores_.end(), own.begin(), own.end());
  }
  return scores_;
}

}  // namespace wd::algo
