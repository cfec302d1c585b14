// SPDX-License-Identifier: Apache-2.0
// What the stages of one call share: the wish to stop, messages, the images.
//
// Not       output: say() hands lines to whoever made the context.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <tuple>

#include "algo/data/image_set.hpp"
#include "flow/options.hpp"
#include "hw/arch/arch.hpp"

namespace wd::flow {

class Chip;

class Context {
 public:
  using Say = std::function<void(const std::string& line)>;

  /// @param stop is set, from a signal or another thread, to end the stage; not owned.
  explicit Context(const std::atomic<bool>& stop, Say say = {}) : stop_(&stop), say_(std::move(say)) {}

  const std::atomic<bool>* stop() const { return stop_; }
  /// Ends the stage if that was asked for: wd::Error with `message`.
  void check_stop(const char* message = "interrupted; nothing was written") const;
  /// Called when all was accepted and the work begins: who made the context may have other processes do it first, so that
  /// what follows finds its pieces done.
  void begin_work() const {
    if (work_) work_();
  }
  bool shares_work() const { return static_cast<bool>(work_); }
  void on_work(std::function<void()> work) { work_ = std::move(work); }
  /// A line for the person who waits.
  void say(const std::string& line) const {
    if (say_) say_(line);
  }

  /// Of a data set by name, opened once. @param side of images where their files are of any size
  const algo::ImageSet& test_images(const std::string& dataset, const std::filesystem::path& folder,
                                    int side);

  std::shared_ptr<Chip> chip;  // of the last program, for the stages that follow; load_chip() sets it

 private:
  const std::atomic<bool>* stop_;
  Say say_;
  std::map<std::tuple<std::string, std::filesystem::path, int>, std::unique_ptr<algo::ImageSet>> images_;
  std::function<void()> work_;
};

/// The default architecture with what the file changes.
arch::Arch resolve_arch(const ArchOptions& options);

/// A result file: indented JSON and a final newline.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

}  // namespace wd::flow
