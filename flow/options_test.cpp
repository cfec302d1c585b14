// SPDX-License-Identifier: Apache-2.0
#include "flow/options.hpp"

#include <catch2/catch.hpp>
#include <map>

using Catch::Contains;
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

TEST_CASE("options: the default is the member's own", "[flow]") {
  Collected sink;
  CommonOptions common;
  std::size_t images = 200;
  std::string norms = "fp16";
  Names engines{"golden", "fast"};
  std::vector<double> coats{0.7, 0.9};
  common.declare(sink);
  sink.whole("images", images, 1, 10000, "images");
  sink.choice("norms", norms, {"fp16", "fp8"}, "norms");
  sink.choices("engines", engines, "engine", {"golden", "fast"}, "engines");
  sink.numbers("coats", coats, 0, 1, "coats");
  CHECK(sink.options.at("out").otherwise == "out");
  CHECK(sink.options.at("threads").otherwise == "0");
  CHECK(sink.options.at("images").otherwise == "200");
  CHECK(sink.options.at("norms").otherwise == "fp16");
  CHECK(sink.options.at("engines").otherwise == "all");
  CHECK(sink.options.at("coats").otherwise == "0.7,0.9");
}

TEST_CASE("options: values go to their members", "[flow]") {
  Collected sink;
  std::size_t images = 200;
  int low = 0;
  bool quick = false;
  std::filesystem::path file;
  Names engines;
  std::vector<int> fold;
  std::vector<std::uint64_t> seeds;
  sink.whole("images", images, 1, 10000, "");
  sink.whole("low", low, -5, 5, "");
  sink.flag("quick", quick, "");
  sink.path("file", file, Takes::Place::file, "");
  sink.choices("engines", engines, "engine", {"golden", "fast"}, "");
  sink.numbers("fold", fold, 1, 9, "");
  sink.seeds("seeds", seeds, "");
  sink.set("images", "10000");
  sink.set("low", "-5");
  sink.set("quick", "");
  sink.set("file", "a/b");
  sink.set("engines", "fast,golden");
  sink.set("fold", "3,4");
  sink.set("seeds", "1,18");
  CHECK(images == 10000);
  CHECK(low == -5);
  CHECK(quick);
  CHECK(file == "a/b");
  CHECK(engines == Names{"fast", "golden"});
  CHECK(fold == std::vector<int>{3, 4});
  CHECK(seeds == std::vector<std::uint64_t>{1, 18});
}

TEST_CASE("options: lists of paths have names with commas", "[flow]") {
  Collected sink;
  std::vector<std::filesystem::path> runs;
  bool random = false;
  sink.paths("runs", runs, Takes::Place::folder, "", "", "random", &random);
  sink.set("runs", list_item("a,b") + ",random,c\\d");
  CHECK(runs == std::vector<std::filesystem::path>{"a,b", "c\\d"});
  CHECK(random);
  CHECK_THROWS_WITH(sink.set("runs", "a,,b"), Contains("--runs is 'a,,b': a name in it is empty"));
  sink.set("runs", "a");
  CHECK_FALSE(random);
}

TEST_CASE("options: what they take is declared with them", "[flow]") {
  Collected sink;
  int low = 0;
  std::optional<double> share;
  std::string norms = "fp16";
  std::vector<std::uint64_t> seeds;
  sink.whole("low", low, -5, 5, "");
  sink.real("share", share, 0, 0.5, "", "half");
  sink.choice("norms", norms, {"fp16", "fp8"}, "");
  sink.seeds("seeds", seeds, "");
  const auto takes = [&](const char* name) { return sink.options.at(name).takes; };
  CHECK((takes("low").kind == Takes::Kind::whole && takes("low").low == -5 && takes("low").high == 5));
  CHECK((takes("share").kind == Takes::Kind::number && takes("share").most == 0.5));
  CHECK((takes("norms").kind == Takes::Kind::word && takes("norms").words == Names{"fp16", "fp8"}));
  CHECK((takes("seeds").kind == Takes::Kind::whole && takes("seeds").several && takes("seeds").low == 1));
}

TEST_CASE("options: a refused value is named with what is allowed, and changes nothing",
          "[flow][bad-input]") {
  Collected sink;
  std::size_t images = 200;
  double share = 0.5;
  std::string norms = "fp16", net = "resnet18";
  std::filesystem::path file = "a";
  Names engines{"golden"};
  std::vector<int> fold{3};
  std::vector<std::uint64_t> seeds;
  sink.whole("images", images, 1, 10000, "");
  sink.real("share", share, 0, 1, "");
  sink.choice("norms", norms, {"fp16", "fp8"}, "");
  sink.text("net", net, "");
  sink.path("file", file, Takes::Place::file, "");
  sink.choices("engines", engines, "engine", {"golden", "fast"}, "");
  sink.numbers("fold", fold, 1, 9, "");
  sink.seeds("seeds", seeds, "");
  const auto refused = [&](const std::string& name, const std::string& value, const std::string& message) {
    CHECK_THROWS_WITH(sink.set(name, value), Contains(message));
  };
  refused("images", "-1", "--images is -1, must be 1 to 10000");
  refused("images", "10001", "--images is 10001, must be 1 to 10000");
  for (const char* value : {"", "ten", "3x", "1.5", " 3", "99999999999999999999"})
    refused("images", value, wd::text("--images is '", value, "', must be a whole number, 1 to 10000"));
  for (const char* value : {"", "nan", "inf", "1.01", "-0.1", "0.5,", " 0.5", "0x0", "+0.5", "0.5\n"})
    refused("share", value, wd::text("--share is '", value, "', must be a number, 0 to 1"));
  refused("norms", "fp8,fp16", "--norms is 'fp8,fp16', must be one of fp16,fp8");
  refused("norms", "", "--norms is '', must be one of");
  refused("net", "", "--net is empty");
  refused("file", "", "--file is empty");
  refused("engines", "", "--engines: names no engine; engines are golden,fast");
  refused("engines", "fast,", "--engines: '' is unknown");
  refused("engines", "fast,fast", "--engines: 'fast' is named twice");
  refused("fold", "", "--fold is ''");
  refused("fold", "3,", "--fold is ''");
  refused("seeds", "", "--seeds: '' is no seed");
  refused("seeds", "0", "--seeds: '0' is no seed");
  refused("seeds", "1,1", "--seeds: 1 is named twice");
  CHECK(images == 200);
  CHECK(share == 0.5);
  CHECK(norms == "fp16");
  CHECK(net == "resnet18");
  CHECK(file == "a");
  CHECK(engines == Names{"golden"});
  CHECK(fold == std::vector<int>{3});
  CHECK(seeds.empty());
}
