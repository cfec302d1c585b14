// SPDX-License-Identifier: Apache-2.0
// The burst queue against a list of bursts: which starts when and with what, what is pending, when the next push has to wait.
#include <Vwd_burst_queue.h>

#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"

using namespace wd;
using arch::Instr;
using arch::Op;

namespace {

constexpr int queue = 8;  // bursts that wait or are in progress

struct Burst {
  Instr instr;
  std::uint32_t advance, pc;
  int cycles, decoder_cycles;  // in progress; the decoder's begin before the DMA's end
};

std::mt19937 random_bits(13);

int below(int limit) { return static_cast<int>(random_bits() % static_cast<unsigned>(limit)); }
int bits(int count) { return static_cast<int>(random_bits() & ((1u << count) - 1)); }

Burst new_burst(int longest) {
  namespace field = arch::field_bits;
  constexpr std::array ops{Op::LoadWeights, Op::LoadNorms, Op::LoadTensor, Op::StoreScores, Op::StoreTensor};
  Burst burst{arch::make(ops[static_cast<std::size_t>(below(5))]), static_cast<std::uint32_t>(bits(20)),
              static_cast<std::uint32_t>(bits(8)), 1 + below(longest), 0};
  Instr& instr = burst.instr;
  switch (instr.operation()) {  // where it begins on the chip: one of four fields, the others are zero
    case Op::LoadWeights:
      instr.weight_row = bits(field::weight_row), instr.coded = below(2);
      break;
    case Op::LoadNorms:
      instr.norm_row = bits(field::norm_row);
      break;
    case Op::LoadTensor:
      instr.in_base = bits(field::in_base);
      break;
    default:
      instr.out_base = bits(field::out_base);
  }
  instr.in_h = bits(field::in_h), instr.in_w = bits(field::in_w), instr.in_rows = bits(field::in_rows);
  instr.mem_addr = bits(field::mem_addr), instr.count = bits(field::count), instr.tag = bits(field::tag);
  if (instr.coded != 0) burst.decoder_cycles = burst.cycles + 1 + below(longest);
  return burst;
}

Instr decoded(const Vwd_burst_queue& model) {
  arch::InstrWord word{};
  for (std::size_t i = 0; i < word.size(); ++i)
    word[i] = std::uint64_t{model.burst_o[2 * i + 1]} << 32 | model.burst_o[2 * i];
  return arch::decode(word);
}

/// What the DMA reads of a burst: of the four fields the one that its operation uses.
bool same(const Instr& got, const Instr& burst) {
  const bool fields = got.op == burst.op && got.in_h == burst.in_h && got.in_w == burst.in_w &&
                      got.in_rows == burst.in_rows && got.mem_addr == burst.mem_addr &&
                      got.count == burst.count && got.coded == burst.coded;
  switch (burst.operation()) {
    case Op::LoadWeights:
      return fields && got.weight_row == burst.weight_row;
    case Op::LoadNorms:
      return fields && got.norm_row == burst.norm_row;
    case Op::LoadTensor:
      return fields && got.in_base == burst.in_base;
    default:
      return fields && got.out_base == burst.out_base;
  }
}

TEST_CASE("burst queue: bursts start in order, each in the cycle after the one before", "[rtl][oracle]") {
  Cover cover{"wd_burst_queue",
              {"empty", "starts at once", "push waits for the DMA", "push behind others", "full",
               "push as one starts", "starts from a full queue", "push as the last of a full queue",
               "decoder only", "tag pending twice", "all tags pending", "reset while bursts wait",
               "ends with none behind it", "starts as the last that waits"}};
  Vwd_burst_queue model;
  for (int run = 0; run < 60; ++run) {
    const int longest = run % 3 == 0 ? 3 : run % 3 == 1 ? 12 : 30, push_one_in = 1 + below(6);
    std::deque<Burst> waiting;
    Burst current{};  // in progress, or the last one
    int dma = 0, decoder = 0, pushes = 0;
    bool any_started = false;
    model.rst_ni = 0, model.push_i = 0, model.dma_busy_i = 0, model.decoder_busy_i = 0, model.clk_i = 0;
    model.eval();
    model.clk_i = 1;
    model.eval();
    model.rst_ni = 1;
    const int cycles = 100 + below(400);
    for (int cycle = 0; cycle < cycles; ++cycle) {
      const bool in_progress = dma > 0 || decoder > 0;
      const int held = static_cast<int>(waiting.size()) + in_progress;
      const bool full = held == queue && in_progress;
      const bool push = !full && below(push_one_in) == 0;
      Burst next = new_burst(longest);  // the port shows an instruction whether or not it is pushed
      if (run % 4 == 0) next.instr.tag = pushes % 8;  // each tag in turn: all of them pending at once
      pushes += push;
      const arch::InstrWord word = arch::encode(next.instr);
      for (int i = 0; i < arch::instr_bits / 32; ++i)
        model.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
      model.advance_i = next.advance, model.pc_i = next.pc, model.push_i = push;
      model.dma_busy_i = dma > 0, model.decoder_busy_i = decoder > 0;
      model.clk_i = 0;
      model.eval();

      unsigned pending = in_progress ? 1u << current.instr.tag : 0;
      bool twice = false;
      for (const Burst& burst : waiting) {
        twice = twice || (pending >> burst.instr.tag & 1) != 0;
        pending |= 1u << burst.instr.tag;
      }
      const bool starts = !in_progress && (!waiting.empty() || push);
      const Burst& starting = waiting.empty() ? next : waiting.front();
      const bool right =
          model.full_o == full && model.busy_o == (held > 0) && model.pending_o == pending &&
          model.start_o == starts && (!any_started || model.pc_o == current.pc) &&
          (!starts || (same(decoded(model), starting.instr) && model.advance_o == starting.advance));
      if (!right) {
        CAPTURE(run, cycle, held, in_progress, push);
        CHECK(model.full_o == full);
        CHECK(model.busy_o == (held > 0));
        CHECK(model.pending_o == pending);
        CHECK(model.start_o == starts);
        if (any_started) CHECK(model.pc_o == current.pc);
        if (starts) CHECK(model.advance_o == starting.advance);
        if (starts) CHECK(same(decoded(model), starting.instr));
        REQUIRE(right);
      }
      cover.hit("empty", held == 0 && !push);
      cover.hit("starts at once", starts && waiting.empty());
      cover.hit("push waits for the DMA", push && in_progress && waiting.empty());
      cover.hit("push behind others", push && in_progress && !waiting.empty());
      cover.hit("full", full);
      cover.hit("push as one starts", push && starts && !waiting.empty());
      cover.hit("starts from a full queue", starts && held == queue - 1);
      cover.hit("push as the last of a full queue", push && in_progress && held == queue - 1);
      cover.hit("decoder only", dma == 0 && decoder > 0);
      cover.hit("tag pending twice", twice);
      cover.hit("all tags pending", pending == 255);
      cover.hit("ends with none behind it", any_started && !in_progress && waiting.empty() && !push);
      cover.hit("starts as the last that waits", starts && waiting.size() == 1 && !push);

      dma -= dma > 0, decoder -= decoder > 0;
      if (push) waiting.push_back(next);
      if (starts) {
        current = waiting.front();
        waiting.pop_front();
        dma = current.cycles, decoder = current.decoder_cycles, any_started = true;
      }
      model.clk_i = 1;
      model.eval();
    }
    cover.hit("reset while bursts wait", !waiting.empty());
  }
  CHECK(cover.missed() == "");
}

}  // namespace
