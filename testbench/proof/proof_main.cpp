// SPDX-License-Identifier: Apache-2.0
// proof: cases by seed or from a file; the first that fails is shrunk and printed as JSON, which `proof replay` takes.
//
// What      random: any chip, golden model and fast simulator. engines: on the chips that the RTL is built for, with SystemC and RTL,
//           each case in a process of its own.
// Errors    a failing case, or a file that is none: status 1.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "flow/options.hpp"
#include "flow/own_process.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/proof/prove.hpp"
#include "testbench/proof/random_case.hpp"
#include "testbench/proof/shrink.hpp"

namespace wd::testbench {
namespace {

using nlohmann::json;

constexpr const char* usage =
    "usage: proof random FIRST [COUNT]     cases of seeds FIRST .. on the golden model and the fast "
    "simulator\n"
    "       proof engines FIRST [COUNT]    and on SystemC and RTL\n"
    "       proof replay FILE [engines]    a case as JSON\n"
    "examples: proof random 1 5000;  proof engines 7;  proof replay failing.json\n";

/// The RTL configuration that differs from the case's chip in the depth of buffers only.
std::optional<arch::Arch> rtl_chip(const arch::Arch& chip) {
  for (const arch::Arch& built : sim::rtl_configurations()) {
    arch::Arch like = built;
    like.weight_rows = std::min(like.weight_rows, chip.weight_rows);
    like.norm_rows = std::min(like.norm_rows, chip.norm_rows);
    like.act_rows = std::min(like.act_rows, chip.act_rows);
    like.instr_rows = std::min(like.instr_rows, chip.instr_rows);
    if (like == chip) return built;
  }
  return std::nullopt;
}

/// All four engines, on a chip with the buffers of the RTL: the program needs less.
Verdict prove_on_all(const ProofCase& proof) {
  const std::optional<arch::Arch> chip = rtl_chip(proof.options.arch);
  if (!chip) return {"no RTL is built for this chip", std::nullopt};
  const auto engines = [](const program::Program& program, const arch::Switches& switches) {
    auto all = golden_and_fast(program, switches);
    all.push_back(std::make_unique<sim::SystemCEngine>(program, switches));
    all.push_back(std::make_unique<sim::RtlEngine>(program, switches));
    return all;
  };
  static const std::atomic<bool> never{false};
  const auto measure = [&] {
    const Verdict verdict = prove(proof, engines, [&](program::Program& program) { program.arch = *chip; });
    return json{{"refused", verdict.refused}, {"differs", or_null(verdict.differs)}};
  };
  json result;
  try {
    result = flow::in_own_process(measure, flow::Context(never));
  } catch (const Error& error) {
    return {{}, text("an engine crashed: ", error.what())};
  }
  Verdict verdict{result.at("refused").get<std::string>(), std::nullopt};
  if (!result.at("differs").is_null()) verdict.differs = result.at("differs").get<std::string>();
  return verdict;
}

Verdict prove_simply(const ProofCase& proof) { return prove(proof); }

using Prove = Verdict (*)(const ProofCase&);

ProofCase case_of(std::uint64_t seed, Prove prove_case) {
  if (prove_case == prove_simply) return random_case(seed);
  const auto chips = sim::rtl_configurations();
  return random_case(seed, chips[seed % chips.size()]);
}

int run_seeds(std::uint64_t first, std::uint64_t count, Prove prove_case) {
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const ProofCase proof = case_of(seed, prove_case);
    const Verdict verdict = prove_case(proof);
    if (!verdict.refused.empty()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), verdict.refused.c_str());
      ++refused;
    }
    if (!verdict.differs) continue;
    std::fprintf(stderr, "seed %llu: %s\nshrinking ...\n", static_cast<unsigned long long>(seed),
                 verdict.differs->c_str());
    const ProofCase small =
        shrink(proof, [&](const ProofCase& c) { return prove_case(c).differs.has_value(); });
    std::fprintf(stderr, "%s\n", prove_case(small).differs.value_or("").c_str());
    std::printf("%s\n", to_json(small).dump(1).c_str());
    return 1;
  }
  std::printf("%llu cases proved, %llu that the compiler refuses\n",
              static_cast<unsigned long long>(count - refused), static_cast<unsigned long long>(refused));
  return refused < count ? 0 : 1;
}

int replay(const std::string& file, Prove prove_case) {
  const ProofCase proof = proof_from_json(parse_json(read_file(file), file + ":"), file);
  const Verdict verdict = prove_case(proof);
  std::printf("%s\n", !verdict.refused.empty() ? ("refused: " + verdict.refused).c_str()
                      : verdict.differs        ? verdict.differs->c_str()
                                               : "proved");
  return verdict.differs ? 1 : 0;
}

int run(const std::vector<std::string>& words) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  if (words.size() >= 2 && words.size() <= 3) {
    const bool engines =
        words[0] == "engines" || (words[0] == "replay" && words.size() == 3 && words[2] == "engines");
    const Prove prove_case = engines ? prove_on_all : prove_simply;
    if (words[0] == "replay" && (words.size() == 2 || engines)) return replay(words[1], prove_case);
    if (words[0] == "random" || words[0] == "engines")
      return run_seeds(
          static_cast<std::uint64_t>(flow::whole_number(words[1], "FIRST", 0, most)),
          words.size() == 2 ? 1 : static_cast<std::uint64_t>(flow::whole_number(words[2], "COUNT", 1, most)),
          prove_case);
  }
  std::fputs(usage, stderr);
  return 1;
}

}  // namespace
}  // namespace wd::testbench

int main(int argc, char** argv) {
  try {
    return wd::testbench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
