// SPDX-License-Identifier: Apache-2.0
// Runs one measurement in a process of its own, so that its peak memory is its own (and SystemC can elaborate).
//
// Units     the result gets `peak_mib`: the largest resident set of that process.
// Errors    what the measurement throws, or that its process died: wd::Error.
// Test      own_process_test.cpp
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "flow/context.hpp"

namespace wd::flow {

/// A measurement that goes on while this process does something else.
class OwnProcess {
 public:
  /// @param measure returns a JSON object.
  template <typename Measure>
  explicit OwnProcess(Measure measure) {
    int ends[2];
    WD_REQUIRE(pipe(ends) == 0, "no pipe can be made");
    child_ = fork();
    WD_REQUIRE(child_ >= 0, "no process can be made");
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever kills this process wants that work to end, too
      std::string result;
      try {
        result = measure().dump();
      } catch (const std::exception& error) {
        result = nlohmann::json(error.what()).dump();
      }
      const bool sent = write(ends[1], result.data(), result.size()) == static_cast<ssize_t>(result.size());
      _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    end_ = ends[0];
  }
  OwnProcess(OwnProcess&& other) noexcept
      : child_(std::exchange(other.child_, -1)), end_(std::exchange(other.end_, -1)) {}
  OwnProcess& operator=(OwnProcess&&) = delete;
  OwnProcess(const OwnProcess&) = delete;
  OwnProcess& operator=(const OwnProcess&) = delete;
  /// Ends it, if nobody waited for its result.
  ~OwnProcess() {
    if (child_ <= 0) return;
    close(end_);
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  /// Waits for it.
  nlohmann::json result(const Context& context) {
    std::string received;
    char block[4096];
    for (ssize_t got; (got = read(end_, block, sizeof block)) > 0;)
      received.append(block, static_cast<std::size_t>(got));
    close(end_);
    int status = 0;
    rusage usage{};
    wait4(std::exchange(child_, -1), &status, 0, &usage);
    context.check_stop("interrupted");
    nlohmann::json result = nlohmann::json::parse(received, nullptr, false);
    WD_REQUIRE(status == 0 && result.is_object(),
               "a part of the work, in a process of its own, failed: ", received);
    result["peak_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
    return result;
  }

 private:
  pid_t child_ = -1;
  int end_ = -1;
};

/// @param measure returns a JSON object.
template <typename Measure>
nlohmann::json in_own_process(Measure measure, const Context& context) {
  return OwnProcess(measure).result(context);
}

}  // namespace wd::flow
