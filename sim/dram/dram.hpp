// SPDX-License-Identifier: Apache-2.0
// A DRAM channel as its controller sees it: banks with an open row each, one command a clock, a data bus, refresh.
//
// What      accesses come in order; rows stay open until another one of the bank is needed, or a refresh. A row is opened while data of accesses
//           before still flow, if the rules allow it.
// Units     clocks of the DRAM, from 0. Addresses in bytes: column lowest, then bank, then row, so that a stream goes through the banks in turn.
// Timing    a pure function of the sequence of (clock, address, write).
// Test      dram_test.cpp (each command against the rules, by a checker of its own; bandwidth against closed forms)
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wd::sim {

/// A part: what its data sheet says, in clocks where it does not say otherwise.
struct DramPart {
  std::string name, source;
  int clock_ps = 0;
  int bus_bits = 0, burst_length = 0;  // of an access: beats at both edges of the clock
  int banks = 0, row_bytes = 0, rows = 0;
  int cl = 0, cwl = 0;           // from RD, WR to the first data
  int rcd = 0, rp = 0, ras = 0;  // ACT to RD or WR, PRE to ACT, ACT to PRE
  int rrd = 0, faw = 0;          // ACT to ACT of other banks; five of them span at least `faw`
  int ccd = 0;                   // RD to RD, WR to WR
  int wr = 0, wtr = 0, rtp = 0;  // end of written data to PRE, to RD; RD to PRE
  int turn = 0;                  // idle clocks of the data bus between read and written data
  int rfc = 0, refi = 0;         // REF to ACT; a refresh is due so often

  int access_bytes() const { return bus_bits / 8 * burst_length; }
  int data_clocks() const { return burst_length / 2; }
  std::uint64_t bytes() const {
    return std::uint64_t{1} * static_cast<unsigned>(banks) * static_cast<unsigned>(rows) *
           static_cast<unsigned>(row_bytes);
  }
  double peak_bytes_per_second() const { return access_bytes() / (data_clocks() * clock_ps * 1e-12); }
};

/// Those with a name: "ddr3-1600", "lpddr4-3200".
const std::vector<DramPart>& dram_parts();
/// Errors: no part of this name: wd::Error that lists them.
const DramPart& dram_part(const std::string& name);

struct DramCommand {
  enum class Kind { activate, read, write, precharge, refresh } kind;
  std::uint64_t clock = 0;
  int bank = 0;  // of a refresh 0: it is of all of them
  int row = 0;
};

struct DramFigures {
  std::uint64_t reads = 0, writes = 0;  // accesses
  std::uint64_t hits = 0;               // whose row was open
  std::uint64_t conflicts = 0;          // that had to close another one first
  std::uint64_t refreshes = 0;
  std::uint64_t data_clocks = 0;  // in which the data bus was busy
};

class Dram {
 public:
  explicit Dram(DramPart part) : part_(std::move(part)), banks_(static_cast<std::size_t>(part_.banks)) {
    next_refresh_ = static_cast<std::uint64_t>(part_.refi);
  }

  /// An access of access_bytes() that reaches the controller in this clock; one before the last access counts as its clock.
  /// @return the clock in which its last data have passed the bus
  std::uint64_t access(std::uint64_t clock, std::uint64_t address, bool write);

  const DramPart& part() const { return part_; }
  const DramFigures& figures() const { return figures_; }
  /// Told of every command, not in the order of clocks.
  std::function<void(const DramCommand&)> on_command;

 private:
  struct Bank {
    bool open = false;
    int row = 0;
    std::uint64_t act_from = 0, column_from = 0, pre_from = 0;  // the next command's first clock
  };

  void refresh();
  void open_row(Bank& bank, int number, int row, std::uint64_t clock);
  std::uint64_t column(Bank& bank, int number, std::uint64_t clock, bool write);
  /// The first clock from this one on without a command; gets one.
  std::uint64_t command(DramCommand::Kind kind, std::uint64_t from, int bank, int row);

  const DramPart part_;
  std::vector<Bank> banks_;
  std::vector<std::uint64_t> taken_;  // clocks with a command, of those that can matter, rising
  std::uint64_t now_ = 0, next_refresh_ = 0;
  std::uint64_t read_from_ = 0, write_from_ = 0;     // of any bank: the next RD's and WR's first clock
  std::array<std::uint64_t, 4> activates_{};         // the first clocks behind `faw` of the last four
  std::uint64_t activate_count_ = 0, act_from_ = 0;  // of any bank
  DramFigures figures_;
};

}  // namespace wd::sim
