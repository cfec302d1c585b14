// SPDX-License-Identifier: Apache-2.0
// Trainings that learn from another network's scores.
#include "algo/train/teacher.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/networks/build.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/tiny_training.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "wd_teacher_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path checkpoint(const char* name) const {
    std::filesystem::create_directories(path / name);
    return path / name / "checkpoint.wdc";
  }
  /// A small dense network that has seen the images twice, of other tensors than the student's.
  TrainConfig train_teacher(const char* name, const char* changes = "{}") const {
    TrainConfig config = tiny_config(R"({"network": {"kind": "conv", "depth": 2, "norm": true, "width": 0.25},
        "supermask": {"method": "dense"}, "epochs": 2, "quantization": {}})");
    nlohmann::json value = to_json(config);
    value.update(nlohmann::json::parse(changes));
    config = config_from_json(value, name);
    train_tiny(config, {.threads = 2, .checkpoint = checkpoint(name)});
    return config;
  }
  TrainConfig student(const char* teacher, const char* changes = "{}") const {
    TrainConfig config = tiny_config(changes);
    config.distillation = {(path / teacher).string(), 0.6, 3};
    return config;
  }
};

/// One step of an epoch that has all images.
constexpr const char* one_step =
    R"({"batch": 320, "epochs": 1, "quantization": {}, "precision": "fp32", "label_smoothing": 0.1,
    "augmentation": {"flip": true, "crop": 2, "mixup": 0.4}})";

std::vector<double> softmax(const std::vector<float>& scores, double temperature) {
  std::vector<double> p;
  double sum = 0;
  for (float s : scores) sum += std::exp(static_cast<double>(s) / temperature);
  for (float s : scores) p.push_back(std::exp(static_cast<double>(s) / temperature) / sum);
  return p;
}

}  // namespace

TEST_CASE("teacher: its scores on the same augmented images are the targets", "[algo][oracle]") {
  const Folder folder;
  const TrainConfig config = folder.train_teacher("teacher", R"({"batch": 320, "epochs": 3})");
  const TrainConfig student = folder.student("teacher", one_step);
  const TrainResult result = train_tiny(student, {.threads = 2});
  // Both networks by themselves, and the loss as it is written.
  ThreadPool pool(2);
  const auto made = [&](const TrainConfig& own) {
    return make_executor(own.executor(), build_graph(own.network, {28, 28, 1}, 10), pool);
  };
  const auto own = made(student), other = made(config);
  read_checkpoint(open_checkpoint(folder.checkpoint("teacher")), config,
                  {checksum(train_images()), checksum(test_images())}, *other);
  const std::vector<std::uint32_t> order = shuffled_order(student.seed, 0, 320);
  const BatchRequest request{order, student.seed, 0, student.augmentation, 0};
  const BatchLabels labels =
      own->fill(train_images(), request, input_format(student.network, train_images()).values(false));
  other->fill(train_images(), request, input_format(config.network, train_images()).values(false));
  own->forward_train();
  other->forward_frozen(running_statistics(*other));
  REQUIRE_FALSE(labels.partners.empty());
  double loss = 0;
  for (std::size_t b = 0; b < 320; ++b) {
    const auto plain = softmax(own->scores(b), 1), soft = softmax(own->scores(b), 3),
               wanted = softmax(other->scores(b), 3);
    for (std::size_t k = 0; k < 10; ++k) {
      const double lambda = static_cast<double>(labels.lambda);
      double target = lambda * (labels.labels[b] == k) + (1 - lambda) * (labels.partners[b] == k);
      target = 0.9 * target + 0.01;
      loss += 0.4 * -target * std::log(plain[k]) + 0.6 * 9 * wanted[k] * std::log(wanted[k] / soft[k]);
    }
  }
  REQUIRE(result.history.size() == 1);
  CHECK(result.history[0].loss == Approx(loss / 320).epsilon(1e-5));
}

TEST_CASE("teacher: the same bits at any thread count, and after a stop", "[algo]") {
  const Folder folder;
  folder.train_teacher("teacher");
  const TrainConfig config = folder.student("teacher");
  const TrainResult whole = train_tiny(config, {.threads = 2});
  TrainConfig alone = config;
  alone.distillation = {};
  const auto same = [](const TrainResult& a, const TrainResult& b) {
    bool equal = a.network->weights.size() == b.network->weights.size();
    for (std::size_t w = 0; equal && w < a.network->weights.size(); ++w)
      equal = a.network->weights[w].levels == b.network->weights[w].levels;
    return equal && a.accuracy_fp32 == b.accuracy_fp32 &&
           model::flatten_norms(*a.network) == model::flatten_norms(*b.network);
  };
  CHECK(same(whole, train_tiny(config, {.threads = 1})));
  CHECK(same(whole, train_tiny(config, {.threads = 8})));
  CHECK_FALSE(same(whole, train_tiny(alone, {.threads = 2})));
  const std::filesystem::path checkpoint = folder.checkpoint("student");
  CHECK_FALSE(stopped_after(13, config, checkpoint).finished);
  const TrainOptions resumed{.threads = 2, .checkpoint = checkpoint, .resume = true};
  // Another teacher in its place; the same one in another place.
  std::filesystem::rename(folder.path / "teacher", folder.path / "moved");
  folder.train_teacher("teacher", R"({"seed": 2})");
  CHECK_THAT(
      message(config, resumed),
      Contains("student/checkpoint.wdc: has learned from another teacher than the network that is in") &&
          Contains("bring that one back, or start afresh"));
  const TrainConfig moved = folder.student("moved");
  CHECK(summarize_checkpoint(open_checkpoint(checkpoint), moved).difference.empty());
  TrainOptions elsewhere = resumed;
  elsewhere.teacher = folder.path / "moved";  // as a study names it
  CHECK(same(whole, train_tiny(config, elsewhere)));
}

TEST_CASE("teacher: what cannot teach is refused by name", "[algo][bad-input]") {
  const Folder folder;
  folder.train_teacher("teacher");
  const TrainOptions options{.threads = 2};
  CHECK_THAT(
      message(folder.student("none"), options),
      Contains("tiny: distillation: teacher '") && Contains("/none' has no checkpoint.wdc; name the folder"));
  TrainConfig other = folder.student("teacher");
  other.dataset = "mnist";
  CHECK_THAT(
      message(other, options),
      Contains("/teacher' was trained on fashion-mnist, this training is on mnist; name one of the same"));
  stopped_after(3, tiny_config(), folder.checkpoint("half"));
  CHECK_THAT(message(folder.student("half"), options),
             Contains("/half' is not finished; continue its training first"));
  ImageSet fewer = train_images();
  fewer.classes = 11;
  try {
    train(folder.student("teacher"), fewer, test_images(), options);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK_THAT(
        error.what(),
        Contains("/teacher' does not fit these images, 28x28x1 in 11 classes; name one that was trained on"));
  }
  Bytes bytes = read_file(folder.checkpoint("teacher"));
  bytes[bytes.size() / 2] ^= 1;
  write_file(folder.checkpoint("teacher"), bytes);
  CHECK_THAT(message(folder.student("teacher"), options),
             Contains("teacher/checkpoint.wdc") && Contains("checksum"));
}
