// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/mutant.hpp"

#include <algorithm>
#include <random>

namespace wd::testbench {
namespace {

using arch::Instr;
using arch::Op;

class Mutator {
 public:
  Mutator(std::uint64_t seed, program::Program& program) : random_(seed), program_(program) {}

  void change() {
    const std::size_t at = any();
    switch (below(8)) {
      case 0:
        return drop(at);
      case 1:
        return move(at, any());
      case 2:
        return std::swap(program_.instrs[at], program_.instrs[any()]);
      case 3:
        return insert(at, program_.instrs[any()]);
      case 4:
        return drop_a(Op::Wait);
      default:
        return change_field(program_.instrs[at]);
    }
  }

 private:
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  std::size_t any() { return below(program_.instrs.size()); }

  /// The frame's entry stays where it was in the code.
  void drop(std::size_t at) {
    program_.instrs.erase(program_.instrs.begin() + static_cast<std::ptrdiff_t>(at));
    program_.frame_entry -= at < program_.frame_entry;
  }
  void insert(std::size_t at, const Instr& instr) {
    program_.instrs.insert(program_.instrs.begin() + static_cast<std::ptrdiff_t>(at), instr);
    program_.frame_entry += at < program_.frame_entry;
  }
  void move(std::size_t from, std::size_t to) {
    const Instr instr = program_.instrs[from];
    drop(from);
    insert(std::min(to, program_.instrs.size()), instr);
  }
  void drop_a(Op op) {
    std::vector<std::size_t> those;
    for (std::size_t pc = 0; pc < program_.instrs.size(); ++pc)
      if (program_.instrs[pc].operation() == op) those.push_back(pc);
    if (!those.empty()) drop(those[below(those.size())]);
  }

  /// One that the operation uses: a near value, or any.
  void change_field(Instr& instr) {
    const arch::Operation* operation = arch::find_operation(instr.op);
    std::vector<int> used;
    for (int field = 0; field < static_cast<int>(std::size(arch::fields)); ++field)
      if (operation->uses >> field & 1) used.push_back(field);
    if (used.empty()) return;
    const int chosen = used[below(used.size())];
    int field = 0;
    arch::for_each_field(instr, [&](const arch::Field& description, auto& value) {
      if (field++ != chosen) return;
      const std::int64_t near = std::int64_t{value} + static_cast<std::int64_t>(below(9)) - 4,
                         any = std::uniform_int_distribution<std::int64_t>(description.low,
                                                                           description.high)(random_);
      value = static_cast<std::remove_reference_t<decltype(value)>>(
          std::clamp(below(4) == 0 ? any : near, description.low, description.high));
    });
  }

  std::mt19937_64 random_;
  program::Program& program_;
};

}  // namespace

RandomProgram mutant(std::uint64_t seed, const arch::Arch& arch) {
  RandomProgram random = random_program({.seed = seed, .arch = arch});
  Mutator mutator(seed, random.program);
  mutator.change();
  if (seed % 4 == 0) mutator.change();
  return random;
}

}  // namespace wd::testbench
