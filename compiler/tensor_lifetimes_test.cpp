// SPDX-License-Identifier: Apache-2.0
// Lifetimes and rows by hand on small networks; on random ones, who owns each row is followed through all steps.
#include "compiler/tensor_lifetimes.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

/// Tensors and steps only, which is all that the pass looks at. Tensors are 8 x 8 x 16: 4 rows in each of the 16 banks.
struct Plan {
  model::Network network;

  explicit Plan(int tensors) {
    for (int t = 0; t < tensors; ++t)
      network.tensors.push_back({std::string(1, static_cast<char>('a' + t)), 8, 8, 16, 0});
  }
  static model::Layer conv(const std::string& name, int input, int output, std::optional<int> residual = {}) {
    model::Layer c;
    c.name = name, c.input = input, c.output = output, c.residual = residual;
    return c;
  }
  void add(const std::string& name, int input, int output, std::optional<int> residual = {}) {
    network.steps.emplace_back(conv(name, input, output, residual));
  }
};

/// Stem, a block with a shortcut, a fold in place, scores.
Plan hidden_fold() {
  Plan p(6);
  p.add("stem", 0, 1);
  p.add("conv1", 1, 2);
  p.add("shortcut", 1, 3);
  p.add("conv2", 2, 4, 3);
  p.network.steps.emplace_back(model::Loop{3, {Plan::conv("fold1", 4, 5), Plan::conv("fold2", 5, 4, 4)}});
  p.add("scores", 4, -1);
  return p;
}

int rows_of(const model::Tensor& t, const arch::Arch& arch) {
  const int pixels = (t.height * t.width + 15) / 16, blocks = (t.channels + 15) / 16;
  return pixels * ((blocks * 16 + arch.chunk - 1) / arch.chunk);
}

/// Who wrote each row last. What is read must still be there, and no output may lie on its input.
class Owners {
 public:
  Owners(const model::Network& network, const arch::Arch& arch, const TensorRows& rows)
      : network_(network), arch_(arch), rows_(rows), owners_(static_cast<std::size_t>(rows.rows), -1) {
    write(network.input);
    for (const model::Step& step : network.steps)
      if (const auto* conv = std::get_if<model::Layer>(&step)) {
        run(*conv);
      } else {
        const auto& loop = std::get<model::Loop>(step);
        for (int i = 0; i < std::max(2, loop.count); ++i)
          for (const model::Layer& inner : loop.body) run(inner);
      }
  }
  int overwritten = 0;         // residuals, by another tensor
  int overwritten_inputs = 0;  // of elementwise layers

 private:
  int first(int tensor) const { return rows_.first[static_cast<std::size_t>(tensor)]; }
  int end(int tensor) const {
    return first(tensor) + rows_of(network_.tensors[static_cast<std::size_t>(tensor)], arch_);
  }
  void write(int tensor) {
    REQUIRE(end(tensor) <= rows_.rows);
    std::fill(owners_.begin() + first(tensor), owners_.begin() + end(tensor), tensor);
  }
  void read(int tensor, const std::string& layer) const {
    INFO(layer << " reads tensor " << tensor);
    REQUIRE(std::all_of(owners_.begin() + first(tensor), owners_.begin() + end(tensor),
                        [&](int owner) { return owner == tensor; }));
  }
  void run(const model::Layer& conv) {
    read(conv.input, conv.name);
    if (conv.residual) read(*conv.residual, conv.name);
    if (conv.output < 0) return;
    INFO(conv.name);
    const bool over_input =
        conv.kind == model::LayerKind::elementwise && first(conv.output) == first(conv.input);
    REQUIRE((over_input || end(conv.output) <= first(conv.input) || end(conv.input) <= first(conv.output)));
    overwritten_inputs += over_input;
    if (conv.residual && *conv.residual != conv.output) {
      const bool same = first(*conv.residual) == first(conv.output);
      REQUIRE(
          (same || end(conv.output) <= first(*conv.residual) || end(*conv.residual) <= first(conv.output)));
      overwritten += same;
    }
    write(conv.output);
  }

  const model::Network& network_;
  const arch::Arch& arch_;
  const TensorRows& rows_;
  std::vector<int> owners_;
};

