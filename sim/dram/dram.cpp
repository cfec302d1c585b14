// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/dram.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::sim {

using Kind = DramCommand::Kind;

const std::vector<DramPart>& dram_parts() {
  static const std::vector<DramPart> parts = [] {
    DramPart ddr3;
    ddr3.name = "ddr3-1600";
    ddr3.source = "JESD79-3F, 2 Gb x16, speed bin DDR3-1600K (11-11-11), 85 C";
    ddr3.clock_ps = 1250;
    ddr3.bus_bits = 16, ddr3.burst_length = 8;
    ddr3.banks = 8, ddr3.row_bytes = 2048, ddr3.rows = 16384;
    ddr3.cl = 11, ddr3.cwl = 8, ddr3.rcd = 11, ddr3.rp = 11, ddr3.ras = 28;
    ddr3.rrd = 6, ddr3.faw = 32, ddr3.ccd = 4, ddr3.wr = 12, ddr3.wtr = 6, ddr3.rtp = 6, ddr3.turn = 2;
    ddr3.rfc = 128, ddr3.refi = 6240;
    DramPart lpddr4;
    lpddr4.name = "lpddr4-3200";
    lpddr4.source = "JESD209-4B, a 4 Gb x16 channel, 3200 Mb/s, all-bank refresh and precharge";
    lpddr4.clock_ps = 625;
    lpddr4.bus_bits = 16, lpddr4.burst_length = 16;
    lpddr4.banks = 8, lpddr4.row_bytes = 2048, lpddr4.rows = 32768;
    lpddr4.cl = 28, lpddr4.cwl = 14, lpddr4.rcd = 29, lpddr4.rp = 34, lpddr4.ras = 68;
    lpddr4.rrd = 16, lpddr4.faw = 64, lpddr4.ccd = 8, lpddr4.wr = 30, lpddr4.wtr = 17, lpddr4.rtp = 12,
    lpddr4.turn = 8;  // of written data: a clock for tDQSS; of the turn: tDQSCK of 3.6 ns, a preamble of 2
    lpddr4.rfc = 288, lpddr4.refi = 6246;
    return std::vector<DramPart>{ddr3, lpddr4};
  }();
  return parts;
}

const DramPart& dram_part(const std::string& name) {
  std::string all;
  for (const DramPart& part : dram_parts()) {
    if (part.name == name) return part;
    all += (all.empty() ? "" : ", ") + part.name;
  }
  fail("there is no DRAM '", name, "'; there are ", all);
}

std::uint64_t Dram::access(std::uint64_t clock, std::uint64_t address, bool write) {
  now_ = std::max(now_, clock);
  taken_.erase(taken_.begin(), std::lower_bound(taken_.begin(), taken_.end(), std::min(now_, next_refresh_)));
  // What waits for the data bus comes behind a refresh that is due before it.
  while (next_refresh_ <= std::max(now_, write ? write_from_ : read_from_)) refresh();
  const std::uint64_t page = address / static_cast<std::uint64_t>(part_.row_bytes);
  const auto bank = static_cast<int>(page % banks_.size());
  const auto row = static_cast<int>(page / banks_.size() % static_cast<std::uint64_t>(part_.rows));
  Bank& its = banks_[static_cast<std::size_t>(bank)];
  figures_.hits += its.open && its.row == row;
  figures_.conflicts += its.open && its.row != row;
  ++(write ? figures_.writes : figures_.reads);
  figures_.data_clocks += static_cast<std::uint64_t>(part_.data_clocks());
  open_row(its, bank, row, now_);
  return column(its, bank, now_, write);
}

std::uint64_t Dram::command(Kind kind, std::uint64_t from, int bank, int row) {
  auto place = std::lower_bound(taken_.begin(), taken_.end(), from);
  for (; place != taken_.end() && *place == from; ++place) ++from;
  taken_.insert(place, from);
  if (on_command) on_command({kind, from, bank, row});
  return from;
}

void Dram::open_row(Bank& bank, int number, int row, std::uint64_t clock) {
  if (bank.open && bank.row == row) return;
  if (bank.open) {
    const std::uint64_t at = command(Kind::precharge, std::max(clock, bank.pre_from), number, bank.row);
    bank.act_from = std::max(bank.act_from, at + static_cast<std::uint64_t>(part_.rp));
  }
  std::uint64_t& fifth = activates_[activate_count_++ % activates_.size()];
  const std::uint64_t at =
      command(Kind::activate, std::max({clock, bank.act_from, act_from_, fifth}), number, row);
  fifth = at + static_cast<std::uint64_t>(part_.faw);
  act_from_ = at + static_cast<std::uint64_t>(part_.rrd);
  bank.open = true;
  bank.row = row;
  bank.column_from = at + static_cast<std::uint64_t>(part_.rcd);
  bank.pre_from = at + static_cast<std::uint64_t>(part_.ras);
}

std::uint64_t Dram::column(Bank& bank, int number, std::uint64_t clock, bool write) {
  const std::uint64_t from = std::max({clock, bank.column_from, write ? write_from_ : read_from_});
  const std::uint64_t at = command(write ? Kind::write : Kind::read, from, number, bank.row);
  const std::uint64_t end =
      at + static_cast<std::uint64_t>((write ? part_.cwl : part_.cl) + part_.data_clocks());
  const auto ccd = static_cast<std::uint64_t>(part_.ccd);
  if (write) {
    write_from_ = at + ccd;
    read_from_ = std::max(at + ccd, end + static_cast<std::uint64_t>(part_.wtr));
    bank.pre_from = std::max(bank.pre_from, end + static_cast<std::uint64_t>(part_.wr));
  } else {
    read_from_ = at + ccd;
    write_from_ = std::max(
        at + ccd, end + static_cast<std::uint64_t>(part_.turn) - static_cast<std::uint64_t>(part_.cwl));
    bank.pre_from = std::max(bank.pre_from, at + static_cast<std::uint64_t>(part_.rtp));
  }
  return end;
}

/// All rows are closed, one bank after the other, and no row is opened before the refresh has ended.
void Dram::refresh() {
  std::uint64_t from = next_refresh_;
  for (std::size_t i = 0; i < banks_.size(); ++i) {
    Bank& bank = banks_[i];
    if (bank.open) {
      const std::uint64_t at =
          command(Kind::precharge, std::max(next_refresh_, bank.pre_from), static_cast<int>(i), bank.row);
      bank.act_from = std::max(bank.act_from, at + static_cast<std::uint64_t>(part_.rp));
      bank.open = false;
    }
    from = std::max(from, bank.act_from);
  }
  const std::uint64_t at = command(Kind::refresh, from, 0, 0);
  for (Bank& bank : banks_) bank.act_from = at + static_cast<std::uint64_t>(part_.rfc);
  ++figures_.refreshes;
  next_refresh_ += static_cast<std::uint64_t>(part_.refi);
}

}  // namespace wd::sim
