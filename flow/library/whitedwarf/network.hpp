// SPDX-License-Identifier: Apache-2.0
// A trained network: from a file, or by training.
//
// Errors    what the command refuses, with the same text: std::runtime_error.
// Test      flow/library/example_test.sh
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace whitedwarf {

/// What training makes and compile() takes. Copies share one network, which does not change.
class Network {
 public:
  /// A model (model.wdm), or a compressed one (model.wdz).
  static Network read(const std::filesystem::path& path);
  void write(const std::filesystem::path& path) const;
  /// Entropy-coded. @return the file's bytes
  std::size_t write_compressed(const std::filesystem::path& path) const;

  std::string name() const;
  std::size_t weights() const;  // those that folds share once
  int classes() const;
  std::size_t image_bytes() const;  // height x width x channels
  /// Layers, tensors and sources of weights as JSON: docs/formats.md.
  std::string description() const;

  struct Body;
  explicit Network(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  const Body& body() const { return *body_; }

 private:
  std::shared_ptr<const Body> body_;
};

/// Of the epoch under way.
struct TrainProgress {
  int epoch = 0;  // from 1
  std::size_t step = 0, steps = 0;
  double loss = 0, accuracy = 0;  // so far, on training images
};

struct TrainOptions {
  std::filesystem::path data{};             // folder of the data set; empty: the configuration's default
  unsigned threads = 0;                     // 0: all of the machine; results do not change
  std::filesystem::path checkpoint{};       // a file, from which a later call goes on; empty: none
  const std::atomic<bool>* stop = nullptr;  // set from elsewhere, it ends the training: std::runtime_error
  std::function<void(const TrainProgress&)> progress{};
};

struct Training {
  std::optional<Network> network;  // for the chip
  std::string no_network;          // why the chip has no such network
  double accuracy_fp32 = 0;
  std::optional<double> accuracy_hardware;  // bit for bit, where there is such a form
  double seconds = 0;
};

/// @param configuration a training's, as JSON (docs/training.md; those of algo/configs come with the program)
Training train(const std::string& configuration, const TrainOptions& options = {});

}  // namespace whitedwarf
