// SPDX-License-Identifier: Apache-2.0
#include "flow/status.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::StatusOptions&, const flow::StatusResult& r) {
  std::string out;
  for (const flow::StageStatus& stage : r.stages)
    out += line("%-10s %-9s %s\n", stage.command.c_str(), stage.state.c_str(), stage.note.c_str());
  return out + (r.next.empty() ? "" : "next: " + r.next + "\n");
}

}  // namespace

Command status_command() {
  return make_command("status", "what a folder holds, what is outdated in it, and what to do next",
                      "  whitedwarf status\n  whitedwarf status --out run1\n", flow::status, show);
}

}  // namespace wd::cli
