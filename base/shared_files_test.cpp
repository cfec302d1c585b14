// SPDX-License-Identifier: Apache-2.0
#include "base/shared_files.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

namespace wd {
namespace {

namespace fs = std::filesystem;

void make_tree(const fs::path& folder) {
  fs::create_directories(folder / "hw/rtl");
  fs::create_directories(folder / "algo/configs");
  write_file(folder / "algo/configs/one.json", std::string_view("{}"));
}

/// Sets the variable for a scope.
struct Share {
  explicit Share(const fs::path& folder) { ::setenv("WHITEDWARF_SHARE", folder.c_str(), 1); }
  ~Share() { ::unsetenv("WHITEDWARF_SHARE"); }
};

}  // namespace

TEST_CASE("shared_files: an installation's are beside its bin, wherever that is", "[base]") {
  const TemporaryFolder folder;
  make_tree(folder.path / "usr/share/whitedwarf");
  CHECK(shared_folder_of(folder.path / "usr/bin/whitedwarf") == folder.path / "usr/share/whitedwarf");
  const fs::path module = folder.path / "usr/lib/python3/dist-packages/whitedwarf/_native.so";
  CHECK(shared_folder_of(module) == folder.path / "usr/share/whitedwarf");
  fs::rename(folder.path / "usr", folder.path / "moved");
  CHECK(shared_folder_of(folder.path / "moved/bin/whitedwarf") == folder.path / "moved/share/whitedwarf");
  CHECK(shared_folder_of(folder.path / "usr/bin/whitedwarf").empty());
}

TEST_CASE("shared_files: a build's are the tree that it lies in, an installation's before those", "[base]") {
  const TemporaryFolder folder;
  make_tree(folder.path / "tree");
  CHECK(shared_folder_of(folder.path / "tree/build/release/whitedwarf") == folder.path / "tree");
  CHECK(shared_folder_of(folder.path / "elsewhere/whitedwarf").empty());
  make_tree(folder.path / "tree/build/share/whitedwarf");
  CHECK(shared_folder_of(folder.path / "tree/build/release/whitedwarf") ==
        folder.path / "tree/build/share/whitedwarf");
  fs::remove_all(folder.path / "tree/build/share/whitedwarf/hw");
  CHECK(shared_folder_of(folder.path / "tree/build/release/whitedwarf") == folder.path / "tree");
}

TEST_CASE("shared_files: a file that is there goes before the shared one of its name", "[base]") {
  const TemporaryFolder folder;
  make_tree(folder.path / "share");
  const Share share(folder.path / "share");
  CHECK(shared_folder() == folder.path / "share");
  const fs::path name = "algo/configs/one.json";
  CHECK(find_shared(name) == folder.path / "share" / name);
  CHECK(find_shared("algo/configs/two.json") == "algo/configs/two.json");
  CHECK(find_shared(folder.path / "two.json") == folder.path / "two.json");
  make_tree(folder.path / "here");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path / "here");
  const fs::path found = find_shared(name);
  fs::current_path(before);
  CHECK(found == name);
}

}  // namespace wd
