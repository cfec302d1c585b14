// SPDX-License-Identifier: Apache-2.0
#include "base/process_name.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

#include "base/error.hpp"

namespace wd {
namespace {

/// The machine, and which of its sets of process numbers this process sees.
std::string place() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  struct stat numbers {};
  ::stat("/proc/self/ns/pid", &numbers);
  std::string name = host.data();
  for (char& c : name)
    if (c == '/') c = '_';
  return text(name, "-", numbers.st_ino);
}

/// When a process began, in the kernel's ticks; empty if there is none of that number, or only its remains.
std::string start_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  // The second field, a name in parentheses, may hold spaces; 'state' follows, the start is the 22nd.
  std::size_t at = all.rfind(')');
  if (at == std::string::npos || at + 2 >= all.size() || all[at + 2] == 'Z') return "";
  for (int field = 2; field < 22; ++field) {
    at = all.find(' ', at + 1);
    if (at == std::string::npos) return "";
  }
  return all.substr(at + 1, all.find(' ', at + 1) - at - 1);
}

}  // namespace

std::string process_name() {
  const std::string pid = std::to_string(::getpid());
  return place() + "-" + pid + "-" + start_of(pid);
}

bool process_ended(const std::string& name) {
  const std::size_t start = name.rfind('-');
  const std::size_t pid = start == std::string::npos || start == 0 ? start : name.rfind('-', start - 1);
  if (pid == std::string::npos || pid == 0 || name.substr(0, pid) != place()) return false;
  return start_of(name.substr(pid + 1, start - pid - 1)) != name.substr(start + 1);
}

}  // namespace wd
