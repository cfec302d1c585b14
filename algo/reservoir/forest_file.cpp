// SPDX-License-Identifier: Apache-2.0
// Forest files (.wdf).
//
// Sections  forest: JSON {features, classes}; trees: two u32 per tree, its inner nodes and its root (the
//           vote row if it has no inner node, else 0); nodes: the records of forest_records.hpp, all
//           trees' without gaps, each number's least significant bit first, the last byte filled up with
//           0; votes: rows of `classes` bytes.
#include <string>

#include "algo/reservoir/forest_records.hpp"
#include "algo/reservoir/random_forest.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

constexpr std::uint64_t max_features = std::uint64_t{1} << 31;
constexpr std::size_t max_trees = 65536;  // keeps sums of votes far from 32 bits

class BitPacker {
 public:
  void put(std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i, ++at_) {
      if (at_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (value >> i & 1) << at_ % 8);
    }
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

/// The caller has checked that there are enough bits.
class BitUnpacker {
 public:
  explicit BitUnpacker(const Bytes& bytes) : bytes_(bytes) {}
  std::uint32_t get(unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) value |= (std::uint32_t{bytes_[at_ / 8]} >> at_ % 8 & 1) << i;
    return value;
  }
  bool rest_is_zero() {
    while (at_ < 8 * bytes_.size())
      if (get(1) != 0) return false;
    return true;
  }

 private:
  const Bytes& bytes_;
  std::size_t at_ = 0;
};

void put_child(BitPacker& out, TreeChild child, unsigned bits) {
  out.put(child >> 31, 1);
  out.put(child & ~leaf_flag, bits - 1);
}

/// Reads one tree and refuses what is not a tree.
class TreeReader {
 public:
  TreeReader(BitUnpacker& bits, const Forest& forest, std::string where)
      : bits_(bits), forest_(forest), where_(std::move(where)) {}

  Tree read(std::uint32_t count, std::uint32_t root) {
    Tree tree;
    if (count == 0) {
      require_row(root, "root");
      tree.root = root | leaf_flag;
      return tree;
    }
    WD_REQUIRE(root == 0, where_, "root is ", root, ", must be 0 in a tree with inner nodes");
    tree.root = 0;
    const unsigned width = child_bits(count, forest_.leaf_rows());
    std::vector<char> has_parent(count, 0);
    for (std::uint32_t i = 0; i < count; ++i) {
      WD_REQUIRE(i == 0 || has_parent[i], where_, "node ", i, " is no child of an earlier node");
      TreeNode node;
      node.feature = bits_.get(index_bits(forest_.features));
      WD_REQUIRE(node.feature < forest_.features, where_, "node ", i, " tests feature ", node.feature,
                 ", there are ", forest_.features);
      for (TreeChild& child : node.child) child = read_child(i, count, width, has_parent);
      tree.nodes.push_back(node);
    }
    return tree;
  }

 private:
  TreeChild read_child(std::uint32_t node, std::uint32_t count, unsigned width,
                       std::vector<char>& has_parent) {
    const bool leaf = bits_.get(1) != 0;
    const std::uint32_t number = bits_.get(width - 1);
    if (leaf) {
      require_row(number, "a child of node " + std::to_string(node));
      return number | leaf_flag;
    }
    WD_REQUIRE(number < count, where_, "a child of node ", node, " is node ", number, ", there are ", count);
    WD_REQUIRE(number > node, where_, "a child of node ", node, " is node ", number,
               ", which is not behind it; that would be a cycle");
    WD_REQUIRE(!has_parent[number], where_, "node ", number, " has two parents");
    has_parent[number] = 1;
    return number;
  }
  void require_row(std::uint32_t row, const std::string& what) const {
    WD_REQUIRE(row < forest_.leaf_rows(), where_, what, " is vote row ", row, ", there are ",
               forest_.leaf_rows());
  }

  BitUnpacker& bits_;
  const Forest& forest_;
  std::string where_;
};

