// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>

using namespace wd;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "wd_files_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      all.insert(entry.path().filename().string());
    return all;
  }
};

}  // namespace

TEST_CASE("files: of processes that write one file at once, each puts its own there in whole", "[base]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "x.bin";
  constexpr std::size_t size = 100000;
  constexpr int processes = 3, rounds = 10;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child != 0) continue;
    try {
      for (int i = 0; i < rounds; ++i) {
        write_file(file, std::string(size, static_cast<char>('a' + p)));
        const Bytes read = read_file(file);
        const bool whole = read.size() == size && read == Bytes(size, read.front());
        if (!whole) ::_exit(1);
      }
    } catch (const std::exception&) {
      ::_exit(2);
    }
    ::_exit(0);
  }
  for (int p = 0; p < processes; ++p) {
    int status = -1;
    REQUIRE(::wait(&status) > 0);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(folder.names() == std::set<std::string>{"x.bin"});
}

TEST_CASE("files: a name that is taken already is passed over", "[base]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "x.bin";
  write_file(file, std::string_view("first"));
  for (unsigned n = 0; n < 200; ++n)  // as a process of the same number on another machine would have made
    std::ofstream(folder.path /
                  ("x.bin." + std::to_string(::getpid()) + "-" + std::to_string(n) + ".partial"))
        << "theirs";
  write_file(file, std::string_view("second"));
  const Bytes read = read_file(file);
  CHECK(std::string(read.begin(), read.end()) == "second");
  CHECK(folder.names().size() == 201);
}

TEST_CASE("files: what killed writers left of one file is removed, and nothing else", "[base]") {
  const Folder folder;
  for (const char* name :
       {"x.bin", "x.bin.7-0.partial", "x.bin.8-12.partial", "x.bin.old", "y.bin.7-0.partial"})
    write_file(folder.path / name, std::string_view("1"));
  remove_partial_files(folder.path / "x.bin");
  CHECK(folder.names() == std::set<std::string>{"x.bin", "x.bin.old", "y.bin.7-0.partial"});
}
