// SPDX-License-Identifier: Apache-2.0
// Random graphs compute what a direct evaluation of them computes; errors that are planted in programs are found and shrunk.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/stream/chip_code.hpp"
#include "testbench/proof/prove.hpp"
#include "testbench/proof/random_case.hpp"
#include "testbench/proof/shrink.hpp"

using namespace wd;
using namespace wd::testbench;

namespace {

/// How many cases visit what.
struct Corners {
  std::map<std::string, int> count;

  void add(const ProofCase& proof) {
    std::set<std::string> seen;
    const auto see = [&](const char* corner, bool holds) {
      if (holds) seen.insert(corner);
    };
    see("split image", proof.network.input_transform.split);
    see("wide chunk", proof.options.arch.chunk > 16);
    see("batch", proof.options.batch > 1);
    for (const model::Step& step : proof.network.steps)
      if (const auto* loop = std::get_if<model::Loop>(&step); loop != nullptr && loop->count > 1)
        see(proof.options.fold ? "fold" : "fold without folding", true);
    model::for_each_layer(proof.network, [&](const model::Layer& conv, int) {
      see("residual", conv.residual.has_value());
      see("max pool", conv.kind == model::LayerKind::pool);
      see("elementwise", conv.kind == model::LayerKind::elementwise);
      see("token mixing", conv.kind == model::LayerKind::token_mix);
      see("GELU", conv.gelu);
      if (conv.kind != model::LayerKind::conv) return;
      const model::Weights& w = proof.network.weights[static_cast<std::size_t>(conv.weights)];
      see("stride", conv.stride == 2);
      see("even kernel", w.kernel_h % 2 == 0);
      see("oblong kernel", w.kernel_h != w.kernel_w);
      see("wide pad", conv.pad > w.kernel_h / 2);
      see("pooled in the middle", conv.pooled && conv.output >= 0);
      see("learned signs", w.signs == model::SignSource::learned);
      see(w.coats == 1 ? "one plane" : w.coats == 3 ? "two planes" : "three planes", true);
    });
    const program::Program program = compiler::compile(proof.network, proof.options);
    see("space-to-depth stem", program.input_transform.patch != proof.network.input_transform.patch);
    add_program(program, see);
    for (const std::string& corner : seen) ++count[corner];
  }

  template <typename See>
  void add_program(const program::Program& program, See see) {
    for (const program::Layer& layer : program.layers)
      see("layer in parts", layer.name.find(".part") != std::string::npos);
    see("stripes", program.scratch_beats > 0 ||
                       std::any_of(program.layers.begin(), program.layers.end(),
                                   [](const auto& l) { return l.name.find(".row") != std::string::npos; }));
    bool loop = false;
    for (std::size_t pc = program.frame_entry; pc < program.instrs.size(); ++pc) {
      const arch::Op op = program.instrs[pc].operation();
      loop = (loop || op == arch::Op::Loop) && op != arch::Op::EndLoop;
      see("weights in the frame", op == arch::Op::LoadWeights);
      see("norms in the frame", op == arch::Op::LoadNorms);
      see("tables in the frame", op == arch::Op::LoadTable);
      if (op == arch::Op::LoadWeights && program.instrs[pc].coded) {
        const auto header =
            stream::read_header(&program.memory[std::size_t{program::beat_bytes} *
                                                static_cast<unsigned>(program.instrs[pc].mem_addr)]);
        see(header.frozen         ? "coded weights, frozen ones generated"
            : header.random_signs ? "coded weights, signs generated"
                                  : "coded weights with signs",
            true);
      }
      see("weights in a loop", loop && op == arch::Op::LoadWeights);
      see("a tensor through memory", op == arch::Op::StoreTensor);
      if (op != arch::Op::Conv && op != arch::Op::Pool) continue;
      see("a ring that begins again", program.instrs[pc].in_wrap > 0);
      see("a stripe that begins in another bank", program.instrs[pc].in_offset > 0);
    }
  }
};

/// The first seed's case that a planted error makes fail.
std::optional<ProofCase> failing(const std::function<void(program::Program&)>& plant) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    if (ProofCase proof = random_case(seed); prove(proof, golden_and_fast, plant).differs) return proof;
  return std::nullopt;
}

/// Changes all convolutions for which it holds.
std::function<void(program::Program&)> plant(bool (*holds)(const arch::Instr&),
                                             void (*change)(arch::Instr&)) {
  return [=](program::Program& program) {
    for (arch::Instr& i : program.instrs)
      if (i.operation() == arch::Op::Conv && holds(i)) change(i);
  };
}

