// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>

#include "base/error.hpp"

using namespace wd;
using Catch::Contains;

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

TEST_CASE("files: a folder in the place of the file is refused before anything is written",
          "[base][bad-input]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "run.json";
  std::filesystem::create_directory(file);
  CHECK_THROWS_WITH(
      write_file(file, "x"),
      file.string() + ": is a folder where a file is to be written; remove it or choose another --out");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

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
  const std::string alive = "x.bin." + std::to_string(::getppid()) + "-3.partial";  // one that writes now
  // Processes of these numbers cannot be: Linux has 2^22 at most.
  for (const std::string& name : {std::string("x.bin"), std::string("x.bin.99999997-0.partial"),
                                  std::string("x.bin.99999998-12.partial"), std::string("x.bin.old"),
                                  std::string("y.bin.99999997-0.partial"), alive})
    write_file(folder.path / name, std::string_view("1"));
  remove_partial_files(folder.path / "x.bin");
  CHECK(folder.names() == std::set<std::string>{"x.bin", "x.bin.old", "y.bin.99999997-0.partial", alive});
}

TEST_CASE("files: a FIFO, a device and a folder are refused at once", "[base][bad-input]") {
  const Folder folder;
  const std::filesystem::path fifo = folder.path / "pipe";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  ::alarm(20);  // a reader that waits for a writer would never end
  CHECK_THROWS_WITH(read_file(fifo),
                    fifo.string() + ": is not a regular file; save what it gives in a file and name that");
  CHECK_THROWS_WITH(GzipFile(fifo), Contains("pipe: is not a regular file"));
  CHECK_THROWS_WITH(read_file("/dev/zero"), Contains("/dev/zero: is not a regular file"));
  CHECK_THROWS_WITH(GzipFile("/dev/zero"), Contains("/dev/zero: is not a regular file"));
  CHECK_THROWS_WITH(read_file(folder.path), Contains("is a folder, not a file"));
  ::alarm(0);
}

TEST_CASE("files: one beyond the limit is refused before memory is taken for it", "[base][bad-input]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "x.bin";
  write_file(file, std::string_view("12345"));
  CHECK(read_file(file, 5).size() == 5);
  CHECK_THROWS_WITH(read_file(file, 4),
                    Contains("x.bin: is 5 bytes large, at most 4 are read; check the path"));
  std::filesystem::resize_file(file, read_limit_bytes + 1);  // sparse
  CHECK_THROWS_WITH(read_file(file), Contains("bytes large, at most"));
}

TEST_CASE("files: a write beyond the process's file size limit leaves what was there", "[base][bad-input]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "x.bin";
  write_file(file, std::string_view("old"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{4096, 4096};
    std::signal(SIGXFSZ, SIG_IGN);  // as the command does
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    try {
      write_file(file, std::string(10000, 'x'));
    } catch (const Error& error) {
      ::_exit(std::string(error.what()).find("'ulimit -f'") != std::string::npos ? 0 : 3);
    }
    ::_exit(4);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(folder.names() == std::set<std::string>{"x.bin"});
  CHECK(read_file(file).size() == 3);
}
