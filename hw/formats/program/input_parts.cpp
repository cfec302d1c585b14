// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/input_parts.hpp"

#include <map>

#include "base/error.hpp"

namespace wd::program {
namespace {

using arch::Instr;

/// The loads of the input, by address.
std::multimap<std::int64_t, const Instr*> input_loads(const Program& program) {
  std::multimap<std::int64_t, const Instr*> loads;
  for (const Instr& instr : program.instrs)
    if (loads_input(program, instr)) loads.insert({instr.mem_addr - std::int64_t{program.input_addr}, &instr});
  return loads;
}

}  // namespace

InputParts input_parts(const Program& program) {
  InputParts parts;
  const auto loads = input_loads(program);
  if (loads.empty()) return parts;
  parts.width = loads.begin()->second->in_w;
  if (loads.begin()->second->in_blocks == 1) return parts;
  std::int64_t next = 0;
  for (const auto& [addr, load] : loads)
    if (addr == next) {
      parts.rows.push_back(load->in_h);
      next += load->count;
    }
  return parts;
}

void check_input_parts(const Program& program, const std::string& origin) {
  const auto loads = input_loads(program);
  WD_REQUIRE(!loads.empty(), origin, ": no LOAD_TENSOR reads the input at ", program.input_addr);
  const Instr& any = *loads.begin()->second;
  std::int64_t next = 0, before = 0;  // the end, and the beginning, of what was read so far
  for (const auto& [addr, load] : loads) {
    WD_REQUIRE(load->in_w == any.in_w && load->in_blocks == any.in_blocks, origin,
               ": the LOAD_TENSORs of the input at ", program.input_addr + addr, " and ",
               program.input_addr + loads.begin()->first, " have 'in_w' ", load->in_w, " and ", any.in_w,
               ", 'in_blocks' ", load->in_blocks, " and ", any.in_blocks, "; one tensor has one of each");
    const bool again = addr == before && addr + load->count == next;
    WD_REQUIRE(any.in_blocks == 1 ? addr % any.in_w == 0 && addr <= next : addr == next || again, origin,
               ": the LOAD_TENSOR of ", load->count, " beats of the input at ", program.input_addr + addr,
               " does not begin where a part of the input does; the one before reads ",
               program.input_addr + before, " to ", program.input_addr + next);
    if (addr + load->count > next) before = addr, next = addr + load->count;
  }
  WD_REQUIRE(next == std::int64_t{program.input_beats}, origin, ": the LOAD_TENSORs read ", next, " of the ",
             program.input_beats, " beats of the input");
}

}  // namespace wd::program
