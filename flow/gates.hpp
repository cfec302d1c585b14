// SPDX-License-Identifier: Apache-2.0
// Runs foreign tools: Yosys, OpenSTA and Icarus, which make and simulate netlists, and Slurm.
//
// Errors    a tool that is missing, with Debian's package; one that fails, with its last lines: wd::Error.
// Test      gates_test.cpp, cli/characterize_test.sh
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace wd::flow {

/// Refuses early what will be needed. @param what needs it, for messages
void require_tools(const std::vector<std::string>& tools, const std::string& what);
/// "Yosys 0.23 (...)": the first line of what it says of itself; empty if it says nothing.
std::string tool_version(const std::string& tool);

/// @param log gets standard output and errors
void run_tool(const std::vector<std::string>& command, const std::filesystem::path& log);
/// The same, while `read` reads what the tool writes to /dev/fd/3: nothing is kept of it.
void run_tool(const std::vector<std::string>& command, const std::filesystem::path& log,
              const std::function<void(std::FILE*)>& read);

}  // namespace wd::flow