/// The most rows whose tensors are needed in one step, those of overwritten residuals counted once.
int least_rows(const model::Network& network, const arch::Arch& arch) {
  const std::vector<Lifetime> lives = tensor_lifetimes(network);
  int most = 0;
  for (int step = 0; step < static_cast<int>(network.steps.size()); ++step) {
    int rows = 0;
    for (std::size_t t = 0; t < lives.size(); ++t)
      if (lives[t].first <= step && step <= lives[t].last) rows += rows_of(network.tensors[t], arch);
    const auto* conv = std::get_if<model::Layer>(&network.steps[static_cast<std::size_t>(step)]);
    if (conv != nullptr && conv->kind == model::LayerKind::elementwise)
      rows -= rows_of(network.tensors[static_cast<std::size_t>(conv->input)], arch);
    else if (conv != nullptr && conv->residual && *conv->residual != conv->output)
      rows -= rows_of(network.tensors[static_cast<std::size_t>(*conv->residual)], arch);
    most = std::max(most, rows);
  }
  return most;
}

}  // namespace

TEST_CASE("tensor lifetimes: from the first write to the last use, a fold is one step",
          "[compiler][oracle]") {
  CHECK(tensor_lifetimes(hidden_fold().network) ==
        std::vector<Lifetime>{{0, 0}, {0, 2}, {1, 3}, {2, 3}, {3, 5}, {4, 4}});
  Plan again(4);  // b is written twice, d never used
  again.add("one", 0, 1);
  again.add("two", 1, 2);
  again.add("three", 2, 1);
  again.add("scores", 1, -1);
  const std::vector<Lifetime> lives = tensor_lifetimes(again.network);
  CHECK(lives == std::vector<Lifetime>{{0, 0}, {0, 3}, {1, 2}, {-1, -1}});
  CHECK_FALSE(lives[3].used());
}

TEST_CASE("assign_rows: first fit by start, before and after", "[compiler][oracle]") {
  const TensorRows before = assign_rows(hidden_fold().network, {}, false);
  CHECK(before.first == std::vector<int>{0, 4, 8, 12, 16, 20});
  CHECK(before.rows == 24);
  const TensorRows after = assign_rows(hidden_fold().network, {});
  // conv1 takes the input's rows, conv2 those of the shortcut; the fold's hidden tensor what conv1 had.
  CHECK(after.first == std::vector<int>{0, 4, 0, 8, 8, 0});
  CHECK(after.rows == 12);
  CHECK(after.unshared == 24);
}

TEST_CASE("assign_rows: the largest first where first fit by start leaves a hole", "[compiler][oracle]") {
  // Rows: a 4, b 4, c 8, d 8. By start: a 0, b 4, then c needs 8 beside b (a's 4 are too few) and goes to 8; d finds 0 to 7.
  Plan plan(4);
  plan.network.tensors[2].channels = plan.network.tensors[3].channels = 32;
  plan.add("one", 0, 1);
  plan.add("two", 1, 2);
  plan.add("three", 2, 3);
  plan.add("scores", 3, -1);
  // c first: 0 to 7, d 8 to 15, then a and b where c and d are not yet.
  CHECK(assign_rows(plan.network, {}).rows == 16);
  plan.network.steps.erase(plan.network.steps.begin() + 2);
  std::get<model::Layer>(plan.network.steps.back()).input = 2;
  const TensorRows rows = assign_rows(plan.network, {});  // a, b, c: by start 16, the least is 12
  CHECK(rows.rows == 12);
  CHECK(rows.first == std::vector<int>{0, 8, 0, 0});
}

