// SPDX-License-Identifier: Apache-2.0
// Processes, on one machine or on several, share work in a folder that all of them see.
//
// What      a piece of work has a key. Who takes it has it alone while it lives; who comes later does something else and
//           looks again. What a process had that ended goes to the next one: on its own machine at once, on others when it gave
//           no sign of life for `patience`. A claim is a hard link to its owner's file, whose time the owner renews.
// Not       a guarantee: a process that was stopped for minutes shares its work with who took it over. Results must
//           not depend on who computes them, nor on how often.
// Errors    a folder that cannot be written or knows no hard links: wd::Error naming it.
// Test      work_shares_test.cpp
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace wd {

class WorkShares {
 public:
  /// A piece of work that this process has, until the object goes.
  class Share {
   public:
    explicit Share(std::filesystem::path claim) : claim_(std::move(claim)) {}
    ~Share();
    Share(Share&& other) noexcept : claim_(std::exchange(other.claim_, {})) {}
    Share& operator=(Share&&) = delete;
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    std::filesystem::path claim_;
  };

  /// Makes nothing until something is taken. @param folder for this alone
  explicit WorkShares(std::filesystem::path folder,
                      std::chrono::milliseconds patience = std::chrono::minutes(2));
  /// All shares are to be gone.
  ~WorkShares();
  WorkShares(const WorkShares&) = delete;
  WorkShares& operator=(const WorkShares&) = delete;

  /// From any thread. None: somebody else has it now.
  std::optional<Share> take(const std::string& key);

 private:
  void begin();
  void renew();
  /// What processes left that ended.
  void clear_away() const;
  bool abandoned(const std::filesystem::path& claim) const;

  std::filesystem::path folder_, own_;  // own_ is empty until begin()
  std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::thread renewing_;
};

}  // namespace wd
