// SPDX-License-Identifier: Apache-2.0
// What the buses carry, field by field, for those who watch signals.
//
// Shape     visit(name, width, bytes): the least significant byte first, as in the RTL's vectors where it has the same bus.
#pragma once

#include <span>
#include <string>

#include "sim/systemc/walker_row.hpp"

namespace wd::sim::systemc {

template <typename T>
std::span<const std::uint8_t> bytes_of(const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}
template <typename T, typename Visit>
void visit_field(const char* name, const T& value, Visit visit) {
  if constexpr (std::is_same_v<T, bool>)
    visit(name, 1, bytes_of(value));
  else
    visit(name, static_cast<int>(8 * sizeof value), bytes_of(value));
}

template <typename Visit>
void visit_fields(const arch::Instr& instr, Visit visit) {
  visit_field("instr", arch::encode(instr), visit);
}
template <typename Visit>
void visit_fields(const Tile& tile, Visit visit) {
  visit_fields(tile.conv, visit);
  visit_field("iteration", tile.iteration, visit);
  visit_field("oc", tile.oc, visit);
  visit_field("t", tile.t, visit);
}
template <typename Visit>
void visit_fields(const DmaBeat& beat, Visit visit) {
  visit_field("valid", beat.valid, visit);
  visit_field("target", beat.target, visit);
  visit_field("first", beat.first, visit);
  visit_field("row", beat.row, visit);
  visit_field("part", beat.part, visit);
  visit_field("data", beat.data, visit);
}
template <typename Visit>
void visit_fields(const WeightRows& rows, Visit visit) {
  visit_field("planes", rows, visit);
}
template <typename Visit>
void visit_fields(const BankRead& read, Visit visit) {
  visit_field("enable", read.enable, visit);
  visit_field("rows", read.row, visit);
}
template <typename Visit>
void visit_fields(const BankData& data, Visit visit) {
  visit_field("words", data, visit);
}
template <typename Visit>
void visit_fields(const BankWrite& write, Visit visit) {
  visit_field("enable", write.enable, visit);
  visit_field("rows", write.row, visit);
  visit_fields(write.data, visit);
}
template <typename Visit>
void visit_fields(const NormRow& row, Visit visit) {
  visit_field("gamma", row.gamma, visit);
  visit_field("beta", row.beta, visit);
}
template <typename Visit>
void visit_fields(const StagedChunk& staged, Visit visit) {
  visit_field("acts", staged.acts, visit);
}
template <typename Visit>
void visit_fields(const WalkerRow& row, Visit visit) {
  visit_field("slot", row.slot, visit);
  visit_field("plane", row.plane, visit);
  visit_field("planes", row.planes, visit);
  visit_field("entry", row.entry, visit);
  visit_field("first", row.first, visit);
  visit_field("walk", row.walk, visit);
  visit_field("masks", row.words.masks, visit);
  visit_field("negative", row.words.negative, visit);
  visit_fields(row.acts, visit);
  visit_field("nonzero", row.nonzero, visit);
}

}  // namespace wd::sim::systemc