TEST_CASE("assign_rows: a residual is overwritten only where nobody needs it any more", "[compiler]") {
  const auto shares = [](const Plan& plan, std::size_t output, std::size_t residual) {
    const TensorRows rows = assign_rows(plan.network, {});
    Owners(plan.network, {}, rows);
    return rows.first[output] == rows.first[residual];
  };
  Plan last(4);
  last.add("one", 0, 1);
  last.add("two", 1, 2);
  last.add("three", 2, 3, 1);
  last.add("scores", 3, -1);
  CHECK(shares(last, 3, 1));

  Plan later = last;  // the residual is read again
  std::get<model::Layer>(later.network.steps.back()).input = 1;
  CHECK_FALSE(shares(later, 3, 1));

  Plan itself(3);  // the residual is the input too: other groups still read it
  itself.add("one", 0, 1);
  itself.add("two", 1, 2, 1);
  itself.add("scores", 2, -1);
  CHECK_FALSE(shares(itself, 2, 1));

  Plan old(4);  // the output was there before, and needed beside the residual
  old.add("one", 0, 3);
  old.add("two", 3, 1);
  old.add("three", 3, 2);
  old.add("four", 2, 3, 1);
  old.add("scores", 3, -1);
  CHECK_FALSE(shares(old, 3, 1));

  Plan loop(4);  // the next iteration reads the residual again
  loop.add("one", 0, 1);
  loop.add("two", 1, 2);
  loop.network.steps.emplace_back(model::Loop{2, {Plan::conv("fold", 2, 3, 1)}});
  loop.add("scores", 3, -1);
  CHECK_FALSE(shares(loop, 3, 1));
}

TEST_CASE("assign_rows: what is left of a word at chunks of 32 and 64 is nobody's", "[compiler]") {
  Plan plan(4);  // a chunk of 32: 16 channels fill half a word
  plan.add("one", 0, 1);
  plan.add("two", 1, 2);
  plan.add("three", 2, 3);
  plan.add("scores", 3, -1);
  arch::Arch arch;
  CHECK(assign_rows(plan.network, arch).rows == 8);
  arch.chunk = 32;
  CHECK(assign_rows(plan.network, arch).rows == 16);
  for (model::Tensor& tensor : plan.network.tensors) tensor.channels = 32;
  CHECK(assign_rows(plan.network, arch).rows == 8);
}

TEST_CASE("assign_rows: in random networks every tensor is whole when it is read", "[compiler]") {
  int less = 0, overwritten = 0, inputs = 0, lowest = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    const model::Network network = model::residual_network(seed);
    arch::Arch arch;
    arch.chunk = seed % 4 == 0 ? 32 : 16;
    const TensorRows shared = assign_rows(network, arch), own = assign_rows(network, arch, false);
    const Owners together(network, arch, shared);
    overwritten += together.overwritten;
    inputs += together.overwritten_inputs;
    CHECK(Owners(network, arch, own).overwritten == 0);
    CHECK(shared.rows <= own.rows);
    if (arch.chunk == 16) {
      CHECK(shared.rows >= least_rows(network, arch));
      lowest += shared.rows == least_rows(network, arch);
    }
    less += shared.rows < own.rows;
  }
  CHECK(less > 100);
  CHECK(overwritten > 50);
  CHECK(inputs > 10);
  CHECK(lowest > 150);
}

TEST_CASE("assign_rows: refusals name layer, need, limit and remedy", "[compiler][message]") {
  Plan plan = hidden_fold();
  arch::Arch arch;
  arch.act_rows = 12;
  CHECK_NOTHROW(assign_rows(plan.network, arch));
  arch.act_rows = 11;
  CHECK_THROWS_WITH(
      assign_rows(plan.network, arch),
      "layer shortcut: tensor 'd' of 4 rows ends at activation row 12 beside those that are needed "
      "with it, the architecture has 11; raise act_rows to 12");
  arch.act_rows = 3;
  CHECK_THROWS_WITH(assign_rows(plan.network, arch), Catch::Contains("the input: tensor 'a' of 4 rows") &&
                                                         Catch::Contains("raise act_rows to 12"));
  for (model::Tensor& tensor : plan.network.tensors) tensor.channels = 65536;
  CHECK_THROWS_WITH(
      assign_rows(plan.network, arch),
      Catch::Contains("; act_rows would have to be 49152 and can be at most 32768: take smaller images "
                      "or fewer channels"));
  Plan unwritten(3);
  unwritten.add("one", 0, 1, 2);
  unwritten.add("scores", 1, -1);
  CHECK_THROWS_WITH(assign_rows(unwritten.network, {}),
                    "layer one: reads tensor 'c' before any layer has written "
                    "it; reorder the steps");
}
