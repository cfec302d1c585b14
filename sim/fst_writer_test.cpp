// SPDX-License-Identifier: Apache-2.0
// What the library's own reader finds in a file.
#include "sim/fst_writer.hpp"

#include <gtkwave/fstapi.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"

namespace wd::sim {
namespace {

using Changes = std::map<std::uint64_t, std::map<std::string, std::string>>;

struct Read {
  std::map<unsigned, std::string> names;  // the first of each signal
  std::vector<std::string> paths;
  Changes changes;
};

void change(void* user, std::uint64_t time, fstHandle handle, const unsigned char* value) {
  auto& read = *static_cast<Read*>(user);
  read.changes[time][read.names.at(handle)] = reinterpret_cast<const char*>(value);
}

Read read_waves(const std::filesystem::path& path) {
  void* const file = fstReaderOpen(path.c_str());
  REQUIRE(file != nullptr);
  CHECK(fstReaderGetTimescale(file) == -12);
  Read read;
  std::string scope;
  while (const fstHier* const entry = fstReaderIterateHier(file)) {
    if (entry->htyp == FST_HT_SCOPE) scope += std::string(entry->u.scope.name) + ".";
    if (entry->htyp == FST_HT_UPSCOPE) scope.erase(scope.find_last_of('.', scope.size() - 2) + 1);
    if (entry->htyp != FST_HT_VAR) continue;
    read.paths.push_back(text(scope, entry->u.var.name, ":", entry->u.var.length));
    read.names.emplace(entry->u.var.handle, read.paths.back());
  }
  fstReaderSetFacProcessMaskAll(file);
  fstReaderIterBlocks(file, change, &read, nullptr);
  CHECK(fstReaderGetEndTime(file) == 8000);
  fstReaderClose(file);
  return read;
}

TEST_CASE("FST: hierarchy, shared signals, buses and times are what was told", "[waves]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / text("wd_fst_writer_test_", ::getpid(), ".fst");
  {
    FstWriter writer(path);
    writer.declare(0, "top", "clk", 1);
    writer.declare(1, "top.a.b", "bus", 3);
    writer.declare(3, "top.c", "wide", 70);
    writer.declare(1, "top", "same", 3);
    writer.time(14);
    writer.change(0, "1");
    writer.change(1, "011");
    writer.change(3, std::string(69, '0') + "1");
    writer.time(15);
    writer.change(0, "0");
    CHECK_FALSE(std::filesystem::exists(path.string() + ".hier"));
    writer.finish(16);
  }
  const Read read = read_waves(path);
  CHECK(read.paths == std::vector<std::string>{"top.clk:1", "top.a.b.bus [2:0]:3", "top.c.wide [69:0]:70",
                                               "top.same [2:0]:3"});
  CHECK(read.changes == Changes{{7000,
                                 {{"top.clk:1", "1"},
                                  {"top.a.b.bus [2:0]:3", "011"},
                                  {"top.c.wide [69:0]:70", std::string(69, '0') + "1"}}},
                                {7500, {{"top.clk:1", "0"}}}});
  std::filesystem::remove(path);
}

TEST_CASE("FST: a file that cannot be written is named", "[waves][bad-input]") {
  CHECK_THROWS_WITH(FstWriter("/no/such/folder/x.fst"),
                    Catch::StartsWith("/no/such/folder/x.fst: cannot be written"));
}

}  // namespace
}  // namespace wd::sim