/// Changes the seed in each coded burst whose signs the chip makes.
void other_signs(program::Program& program) {
  std::set<std::size_t> changed;
  for (const arch::Instr& i : program.instrs) {
    if (i.operation() != arch::Op::LoadWeights || !i.coded) continue;
    const std::size_t first = std::size_t{program::beat_bytes} * static_cast<unsigned>(i.mem_addr);
    const stream::ChipHeader header = stream::read_header(&program.memory[first]);
    const auto table = static_cast<std::size_t>(2 + ceil_div(header.entries, stream::chip_beat_symbols));
    if (header.random_signs && changed.insert(first).second)
      program.memory[first + table * program::beat_bytes] ^= 1;
  }
}

}  // namespace

TEST_CASE(
    "proof: compiled graphs compute what a direct evaluation computes, in golden model and fast simulator",
    "[testbench][oracle]") {
  Corners corners;
  constexpr int cases = 760;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    const ProofCase proof = random_case(seed);
    const Verdict verdict = prove(proof);
    if (verdict.differs) {
      const ProofCase small = shrink(proof, [](const ProofCase& c) { return prove(c).differs.has_value(); });
      FAIL("seed " << seed << ": " << *verdict.differs << "; shrunk, for `proof replay FILE`:\n"
                   << to_json(small).dump(1));
    }
    INFO("seed " << seed);
    REQUIRE(verdict.refused == "");  // its memories are large enough
    corners.add(proof);
  }
  for (const auto& [corner, count] : corners.count) {
    INFO(corner);
    CHECK(count >= 15);
  }
  CHECK(corners.count.size() == 32);
}

TEST_CASE("proof: a planted error is found, and shrunk to little more than itself", "[testbench]") {
  const struct {
    const char* name;
    std::function<void(program::Program&)> plant;
  } errors[] = {
      {"a residual of another scale",
       plant([](const arch::Instr& i) { return i.residual == 1; },
             [](arch::Instr& i) { i.res_shift += i.res_shift < 15 ? 1 : -1; })},
      {"a forgotten activation",
       plant([](const arch::Instr& i) { return i.relu == 1; }, [](arch::Instr& i) { i.relu = 0; })},
      {"a sum that is scaled once only",
       plant([](const arch::Instr& i) { return i.acc_shift > 0; }, [](arch::Instr& i) { --i.acc_shift; })},
      {"the norms of the first iteration",
       plant([](const arch::Instr& i) { return i.norm_step > 0; }, [](arch::Instr& i) { i.norm_step = 0; })},
      {"generated signs of another seed", other_signs}};
  for (const auto& error : errors) {
    INFO(error.name);
    const std::optional<ProofCase> found = failing(error.plant);
    REQUIRE(found);
    const auto fails = [&](const ProofCase& c) {
      return prove(c, golden_and_fast, error.plant).differs.has_value();
    };
    const ProofCase small = shrink(*found, fails);
    CHECK(small.network.steps.size() <= 4);
    CHECK(small.network.weight_count() <=
          600);  // a sum that needs scaling has some products, generated signs 16 input channels
    for (const model::Tensor& tensor : small.network.tensors) CHECK(tensor.height * tensor.width <= 9);
    const ProofCase again = proof_from_json(nlohmann::json::parse(to_json(small).dump()), "again");
    CHECK(to_json(again) == to_json(small));
    CHECK(fails(again));
    CHECK_FALSE(prove(again).differs);
  }
}

TEST_CASE("shrink: nothing is left that the failure does not need", "[testbench]") {
  ProofCase proof = random_case(5);
  const auto strided = [](const ProofCase& c) {
    bool found = false;
    model::for_each_layer(c.network, [&](const model::Layer& conv, int) { found |= conv.stride == 2; });
    return found;
  };
  std::uint64_t seed = 5;
  while (!strided(proof)) proof = random_case(++seed);
  const ProofCase small = shrink(proof, strided);
  CHECK(strided(small));
  CHECK(small.network.steps.size() == 2);
  CHECK(small.network.weights.size() == 2);
  for (const model::Tensor& tensor : small.network.tensors)
    CHECK((tensor.height == 1 && tensor.width == 1 && tensor.channels == 1));
  CHECK(small.options.arch == arch::Arch{});
  CHECK(small.options.batch == 1);
  int asked = 0;
  shrink(
      proof, [&](const ProofCase&) { return ++asked, false; }, 25);
  CHECK(asked <= 25);
}

TEST_CASE("proof cases: what a file must not say is refused by name", "[testbench][bad-input][message]") {
  const nlohmann::json good = to_json(random_case(3));
  CHECK_NOTHROW(proof_from_json(good, "case.json"));
  nlohmann::json bad = good;
  bad["colour"] = 1;
  CHECK_THROWS_WITH(proof_from_json(bad, "case.json"), Catch::Contains("case.json: unknown key 'colour'"));
  bad = good;
  bad["images"] = 0;
  CHECK_THROWS_WITH(proof_from_json(bad, "case.json"), Catch::Contains("'images' is 0, must be 1 to 1000"));
  bad = good;
  bad["network"]["tensors"][0]["channels"] = 77;
  CHECK_THROWS_WITH(proof_from_json(bad, "case.json"), Catch::Contains("case.json"));
}
