// SPDX-License-Identifier: Apache-2.0
#include "base/output_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "base/error.hpp"
#include "base/temporary_folder.hpp"

using namespace wd;
using Catch::Contains;

namespace {

/// Whether another process can have the folder.
bool others_may(const std::filesystem::path& folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      FolderLock lock(folder);
    } catch (const Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("output folder: nothing is there until it is made", "[base]") {
  const TemporaryFolder folder;
  OutputFolder output(folder.path / "a" / "b");
  CHECK(std::filesystem::is_empty(folder.path));
  output.make();
  CHECK(std::filesystem::is_directory(folder.path / "a" / "b"));
  CHECK_FALSE(others_may(folder.path / "a" / "b"));
}

TEST_CASE("output folder: one that is there is held at once, by this process alone", "[base]") {
  const TemporaryFolder folder;
  {
    const OutputFolder first(folder.path);
    OutputFolder second(folder.path / "." / "");
    second.make();
    CHECK_FALSE(others_may(folder.path));
  }
  CHECK(std::filesystem::is_empty(folder.path));
  CHECK(others_may(folder.path));
}

TEST_CASE("output folder: a link that leads nowhere is refused and stays", "[base][bad-input]") {
  const TemporaryFolder folder;
  const std::filesystem::path nowhere = folder.path / "nowhere", itself = folder.path / "itself";
  std::filesystem::create_symlink("no/such/folder", nowhere);
  std::filesystem::create_symlink("itself", itself);
  for (const std::filesystem::path& link : {nowhere, itself}) {
    CHECK_THROWS_WITH(OutputFolder(link), Contains("cannot be used as output folder"));
    CHECK(std::filesystem::is_symlink(link));
  }
}

TEST_CASE("output folder: what cannot be written is refused before anything is made", "[base][bad-input]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path / "file") << "x";
  CHECK_THROWS_WITH(OutputFolder(folder.path / "file"),
                    Contains("file: cannot be used as output folder (") && Contains("--out"));
  CHECK_THROWS_WITH(OutputFolder(folder.path / "file" / "below"), Contains("--out"));
  CHECK_THROWS_WITH(OutputFolder("/proc/none/below"), Contains("/proc/none/below") && Contains("--out"));
  CHECK_THROWS_WITH(OutputFolder(""), Contains("--out is empty"));
}

TEST_CASE("study mark: a folder is one study's, whatever is edited in it", "[base][bad-input]") {
  const TemporaryFolder folder;
  const StudyMark first(folder.path, "explore", "chip", "chip.json");
  const StudyMark faster(folder.path, "explore", "other", "other.json");
  CHECK(std::filesystem::is_empty(folder.path));
  first.make();
  first.make();  // another process of the same study
  CHECK_NOTHROW(StudyMark(folder.path, "explore", "chip", "moved.json").make());
  const auto is_refused = [&](const auto& call) {
    CHECK_THROWS_WITH(call(), Contains("has the results of the study 'chip' (chip.json), not of 'other'") &&
                                  Contains("remove " + (folder.path / "explore.study").string()));
  };
  is_refused([&] { StudyMark(folder.path, "explore", "other", ""); });
  is_refused([&] { faster.make(); });  // both began before one had made its mark
  CHECK_NOTHROW(StudyMark(folder.path, "ablation", "other", "").make());
  CHECK_THROWS_WITH(StudyMark::require_none(folder.path, "ablation"),
                    Contains("study 'other'; choose another"));
  CHECK_NOTHROW(StudyMark::require_none(folder.path, "trainings"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder.path)) ++files;
  CHECK(files == 2);
}