/// Refuses a section whose length differs from what the trees need, before anything is allocated.
void require_length(const std::string& origin, const Forest& forest, const std::vector<std::uint32_t>& trees,
                    std::uint64_t found_bytes) {
  std::uint64_t bits = 0;
  for (std::size_t t = 0; t < trees.size(); t += 2)
    bits += std::uint64_t{trees[t]} * record_bits(forest.features, trees[t], forest.leaf_rows());
  WD_REQUIRE(found_bytes == (bits + 7) / 8, origin, ": section 'nodes' has ", found_bytes,
             " bytes, the trees need ", (bits + 7) / 8, "; the file is damaged, make it again");
}

}  // namespace

Container to_container(const Forest& forest) {
  Container container(forest_kind);
  container.set_json("forest", {{"features", forest.features}, {"classes", forest.classes}});
  std::vector<std::uint32_t> trees;
  BitPacker out;
  for (const Tree& tree : forest.trees) {
    trees.push_back(static_cast<std::uint32_t>(tree.nodes.size()));
    trees.push_back(tree.nodes.empty() ? tree.root & ~leaf_flag : 0);
    const unsigned width = child_bits(tree.nodes.size(), forest.leaf_rows());
    for (const TreeNode& node : tree.nodes) {
      out.put(node.feature, index_bits(forest.features));
      for (TreeChild child : node.child) put_child(out, child, width);
    }
  }
  container.set_array("trees", trees);
  container.set("nodes", out.take());
  container.set("votes", forest.votes);
  return container;
}

Forest forest_from(const Container& container) {
  const std::string& origin = container.origin();
  const nlohmann::json description = container.get_json("forest");
  JsonReader reader(description, origin + ": forest");
  Forest forest;
  forest.features = reader.get_between<std::uint64_t>("features", 1, max_features);
  forest.classes = reader.get_between("classes", 1, 65535);
  reader.refuse_unknown();
  for (const auto& [name, bytes] : container.sections())
    WD_REQUIRE(name == "forest" || name == "trees" || name == "nodes" || name == "votes", origin,
               ": section '", name, "' is unknown; the file was made by another program version");
  forest.votes = container.get("votes");
  WD_REQUIRE(!forest.votes.empty() && forest.votes.size() % static_cast<std::size_t>(forest.classes) == 0,
             origin, ": section 'votes' has ", forest.votes.size(), " bytes, must be rows of ",
             forest.classes, ", at least one");
  WD_REQUIRE(forest.leaf_rows() < leaf_flag, origin, ": section 'votes' has too many rows");
  const std::vector<std::uint32_t> trees = container.get_array<std::uint32_t>("trees");
  WD_REQUIRE(!trees.empty() && trees.size() % 2 == 0 && trees.size() / 2 <= max_trees, origin,
             ": section 'trees' has ", trees.size(), " numbers, must be two per tree, 1 to ", max_trees,
             " trees");
  for (std::size_t t = 0; t < trees.size(); t += 2)
    WD_REQUIRE(trees[t] < leaf_flag, origin, ": tree ", t / 2, " has ", trees[t],
               " inner nodes, must be below ", leaf_flag);
  const Bytes& nodes = container.get("nodes");
  require_length(origin, forest, trees, nodes.size());
  BitUnpacker bits(nodes);
  for (std::size_t t = 0; t < trees.size(); t += 2)
    forest.trees.push_back(
        TreeReader(bits, forest, text(origin, ": tree ", t / 2, ": ")).read(trees[t], trees[t + 1]));
  WD_REQUIRE(bits.rest_is_zero(), origin, ": section 'nodes': the bits behind the last node are not zero");
  return forest;
}

void write_forest(const Forest& forest, const std::filesystem::path& path) {
  to_container(forest).write(path);
}

Forest read_forest(const std::filesystem::path& path) {
  return forest_from(Container::read(path, forest_kind));
}

}  // namespace wd::algo
