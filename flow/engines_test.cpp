// SPDX-License-Identifier: Apache-2.0
#include "flow/engines.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "cli/report/result_keys.hpp"

using Catch::Contains;
using namespace wd;
using namespace wd::flow;

namespace {

class Collected : public OptionSink {
 public:
  void add(Option option) override { options.emplace(option.name, option); }
  void set(const std::string& name, const std::string& value) const {
    options.at(name).set(value, "--" + name);
  }
  std::map<std::string, Option> options;
};

}  // namespace

TEST_CASE("engines: the table says what each can do", "[flow]") {
  CHECK(engine_names() == Names{"golden", "fast", "systemc", "rtl"});
  const Names names = engine_names();
  CHECK(std::equal(names.begin(), names.end(), std::begin(report::engine_names),
                   std::end(report::engine_names)));
  CHECK_FALSE(engine_kind("golden").timed);
  CHECK(engine_kind("rtl").serial);
  CHECK(engine_kind("fast").layer_counts != nullptr);
  CHECK_THROWS_WITH(engine_kind("verilog"),
                    "engine 'verilog' is unknown; engines are golden,fast,systemc,rtl");
}

TEST_CASE("engines: an architecture is refused by those that lack it, with those that have it",
          "[flow][bad-input]") {
  arch::Arch arch;
  CHECK_NOTHROW(require_engines(engine_names(), arch, "a.json"));
  arch.pes_per_group = 32;
  CHECK_NOTHROW(require_engines({"golden", "fast", "systemc"}, arch, "a.json"));
  const auto refusal = [](const arch::Arch& given) {
    try {
      require_engines(engine_names(), given, "a.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string built =
      "; the RTL is built for the arrays {} {\"pes_per_group\":16} "
      "{\"groups_per_walker\":4,\"pes_per_group\":16,\"planes_per_row\":1,\"window\":4} "
      "{\"entries\":8,\"groups_per_walker\":1,\"pes_per_group\":16,\"planes_per_row\":1,\"sum_segment\":0,"
      "\"window\":8} "
      "{\"pes_per_group\":16,\"planes_per_row\":3,\"sum_segment\":0,\"window\":3}";  // then WD_RTL_ARCHS
  const std::string others =
      "; others with cmake -DWD_RTL_ARCHS=FILES, as for --arch; give --engines golden,fast,systemc";
  const auto refused = [&](const arch::Arch& given, const std::string& reason) {
    const std::string got = refusal(given);
    return got.rfind("a.json: " + reason + built, 0) == 0 && got.size() >= others.size() &&
           got.compare(got.size() - others.size(), others.size(), others) == 0;
  };
  CHECK(refused(arch, "'pes_per_group' is 32, not 64"));
  arch = {};
  arch.groups_per_walker = 4;
  CHECK(refused(arch, "'groups_per_walker' is 4, not 16"));
  arch = {};
  arch.pes_per_group = 16;
  arch.planes_per_row = arch.window = 3;
  CHECK(refused(arch, "'sum_segment' is 8, not 0"));
  arch.sum_segment = 0;
  CHECK(refusal(arch) == "accepted");
  arch.memory_latency = 30;
  arch.entries = 1;
  CHECK(refused(arch, "'entries' is 1, not 2, 'memory_latency' is 30, not 24"));
  arch = {};
  arch.chunk = 32;
  CHECK_NOTHROW(require_engines({"golden", "fast"}, arch, "a.json"));
  CHECK_THROWS_WITH(require_engines({"systemc"}, arch, "a.json"),
                    Contains("'chunk' is 32") && Contains("--engines golden,fast"));
}

TEST_CASE("engines: each gets its own number of images, of those that there are", "[flow]") {
  ImageOptions images;
  Collected sink;
  images.declare(sink);
  CHECK(images.count_for(engine_kind("fast"), 10000) == 10000);
  CHECK(images.count_for(engine_kind("systemc"), 10000) == 100);
  CHECK(images.count_for(engine_kind("rtl"), 10000) == 4);
  CHECK(images.count_for(engine_kind("rtl"), 3) == 3);
  sink.set("images", "7");
  sink.set("rtl-images", "9");
  CHECK(images.count_for(engine_kind("golden"), 10000) == 7);
  CHECK(images.count_for(engine_kind("systemc"), 10000) == 100);
  CHECK(images.count_for(engine_kind("rtl"), 10000) == 9);
}

TEST_CASE("engines: switches go off by name, the window is 1 to the architecture's", "[flow][bad-input]") {
  SwitchOptions options;
  Collected sink;
  options.declare(sink);
  sink.set("off", "skip_zero_bits,gate_walker");
  sink.set("window", "1");
  CHECK_FALSE(options.switches.skip_zero_bits);
  CHECK_FALSE(options.switches.gate_walker);
  CHECK(options.switches.gate_group);
  CHECK(options.switches.window == 1);
  CHECK_THROWS_WITH(sink.set("off", ""),
                    Contains("--off: names no switch; switches are skip_zero_activations"));
  CHECK_THROWS_WITH(sink.set("off", "turbo"), Contains("--off: 'turbo' is unknown; switches are"));
  CHECK_THROWS_WITH(sink.set("window", "0"), "--window is 0, must be 1 to 2");
}
