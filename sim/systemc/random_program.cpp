// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/random_program.hpp"

#include <random>

#include "base/integer.hpp"
#include "hw/formats/program/weight_words.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::sim::systemc {
namespace {

using arch::Instr;
using arch::Op;

struct Tensor {
  int h = 0, w = 0, blocks = 0, base = 0;
  int rows() const { return ceil_div(h, 4) * ceil_div(w, 4) * blocks; }
};

class Builder {
 public:
  explicit Builder(const RandomChoice& choice) : choice_(choice), random_(choice.seed) {
    arch::Arch& arch = program_.arch;
    arch.pes_per_group = choice.pes_per_group;
    arch.window = choice.window;
    arch.memory_latency = between(1, 40);
    arch.weight_rows = 8192;
    arch.act_rows = 4096;
  }

  RandomProgram build();

 private:
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  int blocks(int high) { return choice_.blocks ? choice_.blocks : between(1, high); }
  double density() { return choice_.density >= 0 ? choice_.density : between(1, 20) / 20.0; }

  Tensor place(int h, int w, int blocks);
  Instr conv(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad);
  void add_weights(Instr& conv);
  program::WeightRow row_of(const std::vector<int>& levels, int plane) const;
  void add_norms(Instr& conv, int iterations);
  void add_conv(const Instr& whole);
  void first_layer();
  void loop();
  void scores();
  void finish_load();
  std::vector<std::uint8_t> random_input();

  const RandomChoice choice_;
  std::mt19937 random_;
  program::Program program_;
  std::vector<Instr> frame_;
  std::vector<std::uint16_t> norms_;
  Bytes memory_;
  Instr last_load_;
  int next_act_row_ = 0, next_weight_row_ = 0;
  Tensor input_, current_;
};

Tensor Builder::place(int h, int w, int blocks) {
  Tensor tensor{h, w, blocks, next_act_row_};
  next_act_row_ += tensor.rows();
  return tensor;
}

Instr Builder::conv(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad) {
  Instr instr = arch::make(Op::Conv);
  instr.planes = between(1, 3);
  instr.stride = stride;
  instr.pad = pad;
  instr.kernel_h = kernel_h;
  instr.kernel_w = kernel_w;
  instr.acc_shift = between(0, 2);
  instr.in_h = in.h;
  instr.in_w = in.w;
  instr.in_blocks = in.blocks;
  instr.in_base = in.base;
  instr.out_h = out.h;
  instr.out_w = out.w;
  instr.out_blocks = instr.out_pitch = out.blocks;
  instr.out_base = out.base;
  instr.tiles_y = ceil_div(out.h, 4);
  instr.tiles_x = ceil_div(out.w, 4);
  instr.tiles_oc = ceil_div(out.blocks * 16, choice_.pes_per_group);
  instr.relu = chance(0.7);
  instr.layer = static_cast<int>(program_.layers.size());
  program_.layers.push_back({"layer" + std::to_string(instr.layer), 0});
  return instr;
}

program::WeightRow Builder::row_of(const std::vector<int>& levels, int plane) const {
  program::WeightRow row(static_cast<std::size_t>(choice_.pes_per_group));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    program::WeightWord& word = row[i / 16];
    const std::uint64_t bit = std::uint64_t{1} << i % 16;
    const bool set = std::abs(levels[i]) >> plane & 1;
    if (set) word.mask |= bit;
    if (set ? levels[i] < 0 : levels[i] != 0) word.sign |= bit;
  }
  return row;
}

/// Appends the layer's rows to memory and leaves their burst in last_load_.
void Builder::add_weights(Instr& conv) {
  const double filled = density();
  const int chunks = (conv.pooled ? 1 : conv.kernel_h * conv.kernel_w) * conv.in_blocks;
  const int largest = (1 << conv.planes) - 1;
  conv.weight_row = next_weight_row_;
  last_load_ = arch::make(Op::LoadWeights);
  last_load_.mem_addr = memory_.size() / program::beat_bytes;
  last_load_.weight_row = conv.weight_row;
  for (int tile = 0; tile < conv.tiles_oc; ++tile)
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const int outputs =
          std::min(choice_.pes_per_group, conv.out_blocks * 16 - tile * choice_.pes_per_group);
      std::vector<int> levels(static_cast<std::size_t>(choice_.pes_per_group) * 16);
      for (std::size_t i = 0; i < static_cast<std::size_t>(outputs) * 16; ++i)
        if (chance(filled)) levels[i] = between(1, largest) * (chance(0.5) ? 1 : -1);
      for (int plane = 0; plane < conv.planes; ++plane) {
        program::append_row(memory_, row_of(levels, plane), program_.arch);
        ++next_weight_row_;
      }
    }
  last_load_.count = static_cast<int>(memory_.size() / program::beat_bytes - last_load_.mem_addr);
}

void Builder::add_norms(Instr& conv, int iterations) {
  conv.norm_row = static_cast<int>(norms_.size() / 32);
  conv.norm_step = iterations > 1 ? conv.out_blocks : 0;
  std::uniform_real_distribution<float> gamma(-0.2f, 0.2f), beta(-2.0f, 2.0f);
  for (int row = 0; row < iterations * conv.out_blocks; ++row) {
    for (int i = 0; i < 16; ++i) norms_.push_back(numerics::fp16_from_float(gamma(random_)));
    for (int i = 0; i < 16; ++i) norms_.push_back(numerics::fp16_from_float(beta(random_)));
  }
}

