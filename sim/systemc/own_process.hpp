// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test in a process of its own: SystemC elaborates only once in each.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <string>

namespace wd::sim::systemc {

/// What `work` returns or throws, as text; "no answer" when its process died.
inline std::string in_own_process(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    std::string answer = "ok";
    try {
      answer += work();
    } catch (const std::exception& error) {
      answer += error.what();
    }
    const bool written = write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(written ? 0 : 1);  // no destructors of the test runner
  }
  close(ends[1]);
  std::string answer;
  char part[512];
  for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;)
    answer.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return answer.compare(0, 2, "ok") == 0 && status == 0 ? answer.substr(2) : "no answer";
}

}  // namespace wd::sim::systemc
