// SPDX-License-Identifier: Apache-2.0
#include "sim/vcd_writer.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::sim {
namespace {

TEST_CASE("waves: hierarchy, codes, buses and times as in the standard", "[waves]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / text("wd_vcd_writer_test_", ::getpid(), ".vcd");
  {
    VcdWriter writer(path);
    writer.declare(0, "top", "clk", 1);
    writer.declare(1, "top.a.b", "bus", 3);
    writer.declare(93, "top.c", "last_short_code", 1);
    writer.declare(94, "top.c", "first_long_code", 1);
    writer.declare(1, "top", "same", 3);
    writer.time(14);
    writer.change(0, "1");
    writer.change(1, "011");
    writer.change(93, "0");
    writer.change(94, "1");
    writer.time(15);
    writer.change(0, "0");
    writer.finish(16);
  }
  const Bytes bytes = read_file(path);
  CHECK(std::string(bytes.begin(), bytes.end()) ==
        "$timescale 1ps $end\n$scope module top $end\n$var wire 1 ! clk $end\n$scope module a $end\n"
        "$scope module b $end\n$var wire 3 \" bus [2:0] $end\n$upscope $end\n$upscope $end\n"
        "$scope module c $end\n$var wire 1 ~ last_short_code $end\n$var wire 1 !! first_long_code $end\n"
        "$upscope $end\n$var wire 3 \" same [2:0] $end\n$upscope $end\n$enddefinitions $end\n"
        "#7000\n1!\nb011 \"\n0~\n1!!\n#7500\n0!\n#8000\n");
  std::filesystem::remove(path);
}

TEST_CASE("waves: a file that cannot be written is named", "[waves][bad-input]") {
  CHECK_THROWS_WITH(VcdWriter("/no/such/folder/x.vcd"),
                    Catch::StartsWith("/no/such/folder/x.vcd: cannot be written"));
  VcdWriter full("/dev/full");
  CHECK_THROWS_WITH(full.finish(2), Catch::StartsWith("/dev/full: cannot be written: No space left"));
}

}  // namespace
}  // namespace wd::sim