void Builder::first_layer() {
  const int stride = between(1, 2), kernel_h = between(1, 3), kernel_w = between(1, 3), pad = between(0, 1);
  const auto out = [&](int in, int kernel) { return (in + 2 * pad - kernel) / stride + 1; };
  current_ = place(out(input_.h, kernel_h), out(input_.w, kernel_w), blocks(5));
  Instr first = conv(input_, current_, kernel_h, kernel_w, stride, pad);
  add_weights(first);
  add_norms(first, 1);
  frame_.push_back(last_load_);
  frame_.push_back(arch::make(Op::Wait));
  add_conv(first);
}

/// Often as two, each with some of the output-channel tiles, as the compiler splits layers that are too large.
void Builder::add_conv(const Instr& whole) {
  if (whole.tiles_oc == 1 || chance(0.4)) return frame_.push_back(whole);
  const int tiles = between(1, whole.tiles_oc - 1);
  Instr first = whole, second = whole;
  first.tiles_oc = tiles;
  first.out_blocks = tiles * choice_.pes_per_group / 16;
  second.tiles_oc -= first.tiles_oc;
  second.out_blocks -= first.out_blocks;
  second.out_base += first.out_blocks;
  second.res_base += first.out_blocks;
  second.norm_row += first.out_blocks;
  second.weight_row +=
      tiles * (whole.pooled ? 1 : whole.kernel_h * whole.kernel_w) * whole.in_blocks * whole.planes;
  second.layer = static_cast<int>(program_.layers.size());
  program_.layers.push_back({"layer" + std::to_string(second.layer), 0});
  frame_.insert(frame_.end(), {first, second});
}

/// Two convolutions there and back, the second with the residual in place; weights come under computation.
void Builder::loop() {
  const Tensor there = place(current_.h, current_.w, blocks(3));
  Instr forth = conv(current_, there, 3, 3, 1, 1), back = conv(there, current_, 1, 1, 1, 0);
  const int iterations = between(1, 3);
  add_weights(forth);
  const Instr forth_load = last_load_;
  add_weights(back);
  frame_.insert(frame_.end() - 1, forth_load);  // in progress while the first layer runs
  frame_.push_back(last_load_);                 // waits for it
  frame_.push_back(arch::make(Op::Wait));
  add_norms(forth, iterations);
  add_norms(back, iterations);
  back.residual = 1;
  back.res_base = current_.base;
  back.res_shift = between(-3, 3);
  Instr begin = arch::make(Op::Loop);
  begin.count = iterations;
  frame_.push_back(begin);
  add_conv(forth);
  add_conv(back);
  frame_.push_back(arch::make(Op::EndLoop));
}

void Builder::scores() {
  const Tensor out{1, 1, blocks(5), 0};
  Instr last = conv(current_, out, current_.h, current_.w, 1, 0);
  last.score = 1;
  last.pooled = choice_.size != 0 || chance(0.7);  // large inputs would fill the weight buffer
  add_weights(last);
  add_norms(last, 1);
  Instr store = arch::make(Op::StoreScores);
  store.out_base = out.base;
  store.count = out.blocks * 2;
  program_.classes = static_cast<std::uint32_t>(out.blocks * 16 - between(0, 15));
  program_.score_beats = static_cast<std::uint32_t>(store.count);
  frame_.insert(frame_.end(), {last_load_, arch::make(Op::Wait)});
  add_conv(last);
  frame_.insert(frame_.end(), {store, arch::make(Op::Wait), arch::make(Op::Halt)});
}

void Builder::finish_load() {
  Instr norms = arch::make(Op::LoadNorms);
  norms.mem_addr = memory_.size() / program::beat_bytes;
  norms.count = static_cast<int>(norms_.size() / 8);
  for (std::uint16_t value : norms_) {
    memory_.push_back(static_cast<std::uint8_t>(value));
    memory_.push_back(static_cast<std::uint8_t>(value >> 8));
  }
  program_.input_addr = static_cast<std::uint32_t>(memory_.size() / program::beat_bytes);
  program_.input_beats = static_cast<std::uint32_t>(input_.h * input_.w * input_.blocks);
  program_.score_addr = program_.input_addr + program_.input_beats;
  frame_.front().mem_addr = program_.input_addr;
  for (Instr& instr : frame_)
    if (instr.operation() == Op::StoreScores) instr.mem_addr = program_.score_addr;
  program_.instrs = {norms, arch::make(Op::Wait), arch::make(Op::Halt)};
  program_.frame_entry = 3;
  program_.instrs.insert(program_.instrs.end(), frame_.begin(), frame_.end());
  program_.memory = memory_;
}

std::vector<std::uint8_t> Builder::random_input() {
  const double filled = density();
  std::vector<std::uint8_t> codes(std::size_t{program_.input_beats} * 16);
  for (std::uint8_t& code : codes)
    if (chance(filled)) code = static_cast<std::uint8_t>(between(0, 0x7e) | (chance(0.5) ? 0x80 : 0));
  return codes;
}

RandomProgram Builder::build() {
  const int size = choice_.size;
  input_ = place(size ? size : between(3, 11), size ? size : between(3, 11), blocks(3));
  Instr load = arch::make(Op::LoadInput);
  load.in_h = input_.h;
  load.in_w = input_.w;
  load.in_blocks = input_.blocks;
  load.count = input_.h * input_.w * input_.blocks;
  load.out_base = input_.base;
  frame_.push_back(load);
  first_layer();
  if (chance(0.8)) loop();
  scores();
  finish_load();
  program::check(program_, "random program");
  RandomProgram result;
  result.inputs = {random_input(), random_input()};
  result.switches = arch::Switches::from_bits(choice_.switch_bits);
  result.switches.window = choice_.switch_window;
  result.program = std::move(program_);
  return result;
}

}  // namespace

RandomProgram make_random_program(const RandomChoice& choice) { return Builder(choice).build(); }

}  // namespace wd::sim::systemc
