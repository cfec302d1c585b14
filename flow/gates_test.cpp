// SPDX-License-Identifier: Apache-2.0
#include "flow/gates.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/error.hpp"

namespace {

using namespace wd::flow;

struct Log {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_gates_test_" + std::to_string(getpid()));
  ~Log() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("gates: a missing tool is named with its package", "[flow][bad-input]") {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  CHECK_THROWS_WITH(require_tools({"sta"}, "characterize"),
                    "characterize: sta was not found; install Debian's package opensta");
  CHECK_THROWS_WITH(require_tools({"vvp"}, "characterize"), Catch::Contains("Debian's package iverilog"));
  setenv("PATH", path.c_str(), 1);
}

TEST_CASE("gates: a tool that fails says its last lines, what cannot be started is named",
          "[flow][bad-input]") {
  const Log log;
  CHECK_NOTHROW(run_tool({"true"}, log.path));
  CHECK_THROWS_WITH(run_tool({"sh", "-c", "echo one; echo; echo two >&2; exit 3"}, log.path),
                    "sh failed: one | two");
  CHECK_THROWS_WITH(run_tool({"/nowhere/tool"}, log.path), Catch::Contains("cannot be started"));
}

TEST_CASE("gates: what a tool writes to descriptor 3 is read while it runs", "[flow][oracle]") {
  const Log log;
  std::string seen;
  const auto read = [&](std::FILE* file) {
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) seen += static_cast<char>(c);
  };
  run_tool({"sh", "-c", "echo waves >/dev/fd/3; echo log"}, log.path, read);
  CHECK(seen == "waves\n");
  // A reader that refuses ends a tool that would write for ever; the reader's reason is told.
  CHECK_THROWS_WITH(
      run_tool({"sh", "-c", "exec yes >/dev/fd/3"}, log.path, [](std::FILE*) { wd::fail("refused"); }),
      Catch::Contains("refused"));
}
