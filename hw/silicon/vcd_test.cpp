// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/vcd.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "base/error.hpp"

namespace {

using namespace wd::silicon;

struct Seen {
  double time_ns;
  int variable;
  int value;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read(std::string text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fmemopen(text.data(), text.size(), "r"),
                                                             std::fclose);
  std::vector<Seen> seen;
  read_vcd(file.get(), "x.vcd",
           {[](const std::string& scope, const std::string& name) {
              return scope == "tb.dut" && name.starts_with('n') ? name[1] - '0' : -1;
            },
            [&](double time_ns, std::span<const Change> changes) {
              for (const Change& change : changes) seen.push_back({time_ns, change.variable, change.value});
            }});
  return seen;
}

const std::string header =
    "$date today $end\n$timescale 1ps $end\n$scope module tb $end\n$var reg 1 ! n1 $end\n$scope module dut "
    "$end\n"
    "$var wire 1 \" n2 $end\n$var wire 1 !! n3 $end\n$var wire 4 # n4 [3:0] $end\n$var wire 1 !! n5 $end\n"
    "$upscope $end\n$upscope $end\n$enddefinitions $end\n";

}  // namespace

TEST_CASE("vcd: changes of the wanted variables, by time", "[silicon][oracle]") {
  const std::vector<Seen> expected = {{0, 2, 2}, {0, 3, 0}, {0, 5, 0}, {1.5, 2, 1}, {2, 3, 2}, {2, 5, 2}};
  CHECK(read(header + "#0\n$dumpvars\nx\"\n0!!\n1!\nb01x0 #\n$end\n#1500\n1\"\n#2000\nz!!\n#3000\n") ==
        expected);
}

TEST_CASE("vcd: what is none is refused with its line", "[silicon][bad-input]") {
  CHECK_THROWS_WITH(read("hello"), Catch::Contains("x.vcd:1: 'hello' in the header: this is no VCD"));
  CHECK_THROWS_WITH(read("$timescale 1ns $end\n"), Catch::Contains("ends before $enddefinitions"));
  CHECK_THROWS_WITH(read("$timescale 1day $end\n"), Catch::Contains("timescale is '1day'"));
  CHECK_THROWS_WITH(read("$upscope $end\n"), Catch::Contains("$upscope without a scope"));
  CHECK_THROWS_WITH(read(header + "#5\n#4\n"), Catch::Contains("x.vcd:15: time goes back to 4"));
  CHECK_THROWS_WITH(read(header + "#5\nq!\n"), Catch::Contains("'q!' is no change of a value"));
}
