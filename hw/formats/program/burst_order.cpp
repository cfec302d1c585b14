// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/burst_order.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/input_parts.hpp"

namespace wd::program {

using arch::Instr;
using arch::Op;

std::string instruction_prefix(const Program& program, std::size_t pc, const std::string& origin,
                               std::span<const int> lines) {
  return text(origin, ":", pc < lines.size() ? text(lines[pc], ":") : "", " instruction ", pc, " (",
              arch::op_name(program.instrs[pc].operation()), "): ");
}

void RowSet::add(int first, int end) {
  auto at = end_of_.upper_bound(first);
  if (at != end_of_.begin() && std::prev(at)->second >= first) --at;
  while (at != end_of_.end() && at->first <= end) {
    first = std::min(first, at->first), end = std::max(end, at->second);
    at = end_of_.erase(at);
  }
  end_of_[first] = end;
}

std::optional<int> RowSet::first_missing(int first, int end) const {
  const auto at = end_of_.upper_bound(first);
  const int there = at == end_of_.begin() ? first : std::max(first, std::prev(at)->second);
  if (there >= end) return std::nullopt;
  return there;
}

BurstOrder::BurstOrder(const Program& program, std::string origin, std::span<const int> lines)
    : BurstOrder(program, std::move(origin), lines, WeightBursts(program)) {}

BurstOrder::BurstOrder(const Program& program, std::string origin, std::span<const int> lines,
                       WeightBursts bursts)
    : program_(program), origin_(std::move(origin)), lines_(lines), planes_(program, std::move(bursts)) {}

void BurstOrder::walk(std::uint32_t entry, bool stores_scores) {
  scores_stored_ = false;
  std::size_t loop_start = 0;
  int iteration = 0, iterations = 1;
  for (std::size_t pc = entry;; ++pc) {
    const Instr& instr = program_.instrs[pc];
    switch (instr.operation()) {
      case Op::Loop:
        loop_start = pc;
        iterations = instr.count;
        break;
      case Op::EndLoop:
        if (++iteration < iterations)
          pc = loop_start;
        else
          iteration = 0;
        break;
      case Op::Halt:
        pc_ = pc;
        halt(stores_scores);
        return;
      default:
        step(pc, iteration);
    }
  }
}

void BurstOrder::halt(bool stores_scores) const {
  if (!under_way_.empty()) {
    const std::size_t pc = under_way_.back().pc;
    const Instr& burst = program_.instrs[pc];
    fail(what(), "instruction ", pc, " (", arch::op_name(burst.operation()),
         ") may be under way; WAIT for its tag ", burst.tag, " before");
  }
  WD_REQUIRE(scores_stored_ || !stores_scores, what(), "no STORE_SCORES has stored the last scores");
}

std::string BurstOrder::what() const { return instruction_prefix(program_, pc_, origin_, lines_); }

void BurstOrder::step(std::size_t pc, int iteration) {
  pc_ = pc;
  const Instr& instr = program_.instrs[pc];
  if (arch::has_tiles(instr.operation()))
    layer(instr, iteration);
  else if (instr.operation() == Op::Wait)
    wait(instr.tag);
  else
    queue(pc);
}

BurstOrder::Rows BurstOrder::rows_of(const Instr& i) {
  switch (i.operation()) {
    case Op::LoadWeights:
      return {Buffer::weights, {{i.weight_row, i.weight_row + planes_.load(i, what())}}};
    case Op::LoadNorms:
      return {Buffer::norms, {{i.norm_row, i.norm_row + i.count / 4}}};
    case Op::LoadTable:
      return {Buffer::table, {{0, 1}}};
    case Op::LoadTensor:
    case Op::StoreTensor:
      return {Buffer::activations, transferred_spans(i, program_.arch)};
    default:
      return {Buffer::scores, {{i.out_base, i.out_base + ceil_div(i.count, 2)}}};
  }
}

/// Bursts run in order: one that reads what one before it writes finds it there.
void BurstOrder::queue(std::size_t pc) {
  const Instr& i = program_.instrs[pc];
  const Rows rows = rows_of(i), beats{Buffer::scratch, {{i.mem_addr, i.mem_addr + i.count}}};
  const bool reads = arch::stores(i.operation());
  if (i.operation() == Op::LoadTensor && !loads_input(program_, i)) read(beats);
  if (reads)
    read(rows);
  else
    for (const Span& span : rows.spans) there(rows.buffer).add(span.first, span.end);
  if (i.operation() == Op::StoreScores) scores_stored_ = true;
  if (i.operation() == Op::StoreTensor) there(Buffer::scratch).add(i.mem_addr, i.mem_addr + i.count);
  under_way_.push_back({pc, rows, reads});
  if (under_way_.size() > arch::burst_queue) under_way_.pop_front();
}

void BurstOrder::wait(int tag) {
  const auto last = std::find_if(under_way_.rbegin(), under_way_.rend(),
                                 [&](const Burst& burst) { return program_.instrs[burst.pc].tag == tag; });
  under_way_.erase(under_way_.begin(), last.base());
}

void BurstOrder::layer(const Instr& i, int iteration) {
  const arch::Arch& arch = program_.arch;
  const auto of_output = [&](const TensorPlace& place) {
    return Rows{Buffer::activations, output_spans(i, place, arch)};
  };
  const int norm = i.norm_row + iteration * i.norm_step;
  if (i.operation() == Op::Conv) {
    read({Buffer::weights, {{i.weight_row, i.weight_row + i.tiles_oc * stored_rows(i, arch)}}});
    planes_.check(i, what());
  }
  if (i.operation() == Op::Conv || i.operation() == Op::Elementwise)
    read({Buffer::norms, {{norm, norm + norm_rows(i)}}});
  if (i.lookup) read({Buffer::table, {{0, 1}}});
  read(i.operation() == Op::Elementwise ? of_output(element_place(i))
                                        : Rows{Buffer::activations, input_spans(i, arch)});
  if (i.residual) read(of_output(residual_place(i)));
  require_port(i);
  if (i.score) {
    scores_stored_ = false;
    return write({Buffer::scores, {{i.out_base, i.out_base + i.out_blocks * i.images}}});
  }
  write(of_output(output_place(i)));
}

/// A LOAD_TENSOR's word waits for a cycle if a tile's word goes to its bank: the next one must go to another.
void BurstOrder::require_port(const Instr& i) const {
  for (const Burst& burst : under_way_) {
    const Instr& other = program_.instrs[burst.pc];
    const bool load =
        other.operation() == Op::LoadTensor && !i.score && loads_a_bank_twice(other, program_.arch);
    WD_REQUIRE(!load, what(), "writes activations while instruction ", burst.pc, " (",
               arch::op_name(other.operation()),
               ") may be under way, which uses the same port; WAIT for its tag ", other.tag, " before");
  }
}

std::string BurstOrder::named(Buffer buffer, int at) const {
  constexpr const char* names[] = {"weight row ", "normalization row ", "activation row ",
                                   "score row ",  "scratch beat ",      "table "};
  const int places = buffer == Buffer::activations ? program_.arch.groups() : 1;
  return text(names[static_cast<int>(buffer)], at / places,
              buffer == Buffer::activations ? text(", bank ", at % places) : "");
}

void BurstOrder::read(const Rows& rows) const {
  const bool computed = rows.buffer == Buffer::scores || rows.buffer == Buffer::activations;
  for (const Span& span : rows.spans) {
    const auto missing = there_[static_cast<std::size_t>(rows.buffer)].first_missing(span.first, span.end);
    WD_REQUIRE(!missing, what(), "reads ", named(rows.buffer, missing.value_or(0)),
               ", which nothing before has ",
               rows.buffer == Buffer::scratch ? "stored"
               : computed                     ? "written"
                                              : "loaded");
  }
  if (arch::has_tiles(program_.instrs[pc_].operation())) require_idle(rows, false);
}

void BurstOrder::write(const Rows& rows) {
  require_idle(rows, true);
  for (const Span& span : rows.spans) there(rows.buffer).add(span.first, span.end);
}

/// A layer shares rows with bursts under way only if both read them.
void BurstOrder::require_idle(const Rows& rows, bool writes) const {
  for (const Burst& burst : under_way_) {
    if (burst.rows.buffer != rows.buffer || (!writes && burst.reads)) continue;
    const int common = first_common(rows.spans, burst.rows.spans);
    WD_REQUIRE(common < 0, what(), writes ? "writes " : "reads ", named(rows.buffer, std::max(common, 0)),
               " while instruction ", burst.pc, " (", arch::op_name(program_.instrs[burst.pc].operation()),
               ") may be under way; WAIT for its tag ", program_.instrs[burst.pc].tag, " before");
  }
}

}  // namespace wd::program
