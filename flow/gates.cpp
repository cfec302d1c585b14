// SPDX-License-Identifier: Apache-2.0
#include "flow/gates.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::flow {
namespace {

constexpr int waves = 3;  // the file descriptor that tools write waves to
constexpr std::uint64_t log_limit_bytes = std::uint64_t{64} << 20;

const std::map<std::string, std::string>& packages() {
  static const std::map<std::string, std::string> list = {
      {"yosys", "yosys"},         {"sta", "opensta"},       {"iverilog", "iverilog"},
      {"vvp", "iverilog"},        {"python3", "python3"},   {"sbatch", "slurm-client"},
      {"squeue", "slurm-client"}, {"sinfo", "slurm-client"}};
  return list;
}

bool installed(const std::string& tool) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((std::filesystem::path(folder) / tool).c_str(), X_OK) == 0) return true;
  return false;
}

/// Becomes the tool; does not return.
[[noreturn]] void become(const std::vector<std::string>& command, int log, int pipe_end) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // a tool whose caller was killed would go on for minutes
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  if (pipe_end >= 0 && pipe_end != waves) dup2(pipe_end, waves);
  if (pipe_end == waves) fcntl(waves, F_SETFD, 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

std::string last_lines(const std::filesystem::path& log) {
  const Bytes bytes = read_file(log, log_limit_bytes);
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  std::array<std::string, 3> last;
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = {last[1], last[2], line};
  std::string out;
  for (const std::string& line : last) {
    if (!out.empty() && !line.empty()) out += " | ";
    out += line;
  }
  return out;
}

}  // namespace

void require_tools(const std::vector<std::string>& tools, const std::string& what) {
  for (const std::string& tool : tools)
    WD_REQUIRE(installed(tool), what, ": ", tool, " was not found; install Debian's package ",
               packages().at(tool));
}

std::string tool_version(const std::string& tool) {
  static const std::map<std::string, std::string> options = {
      {"sta", "-version"}, {"vvp", "-V"}, {"iverilog", "-V"}};
  const auto option = options.find(tool);
  const std::string command =
      tool + " " + (option == options.end() ? "--version" : option->second) + " 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(popen(command.c_str(), "r"), pclose);
  std::array<char, 200> line{};
  if (!file || std::fgets(line.data(), line.size(), file.get()) == nullptr) return "";
  std::string version = line.data();
  while (!version.empty() && version.back() <= ' ') version.pop_back();
  return version;
}

void run_tool(const std::vector<std::string>& command, const std::filesystem::path& log) {
  run_tool(command, log, {});
}

void run_tool(const std::vector<std::string>& command, const std::filesystem::path& log,
              const std::function<void(std::FILE*)>& read) {
  std::array<int, 2> ends = {-1, -1};
  WD_REQUIRE(!read || pipe2(ends.data(), O_CLOEXEC) == 0, command[0], ": no pipe can be made");
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  WD_REQUIRE(out >= 0, log.string(), ": cannot be written");
  const pid_t child = fork();
  WD_REQUIRE(child >= 0, command[0], ": no process can be made");
  if (child == 0) become(command, out, ends[1]);
  close(out);
  std::exception_ptr failed;
  if (read) {
    close(ends[1]);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fdopen(ends[0], "r"), std::fclose);
    try {
      read(file.get());
    } catch (...) {
      failed = std::current_exception();  // the tool ends when nobody reads any more
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) fail(command[0], ": cannot be started");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    if (failed) std::rethrow_exception(failed);
    return;
  }
  if (failed && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) std::rethrow_exception(failed);
  const std::string said = last_lines(log);
  fail(command[0], " failed: ", said);
}

}  // namespace wd::flow
