// SPDX-License-Identifier: Apache-2.0
// whitedwarf: one command, subcommands. Messages go to stderr,
// results to stdout; errors are one line, status 1.
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace {

void on_signal(int) { wd::cli::interrupted = true; }

void usage() {
  std::puts("whitedwarf - co-design of sparse, reservoir-computing-like networks and their accelerator\n");
  for (const wd::cli::Command& command : wd::cli::commands())
    std::printf("  %-9s %s\n", command.name.c_str(), command.summary.c_str());
  std::puts(
      "\n`whitedwarf COMMAND --help` shows options and examples. Start with `whitedwarf demo --quick`.");
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name.empty() || name == "--help" || name == "help") {
    usage();
    return name.empty() ? 1 : 0;
  }
  if (name == "--version") {
    std::puts("whitedwarf " WD_VERSION);
    return 0;
  }
  for (const wd::cli::Command& command : wd::cli::commands()) {
    if (command.name != name) continue;
    wd::cli::Job job;
    bool json = false;
    if (!wd::cli::parse_flags(command, {argv + 2, argv + argc}, job, json)) return 0;
    const nlohmann::json result = command.run(job);
    const std::string shown = json ? result.dump(1) + "\n" : command.show(job, result);
    WD_REQUIRE(std::fputs(shown.c_str(), stdout) >= 0 && std::fflush(stdout) == 0,
               "standard output cannot be written");
    return 0;
  }
  wd::fail("'", name, "' is not a command; `whitedwarf --help` lists them");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
