// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_patterns.hpp"

#include <cmath>
#include <numbers>
#include <optional>

namespace wd::algo {
namespace {

class PatternFinder {
 public:
  explicit PatternFinder(const OnnxModel& model) : model_(model), nodes_(model.nodes), gone_(nodes_.size()) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (const std::string& output : nodes_[i].outputs) producer_[output] = i;
      for (const std::string& input : nodes_[i].inputs) readers_[input].push_back(i);
    }
  }

  std::vector<OnnxNode> run() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (gone_[i]) continue;
      if (nodes_[i].op == "Erf") fuse_gelu(i);
      if (nodes_[i].op == "Sqrt") fuse_layer_norm(i);
    }
    std::vector<OnnxNode> left;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (!gone_[i]) left.push_back(std::move(nodes_[i]));
    return left;
  }

 private:
  using Index = std::optional<std::size_t>;

  /// The node that makes a value, if it is of this operator and has so many inputs.
  Index maker(const std::string& value, const char* op, std::size_t inputs) const {
    const auto found = producer_.find(value);
    if (found == producer_.end() || gone_[found->second]) return std::nullopt;
    const OnnxNode& node = nodes_[found->second];
    const bool fits = node.op == op && node.inputs.size() == inputs && node.outputs.size() == 1;
    return fits ? Index(found->second) : std::nullopt;
  }
  const std::string& input(std::size_t node, std::size_t index) const { return nodes_[node].inputs[index]; }
  const std::string& output(std::size_t node) const { return nodes_[node].outputs[0]; }

  const NamedTensor* constant(const std::string& value) const {
    if (const NamedTensor* tensor = model_.initializers.find(value)) return tensor;
    if (const Index same = maker(value, "Identity", 1)) return model_.initializers.find(input(*same, 0));
    const Index node = maker(value, "Constant", 0);
    if (!node) return nullptr;
    const auto found = nodes_[*node].attributes.find("value");
    return found == nodes_[*node].attributes.end() ? nullptr : std::get_if<NamedTensor>(&found->second);
  }
  static std::optional<std::vector<std::int64_t>> integers(const NamedTensor& tensor) {
    if (tensor.is_real() || tensor.dtype == DType::u64) return std::nullopt;
    return tensor.to_integers("constant");
  }
  std::optional<double> number(const std::string& value) const {
    const NamedTensor* tensor = constant(value);
    if (tensor == nullptr || tensor->count() != 1) return std::nullopt;
    if (tensor->is_real()) return tensor->to_floats()[0];
    const auto whole = integers(*tensor);
    return whole ? std::optional<double>(static_cast<double>((*whole)[0])) : std::nullopt;
  }
  bool is(const std::string& value, double expected) const {
    const auto found = number(value);
    return found && std::abs(*found - expected) <= 2e-4 * expected;
  }
  /// The other operand of a node with two, one of which is `value`.
  const std::string& other(std::size_t node, const std::string& value) const {
    return input(node, input(node, 0) == value ? 1 : 0);
  }
  /// x, if the value is x * factor (or x / (1 / factor)).
  std::optional<std::string> scaled(const std::string& value, double factor) const {
    if (const Index node = maker(value, "Div", 2); node && is(input(*node, 1), 1 / factor))
      return input(*node, 0);
    if (const Index node = maker(value, "Mul", 2))
      for (const std::size_t index : {std::size_t{0}, std::size_t{1}})
        if (is(input(*node, index), factor)) return input(*node, 1 - index);
    return std::nullopt;
  }
  /// The only node that reads a value. The scores are read from outside.
  Index sole_reader(const std::string& value) const {
    for (const OnnxValue& score : model_.outputs)
      if (score.name == value) return std::nullopt;
    const auto found = readers_.find(value);
    if (found == readers_.end()) return std::nullopt;
    Index reader;
    for (const std::size_t node : found->second) {
      if (gone_[node] || reader == node) continue;
      if (reader) return std::nullopt;
      reader = node;
    }
    return reader;
  }

  void fuse_gelu(std::size_t erf) {
    if (nodes_[erf].inputs.size() != 1 || nodes_[erf].outputs.size() != 1) return;
    const auto x = scaled(input(erf, 0), 1 / std::numbers::sqrt2);
    const Index sum = sole_reader(output(erf));
    if (!x || !sum || nodes_[*sum].op != "Add" || nodes_[*sum].inputs.size() != 2 ||
        !is(other(*sum, output(erf)), 1))
      return;
    bool has_x = false, has_half = false;
    std::size_t last = *sum;
    while (!has_x || !has_half) {
      const std::string& product = output(last);
      const Index next = sole_reader(product);
      if (!next || nodes_[*next].inputs.size() != 2 || nodes_[*next].outputs.size() != 1) return;
      const std::string& factor = other(*next, product);
      const bool times = nodes_[*next].op == "Mul",
                 over = nodes_[*next].op == "Div" && input(*next, 0) == product;
      if (!has_half && ((times && is(factor, 0.5)) || (over && is(factor, 2))))
        has_half = true;
      else if (times && !has_x && factor == *x)
        has_x = true;
      else if (times && !has_x && !has_half && scaled(factor, 0.5) == *x)
        has_x = has_half = true;
      else
        return;
      last = *next;
    }
    replace(last, "Gelu", *x, {});
  }

  /// What a ReduceMean that keeps its one axis averages, and over which.
  struct Mean {
    std::string of;
    std::int64_t axis = 0;
    bool operator==(const Mean&) const = default;
  };
  std::optional<Mean> mean(const std::string& value) const {
    Index node = maker(value, "ReduceMean", 1);
    std::vector<std::int64_t> axes;
    if (node) {
      const auto found = nodes_[*node].attributes.find("axes");
      if (found == nodes_[*node].attributes.end()) return std::nullopt;
      if (const auto* list = std::get_if<std::vector<std::int64_t>>(&found->second)) axes = *list;
    } else if ((node = maker(value, "ReduceMean", 2))) {
      const NamedTensor* tensor = constant(input(*node, 1));
      if (tensor == nullptr) return std::nullopt;
      axes = integers(*tensor).value_or(std::vector<std::int64_t>{});
    }
    if (!node || axes.size() != 1) return std::nullopt;
    const auto keeps = nodes_[*node].attributes.find("keepdims");
    if (keeps != nodes_[*node].attributes.end()) {
      const auto* flag = std::get_if<std::int64_t>(&keeps->second);
      if (flag == nullptr || *flag == 0) return std::nullopt;
    }
    return Mean{input(*node, 0), axes[0]};
  }
  /// The mean that is taken away from what it is of: x - mean(x).
  std::optional<Mean> centred(const std::string& value) const {
    const Index node = maker(value, "Sub", 2);
    if (!node) return std::nullopt;
    const auto found = mean(input(*node, 1));
    return found && found->of == input(*node, 0) ? found : std::nullopt;
  }
  std::optional<std::string> squared(const std::string& value) const {
    if (const Index node = maker(value, "Pow", 2); node && is(input(*node, 1), 2)) return input(*node, 0);
    if (const Index node = maker(value, "Mul", 2); node && input(*node, 0) == input(*node, 1))
      return input(*node, 0);
    return std::nullopt;
  }

  void fuse_layer_norm(std::size_t root) {
    if (nodes_[root].inputs.size() != 1 || nodes_[root].outputs.size() != 1) return;
    const Index safe = maker(input(root, 0), "Add", 2), quotient = sole_reader(output(root));
    if (!safe || !quotient || nodes_[*quotient].op != "Div" || nodes_[*quotient].inputs.size() != 2 ||
        nodes_[*quotient].outputs.size() != 1)
      return;
    const std::size_t constant_index = number(input(*safe, 0)) ? 0 : 1;
    const auto epsilon = number(input(*safe, constant_index));
    const auto variance = mean(input(*safe, 1 - constant_index));
    const auto difference = variance ? squared(variance->of) : std::nullopt;
    const auto from = difference ? centred(*difference) : std::nullopt;
    if (!epsilon || !from || from->axis != variance->axis || centred(input(*quotient, 0)) != from) return;
    replace(*quotient, "LayerNormalization", from->of,
            {{"axes", std::vector<std::int64_t>{from->axis}}, {"epsilon", static_cast<float>(*epsilon)}});
  }

  void replace(std::size_t last, const char* op, const std::string& x,
               std::map<std::string, OnnxAttribute> attributes) {
    const std::vector<std::string> before = nodes_[last].inputs;
    nodes_[last] = {nodes_[last].name, op, {x}, nodes_[last].outputs, std::move(attributes)};
    readers_[x].push_back(last);
    for (const std::string& value : before)
      if (value != x) unread(last, value);
  }

  /// `reader` reads the value no more; who is read by nobody goes, and what it read in turn.
  void unread(std::size_t reader, const std::string& value) {
    std::erase(readers_[value], reader);
    const auto found = producer_.find(value);
    if (found == producer_.end() || gone_[found->second] || !readers_[value].empty()) return;
    for (const OnnxValue& score : model_.outputs)
      if (score.name == value) return;
    gone_[found->second] = true;
    for (const std::string& input : std::vector<std::string>(nodes_[found->second].inputs))
      unread(found->second, input);
  }

  const OnnxModel& model_;
  std::vector<OnnxNode> nodes_;
  std::vector<bool> gone_;
  std::map<std::string, std::size_t> producer_;
  std::map<std::string, std::vector<std::size_t>> readers_;
};

}  // namespace

std::vector<OnnxNode> fuse_patterns(const OnnxModel& model) { return PatternFinder(model).run(); }

}  // namespace wd::algo
