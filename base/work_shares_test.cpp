// SPDX-License-Identifier: Apache-2.0
#include "base/work_shares.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process_name.hpp"
#include "base/temporary_folder.hpp"

using namespace wd;

namespace {

pid_t start(const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  work();
  ::_exit(0);
}

/// A process that works until it is killed. @return when `work` is done
pid_t start_and_wait(const std::function<void()>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = start([&] {
    work();
    if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  });
  char byte;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
  ::close(ends[1]);
  return child;
}

void kill_and_wait(pid_t child) {
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
}

/// What a process of another machine leaves: its file and a claim.
void leave_foreign(const std::filesystem::path& folder, const std::string& claim) {
  const std::filesystem::path own = folder / "elsewhere-1-2-3.owner";
  write_file(own, "elsewhere-1-2-3");
  std::filesystem::create_hard_link(own, claim);
}

std::size_t files_of(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("process name: of a living process, of one that ended, of another machine's", "[base]") {
  CHECK_FALSE(process_ended(process_name()));
  const TemporaryFolder folder;
  const pid_t child = start_and_wait([&] { write_file(folder.path / "name", process_name()); });
  const Bytes bytes = read_file(folder.path / "name");
  const std::string name(bytes.begin(), bytes.end());
  CHECK(name != process_name());
  CHECK_FALSE(process_ended(name));
  REQUIRE(::kill(child, SIGKILL) == 0);
  siginfo_t info;
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  CHECK(process_ended(name));  // nobody has taken notice of it yet
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(process_ended(name));
  // Another process of the same number.
  const std::string mine = process_name();
  CHECK(process_ended(mine.substr(0, mine.rfind('-')) + "-1"));
  CHECK_FALSE(process_ended("elsewhere-" + mine.substr(mine.find('-') + 1)));
  for (const char* other : {"", "-", "--", "a", "a-b", "a-b-c"}) CHECK_FALSE(process_ended(other));
}

TEST_CASE("work shares: a key is one process's while it has it", "[base]") {
  const TemporaryFolder folder;
  const std::filesystem::path at = folder.path / "claims";
  {
    WorkShares mine(at), other(at);
    CHECK_FALSE(std::filesystem::exists(at));
    {
      const auto first = mine.take("a / b");
      REQUIRE(first);
      CHECK_FALSE(mine.take("a / b"));
      CHECK_FALSE(other.take("a / b"));
      CHECK(other.take("another"));
    }
    CHECK(other.take("a / b"));
  }
  CHECK_FALSE(std::filesystem::exists(at));
}

TEST_CASE("work shares: what a killed process had is free at once", "[base]") {
  const TemporaryFolder folder;
  const pid_t owner = start_and_wait([&] {
    auto* shares = new WorkShares(folder.path / "claims");
    new auto(shares->take("key"));
  });
  WorkShares mine(folder.path / "claims");
  CHECK_FALSE(mine.take("key"));
  kill_and_wait(owner);
  CHECK(mine.take("key"));
}

TEST_CASE("work shares: what another machine's process had is free when it gives no sign of life", "[base]") {
  const TemporaryFolder folder;
  const std::filesystem::path at = folder.path / "claims";
  WorkShares mine(at, std::chrono::minutes(1));
  std::filesystem::path claim;
  {
    const auto share = mine.take("key");
    for (const auto& entry : std::filesystem::directory_iterator(at))
      if (entry.path().extension() == ".claim") claim = entry.path();
  }
  leave_foreign(at, claim);
  CHECK_FALSE(mine.take("key"));
  std::filesystem::last_write_time(claim,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::seconds(50));
  CHECK_FALSE(mine.take("key"));
  std::filesystem::last_write_time(claim,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::seconds(70));
  CHECK(mine.take("key"));
}

TEST_CASE("work shares: a long piece of work is not taken away", "[base]") {
  const TemporaryFolder folder;
  WorkShares mine(folder.path / "claims", std::chrono::milliseconds(240));
  const auto share = mine.take("key");
  REQUIRE(share);
  // As another machine sees it: by times alone.
  std::filesystem::path claim;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path / "claims"))
    if (entry.path().extension() == ".claim") claim = entry.path();
  const auto before = std::filesystem::last_write_time(claim);
  for (int i = 0; i < 200 && std::filesystem::last_write_time(claim) == before; ++i) ::usleep(20000);
  CHECK(std::filesystem::last_write_time(claim) > before);
}

TEST_CASE("work shares: processes that share a list do each piece once", "[base]") {
  const TemporaryFolder folder;
  constexpr int processes = 4, pieces = 40;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p)
    children.push_back(start([&] {
      {
        WorkShares shares(folder.path / "claims");
        for (int i = 0; i < pieces; ++i) {
          const std::filesystem::path result = folder.path / std::to_string(i);
          const auto share = shares.take(std::to_string(i));
          if (!share || std::filesystem::exists(result)) continue;
          ::usleep(1000);
          std::ofstream(result, std::ios::app) << 'x';
        }
      }
      ::_exit(0);
    }));
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  for (int i = 0; i < pieces; ++i) CHECK(read_file(folder.path / std::to_string(i)) == Bytes{'x'});
  CHECK(files_of(folder.path) == pieces);
}

TEST_CASE(
    "work shares: what killed processes left is cleared away by the next one, also by one that takes nothing",
    "[base]") {
  const TemporaryFolder folder;
  const std::filesystem::path claims = folder.path / "claims";
  const pid_t child = start_and_wait([&] {
    static WorkShares theirs(claims);
    static const auto share = theirs.take("key");
    write_file(claims / (process_name() + ".owner.1-0.partial"), "half");
  });
  { const WorkShares idle(claims); }
  CHECK(files_of(claims) == 3);  // they live: owner, claim and what is not yet one
  kill_and_wait(child);
  { const WorkShares idle(claims); }
  CHECK_FALSE(std::filesystem::exists(claims));
}

TEST_CASE("work shares: a folder that cannot be made is named", "[base][message]") {
  const TemporaryFolder folder;
  write_file(folder.path / "file", "x");
  WorkShares mine(folder.path / "file" / "claims");
  CHECK_THROWS_WITH(mine.take("key"), Catch::Contains((folder.path / "file").string()));
}
