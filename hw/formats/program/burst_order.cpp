// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/burst_order.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::program {

using arch::Instr;
using arch::Op;

namespace {

constexpr const char* row_names[] = {"weight row", "normalization row", "activation row", "score row"};

}  // namespace

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
    : program_(program), origin_(std::move(origin)), lines_(lines), planes_(program) {}

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

/// Bursts run in order: one that reads what one before it writes finds it there.
void BurstOrder::queue(std::size_t pc) {
  const Instr& i = program_.instrs[pc];
  const auto rows = [&]() -> Rows {
    switch (i.operation()) {
      case Op::LoadWeights:
        return {Buffer::weights, i.weight_row, i.weight_row + planes_.load(i, what())};
      case Op::LoadNorms:
        return {Buffer::norms, i.norm_row, i.norm_row + i.count / 4};
      case Op::LoadInput:
        return {Buffer::activations, i.out_base,
                i.out_base + tensor_rows(i.in_h, i.in_w, i.in_blocks, program_.arch)};
      default:
        return {Buffer::scores, i.out_base, i.out_base + ceil_div(i.count, 2)};
    }
  }();
  const bool reads = i.operation() == Op::StoreScores;
  if (reads)
    read(rows), scores_stored_ = true;
  else
    there_[static_cast<std::size_t>(rows.buffer)].add(rows.first, rows.end);
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
  const auto activations = [](int base, int rows) { return Rows{Buffer::activations, base, base + rows}; };
  const int norm = i.norm_row + iteration * i.norm_step;
  if (i.operation() == Op::Conv) {
    read({Buffer::weights, i.weight_row, i.weight_row + i.tiles_oc * stored_rows(i, arch)});
    planes_.check(i, what());
  }
  if (i.operation() != Op::Pool) read({Buffer::norms, norm, norm + i.out_blocks});
  read(activations(i.in_base, i.operation() == Op::Elementwise
                                  ? output_rows(i, arch)
                                  : tensor_rows(i.in_h, i.in_w, i.in_blocks, arch)));
  if (i.residual) read(activations(i.res_base, output_rows(i, arch)));
  if (i.score) {
    scores_stored_ = false;
    return write({Buffer::scores, i.out_base, i.out_base + i.out_blocks * i.images});
  }
  for (const Burst& burst : under_way_)
    WD_REQUIRE(program_.instrs[burst.pc].operation() != Op::LoadInput, what(),
               "writes activations while instruction ", burst.pc,
               " (LOAD_INPUT) may be under way, which uses the same port; WAIT for its tag ",
               program_.instrs[burst.pc].tag, " before");
  write(activations(i.out_base, output_rows(i, arch)));
}

void BurstOrder::read(const Rows& rows) const {
  const auto missing = there_[static_cast<std::size_t>(rows.buffer)].first_missing(rows.first, rows.end);
  WD_REQUIRE(!missing, what(), "reads ", row_names[static_cast<int>(rows.buffer)], " ", missing.value_or(0),
             ", which nothing before has ",
             rows.buffer == Buffer::scores || rows.buffer == Buffer::activations ? "written" : "loaded");
  if (arch::has_tiles(program_.instrs[pc_].operation())) require_idle(rows, false);
}

void BurstOrder::write(const Rows& rows) {
  require_idle(rows, true);
  there_[static_cast<std::size_t>(rows.buffer)].add(rows.first, rows.end);
}

/// A layer shares rows with bursts under way only if both read them.
void BurstOrder::require_idle(const Rows& rows, bool writes) const {
  for (const Burst& burst : under_way_) {
    if (burst.rows.buffer != rows.buffer || (!writes && burst.reads)) continue;
    const int first = std::max(rows.first, burst.rows.first), end = std::min(rows.end, burst.rows.end);
    WD_REQUIRE(first >= end, what(), writes ? "writes " : "reads ", row_names[static_cast<int>(rows.buffer)],
               " ", first, " while instruction ", burst.pc, " (",
               arch::op_name(program_.instrs[burst.pc].operation()), ") may be under way; WAIT for its tag ",
               program_.instrs[burst.pc].tag, " before");
  }
}

}  // namespace wd::program
