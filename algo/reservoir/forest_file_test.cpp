// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/reservoir/random_forest.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// Node 0 tests feature 5: 0 -> node 1, 1 -> row 2. Node 1 tests feature 3: 0 -> row 0, 1 -> row 1.
Forest small() {
  Forest forest{6, 2, {}, {255, 0, 0, 255, 100, 155}};
  forest.trees.push_back({0, {{5, {1, 2 | leaf_flag}}, {3, {0 | leaf_flag, 1 | leaf_flag}}}});
  forest.trees.push_back({1 | leaf_flag, {}});
  return forest;
}

/// A random tree of `count` inner nodes, as training could leave it.
Tree random_tree(std::uint32_t count, std::size_t features, std::size_t rows, std::uint64_t seed) {
  Tree tree;
  std::vector<TreeChild*> open{&tree.root};
  tree.nodes.resize(count);
  std::uint64_t draw = 0;
  const auto next = [&](std::uint64_t below) {
    return random_bits(seed, RandomStream::shuffle, draw++) % below;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    std::swap(open[next(open.size())], open.back());
    *open.back() = i;
    open.pop_back();
    tree.nodes[i].feature = static_cast<std::uint32_t>(next(features));
    for (TreeChild& child : tree.nodes[i].child) open.push_back(&child);
  }
  for (TreeChild* child : open) *child = static_cast<std::uint32_t>(next(rows)) | leaf_flag;
  return tree;
}

/// The reader's answer to a container with one section changed.
template <typename Change>
void check_refused(Change change, const std::string& message) {
  Container container = to_container(small());
  change(container);
  const Container again = Container::parse(container.serialize(), forest_kind, "x.wdf");
  INFO(message);
  CHECK_THROWS_WITH(forest_from(again), Contains("x.wdf") && Contains(message));
}

}  // namespace

TEST_CASE("forest file: the bits are where the format says", "[algo][golden]") {
  const Container container = to_container(small());
  // Feature 3 bits, then two children: flag and max(1 bit for 2 nodes, 2 bits for 3 rows), lowest bit first.
  // Node 0: 101 0 10 1 01 (5; node 1; row 2). Node 1: 110 1 00 1 10 (3; row 0; row 1).
  const Bytes expected{0b01010101, 0b10010111, 0b00000001};
  CHECK(container.get("nodes") == expected);
  CHECK(container.get_array<std::uint32_t>("trees") == std::vector<std::uint32_t>{2, 0, 0, 1});
  CHECK(container.get("votes") == Bytes{255, 0, 0, 255, 100, 155});
}

TEST_CASE("forest file: what is written is read back", "[algo][round-trip]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_forest_test_" + std::to_string(::getpid()) + ".wdf");
  for (std::size_t features : {std::size_t{1}, std::size_t{2}, std::size_t{784}, std::size_t{1} << 31}) {
    Forest forest{features, 10, {}, std::vector<std::uint8_t>(10 * 37)};
    for (std::uint32_t n = 0; n < 40; ++n) forest.trees.push_back(random_tree(n * n, features, 37, n));
    for (std::size_t i = 0; i < forest.votes.size(); ++i) forest.votes[i] = static_cast<std::uint8_t>(i);
    write_forest(forest, path);
    CHECK(read_forest(path) == forest);
  }
  std::filesystem::remove(path);
}

TEST_CASE("forest file: what is no forest is refused by name", "[algo][bad-input][message]") {
  using C = Container;
  const auto words = [](std::vector<std::uint32_t> values) {
    return [values](C& c) { c.set_array("trees", values); };
  };
  const auto nodes = [](Bytes bytes) { return [bytes](C& c) { c.set("nodes", bytes); }; };
  check_refused([](C& c) { c.set_json("forest", {{"features", 0}, {"classes", 2}}); }, "'features' is 0");
  check_refused(
      [](C& c) {
        c.set_json("forest", {{"features", 6}, {"classes", 70000}});
      },
      "'classes' is 70000");
  check_refused(
      [](C& c) {
        c.set_json("forest", {{"features", 6}, {"classes", 2}, {"x", 1}});
      },
      "unknown key 'x'");
  check_refused([](C& c) { c.set("more", {1}); }, "section 'more' is unknown");
  check_refused([](C& c) { c.set("votes", {}); }, "section 'votes' has 0 bytes");
  check_refused([](C& c) { c.set("votes", {1, 2, 3}); }, "section 'votes' has 3 bytes, must be rows of 2");
  check_refused(words({}), "section 'trees' has 0 numbers");
  check_refused(words({2, 0, 0}), "section 'trees' has 3 numbers");
  check_refused(words(std::vector<std::uint32_t>(2 * 65537)), "1 to 65536 trees");
  check_refused(words({0xffffffff, 0}), "tree 0 has 4294967295 inner nodes");
  check_refused(words({0x7fffffff, 0, 0, 1}), "section 'nodes' has 3 bytes, the trees need");
  check_refused(words({1, 0, 0, 1}), "section 'nodes' has 3 bytes, the trees need 2");
  check_refused(words({2, 0, 0, 3}), "tree 1: root is vote row 3, there are 3");
  check_refused(words({2, 1, 0, 1}), "tree 0: root is 1, must be 0");
  check_refused(nodes({0b01010101, 0b10010111}), "has 2 bytes, the trees need 3");
  check_refused(nodes({0b01010101, 0b10010111, 1, 0}), "has 4 bytes, the trees need 3");
  check_refused(nodes({0b01010111, 0b10010111, 1}), "node 0 tests feature 7, there are 6");
  check_refused(nodes({0b01000101, 0b10010111, 1}), "a child of node 0 is node 0, which is not behind it");
  check_refused(nodes({0b01100101, 0b10010111, 1}), "a child of node 0 is node 2, there are 2");
  check_refused(nodes({0b11010101, 0b10010111, 1}), "a child of node 0 is vote row 3, there are 3");
  check_refused(nodes({0b10010101, 0b10010110, 1}), "node 1 has two parents");
  check_refused(nodes({0b01001101, 0b10010111, 1}), "node 1 is no child of an earlier node");
  check_refused(nodes({0b01010101, 0b10010111, 0b101}), "bits behind the last node are not zero");
}

TEST_CASE("forest file: every changed byte and every truncation is refused", "[algo][bad-input]") {
  const Bytes good = to_container(small()).serialize();
  int accepted = 0;
  const auto attempt = [&](const Bytes& bytes) {
    try {
      forest_from(Container::parse(bytes, forest_kind, "x.wdf"));
      ++accepted;
    } catch (const Error&) {
    }
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    attempt(bad);
    attempt(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
  }
  CHECK(accepted == 0);
}

TEST_CASE("forest file: random node bits are a forest or are refused", "[algo][bad-input]") {
  Container container = to_container(small());
  int accepted = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    const std::uint64_t bits = random_bits(seed, RandomStream::signs, 0);
    container.set("nodes", {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
                            static_cast<std::uint8_t>(bits >> 16 & 3)});
    try {
      const Forest forest = forest_from(container);
      CHECK(classify(forest, [&](std::size_t f) { return bits >> f & 1; }) < 2);
      ++accepted;
    } catch (const Error&) {
    }
  }
  CHECK(accepted > 0);
}
