// SPDX-License-Identifier: Apache-2.0
#include "base/folder_lock.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/temporary_folder.hpp"

using namespace wd;

namespace {

/// A process that holds the folder until it is killed. @return when it does
pid_t start_owner(const std::filesystem::path& folder) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const FolderLock lock(folder);
    if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
  ::close(ends[1]);
  return child;
}

}  // namespace

TEST_CASE("folder lock: a link or FIFO in the lock's place is refused and stays", "[base][bad-input]") {
  const TemporaryFolder folder;
  const std::filesystem::path lock = folder.path / "whitedwarf.lock", other = folder.path / "precious";
  write_file(other, "kept");
  std::filesystem::create_symlink(other, lock);
  CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                    lock.string() + ": is a link, not a lock; remove it");
  CHECK(read_file(other) == Bytes{'k', 'e', 'p', 't'});
  CHECK(std::filesystem::is_symlink(lock));
  std::filesystem::remove(lock);
  REQUIRE(::mkfifo(lock.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                    lock.string() + ": is not a regular file, so no lock; remove it");
  CHECK(std::filesystem::is_fifo(lock));
}

TEST_CASE("folder lock: the last one clears away what killed writers left", "[base]") {
  const TemporaryFolder folder;
  const std::filesystem::path left = folder.path / "program.wdp.99999993-3.partial",
                              kept = folder.path / "mine.json.partial";  // a user's
  write_file(left, "half");
  write_file(kept, "whole");
  auto first = std::make_unique<FolderLock>(folder.path, Hold::together);
  auto second = std::make_unique<FolderLock>(folder.path, Hold::together);
  first.reset();
  CHECK(std::filesystem::exists(left));  // the other one may be writing it
  second.reset();
  CHECK(!std::filesystem::exists(left));
  CHECK(std::filesystem::exists(kept));
  write_file(left, "half");
  { const FolderLock alone(folder.path); }
  CHECK(!std::filesystem::exists(left));
}

TEST_CASE("folder lock: a folder that is taken is refused by its owner's number", "[base][message]") {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path);
    CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                      Catch::Contains(folder.path.string()) &&
                          Catch::Contains("process " + std::to_string(::getpid()) + " works") &&
                          Catch::Contains("--out"));
  }
  CHECK(std::filesystem::is_empty(folder.path));
  const FolderLock again(folder.path);
  CHECK_THROWS_WITH(FolderLock(folder.path / "none"), Catch::Contains("cannot be opened"));
}

TEST_CASE("folder lock: together with others, but not beside one that is alone", "[base]") {
  const TemporaryFolder folder;
  {
    const FolderLock first(folder.path, Hold::together);
    {
      const FolderLock second(folder.path, Hold::together);
      CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                        Catch::Contains("works in this folder now"));
    }
    CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path), Catch::Contains("works in this folder now"));
  }
  CHECK(std::filesystem::is_empty(folder.path));
  const FolderLock alone(folder.path);
  CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path, Hold::together),
                    Catch::Contains("works in this folder now"));
}

TEST_CASE("folder lock: it ends with a process that is killed", "[base]") {
  const TemporaryFolder folder;
  const pid_t owner = start_owner(folder.path);
  CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                    Catch::Contains("process " + std::to_string(owner) + " works"));
  REQUIRE(::kill(owner, SIGKILL) == 0);
  REQUIRE(::waitpid(owner, nullptr, 0) == owner);
  CHECK(std::filesystem::exists(folder.path / "whitedwarf.lock"));
  const FolderLock lock(folder.path);
  CHECK_THROWS_WITH(std::make_unique<FolderLock>(folder.path),
                    Catch::Contains("process " + std::to_string(::getpid()) + " works"));
}

TEST_CASE("folder lock: of many processes that come and go, one at a time is within", "[base]") {
  const TemporaryFolder folder;
  constexpr int processes = 4, rounds = 60;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child != 0) continue;
    for (int entered = 0; entered < rounds;) {
      try {
        const FolderLock lock(folder.path);
        // Somebody else within would have made it.
        if (::mkdir((folder.path / "within").c_str(), 0700) != 0) ::_exit(1);
        if (::rmdir((folder.path / "within").c_str()) != 0) ::_exit(2);
        ++entered;
      } catch (const Error&) {
        ::usleep(50);
      }
    }
    ::_exit(0);
  }
  for (int p = 0; p < processes; ++p) {
    int status = -1;
    REQUIRE(::wait(&status) > 0);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(std::filesystem::is_empty(folder.path));
}
