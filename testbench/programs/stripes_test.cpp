// SPDX-License-Identifier: Apache-2.0
// Layers in stripes, with rings and memory between them, give what whole layers give.
#include "testbench/programs/stripes.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "sim/golden.hpp"
#include "testbench/programs/random_values.hpp"

using namespace wd;
using namespace wd::testbench;
using arch::Instr;
using arch::Op;

namespace {

/// Two layers of 3 x 3 windows and class scores of what they give, of an input of one block; in stripes or not.
struct Case {
  int height = 0, width = 0, images = 1;
  int stride = 1;           // of the second layer
  Op first = Op::Conv;      // the second layer is a CONV
  bool load = false;        // the input comes in stripes
  bool ahead = false;       // before it is needed
  int stripes[3] = {1, 1, 1};  // of each tensor, in rows that begin in bank 0
};

class Builder {
 public:
  Builder(const Case& c, std::uint64_t seed) : case_(c), values_(seed, 0.6) {}

  program::Program build(bool striped) {
    begin();
    if (!striped || !case_.load) {
      tensors_[0].base = take_rows(tensors_[0].pitch);
      program_.instrs.push_back(load_input());
      program_.instrs.push_back(arch::make(Op::Wait));
    }
    striped ? add_stripes() : add_whole();
    end();
    return program_;
  }
  std::vector<std::uint8_t> input() { return values_.activations(program_.input_beats * std::size_t{16}); }

 private:
  void begin() {
    program_.network = "stripes", program_.batch = case_.images;
    program_.input_transform = {4, 4, 4, false, {0}, {1}};
    program_.layers = {{"first", 1}, {"second", 1}, {"scores", 1}};
    const int s = case_.stride;
    tensors_ = {tensor(case_.height, case_.width), tensor(case_.height, case_.width),
                tensor((case_.height - 1) / s + 1, (case_.width / case_.images - 1) / s * case_.images + case_.images)};
    layers_ = {window(case_.first, 0, 1), window(Op::Conv, 1, s)};
    scores_ = window(Op::Conv, 2, 1);
    scores_.layer = 2, scores_.score = scores_.pooled = 1, scores_.pad_y = scores_.pad_x = 0;
    scores_.kernel_h = tensors_[2].height, scores_.kernel_w = tensors_[2].width / case_.images;
    scores_.out_h = scores_.tiles = 1, scores_.out_w = case_.images, scores_.weight_row = 2 * 9;
    scores_.norm_row = 2;
    int row = 0;
    for (const Instr* conv : {&layers_[0], &layers_[1], &scores_}) {
      const int chunks = conv->pooled ? 1 : 9;
      if (conv->operation() == Op::Pool) continue;
      Instr of_weights = *conv;
      for (const auto& words : values_.weights(of_weights, chunks, program_.arch))
        program::append_row(program_.memory, words, program_.arch), ++row;
    }
    Instr weights = arch::make(Op::LoadWeights), norms = arch::make(Op::LoadNorms);
    weights.count = beats();
    if (case_.first == Op::Pool) weights.weight_row = 9;
    norms.mem_addr = beats(), norms.count = 12;
    const Bytes rows = values_.norms(3);
    program_.memory.insert(program_.memory.end(), rows.begin(), rows.end());
    program_.instrs = {weights, norms, arch::make(Op::Wait), arch::make(Op::Halt)};
    program_.frame_entry = 4;
    program_.input_addr = static_cast<std::uint32_t>(beats());
    program_.input_beats = static_cast<std::uint32_t>(case_.height * case_.width);
    program_.score_addr = program_.input_addr + program_.input_beats;
    program_.score_beats = static_cast<std::uint32_t>(2 * case_.images);
    program_.scratch_addr = program_.score_addr + program_.score_beats;
    program_.classes = 16;
  }

  int beats() const { return static_cast<int>(program_.memory.size()) / program::beat_bytes; }
  static StripedTensor tensor(int height, int width) {
    return {.height = height, .width = width, .blocks = 1, .pitch = ceil_div(height * width, 16)};
  }
  int take_rows(int rows) { return std::exchange(next_row_, next_row_ + rows); }

  Instr window(Op op, std::size_t from, int stride) const {
    Instr i = arch::make(op);
    const StripedTensor &in = tensors_[from], &out = tensors_[std::min<std::size_t>(from + 1, 2)];
    i.in_h = in.height, i.in_w = in.width, i.in_blocks = i.out_blocks = i.tiles_oc = 1, i.in_rows = in.pitch;
    i.out_h = out.height, i.out_w = out.width, i.out_rows = i.tiles = out.pitch;
    i.kernel_h = i.kernel_w = 3, i.pad_y = i.pad_x = 1, i.stride = stride, i.images = case_.images;
    i.layer = static_cast<int>(from);
    if (op == Op::Conv) i.planes = 1, i.relu = from == 0, i.weight_row = 9 * static_cast<int>(from), i.norm_row = i.layer;
    return i;
  }

  Instr load_input() const {
    Instr i = arch::make(Op::LoadTensor);
    i.in_h = case_.height, i.in_w = case_.width, i.in_blocks = 1, i.in_rows = tensors_[0].pitch;
    i.out_base = tensors_[0].base, i.mem_addr = static_cast<int>(program_.input_addr);
    i.count = i.in_h * i.in_w;
    return i;
  }

  void add_whole() {
    for (std::size_t t = 1; t < 3; ++t) {
      tensors_[t].base = take_rows(tensors_[t].pitch);
      Instr i = layers_[t - 1];
      i.in_base = tensors_[t - 1].base, i.out_base = tensors_[t].base;
      program_.instrs.push_back(i);
    }
  }

  void add_stripes() {
    for (std::size_t t = 0; t < 3; ++t) {
      const int aligned = aligned_rows(tensors_[t].width);
      StripedTensor& tensor = tensors_[t];
      tensor.stripe = aligned * case_.stripes[t];
      if (t == 0 && case_.load) tensor.mem_addr = static_cast<int>(program_.input_addr);
      if (t == 1 || tensor.mem_addr >= 0) {  // a ring of as few rows as will do
        const int next = aligned_rows(tensors_[t + 1].width) * case_.stripes[t + 1];
        const int needed = (next - 1) * layers_[t].stride + 3;
        tensor.ring = ceil_div(needed + tensor.stripe - 1 + (t == 0 && case_.ahead ? tensor.stripe : 0), aligned) * aligned;
        tensor.pitch = tensor.ring * tensor.width / 16;
      }
      if (t > 0 || case_.load) tensor.base = take_rows(tensor.pitch);
    }
    for (const Instr& i : StripedChain(tensors_, layers_, [] { return 1; }).instructions(case_.ahead)) {
      wraps += i.in_wrap != 0;
      program_.instrs.push_back(i);
    }
  }

  void end() {
    scores_.in_base = tensors_[2].base;
    Instr store = arch::make(Op::StoreScores);
    store.mem_addr = static_cast<int>(program_.score_addr), store.count = static_cast<int>(program_.score_beats);
    for (const Instr& i : {scores_, store, arch::make(Op::Wait), arch::make(Op::Halt)}) program_.instrs.push_back(i);
    program::check(program_, "stripes");
  }

  const Case case_;
  RandomValues values_;
  program::Program program_;
  std::vector<StripedTensor> tensors_;
  std::vector<Instr> layers_;
  Instr scores_;
  int next_row_ = 3;

 public:
  int wraps = 0;
};

std::vector<std::uint16_t> scores_of(const program::Program& program, std::span<const std::uint8_t> input) {
  sim::GoldenEngine engine(program);
  engine.load();
  return engine.frame(input).scores;
}

}  // namespace

TEST_CASE("stripes: give what whole layers give, in rings that are as small as can be", "[testbench][oracle]") {
  int wraps = 0;
  std::uint64_t seed = 0;
  for (const Case& c : {Case{20, 16}, {21, 8}, {30, 4}, {12, 16, 4}, {24, 8, 2}, {19, 16, 1, 2}, {40, 8, 1, 2},
                        {20, 16, 1, 1, Op::Pool}, {26, 8, 1, 2, Op::Pool}})
    for (bool load : {false, true})
      for (bool ahead : {false, true})
        for (int stripe : {1, 2}) {
          Case with = c;
          with.load = load, with.ahead = ahead, with.stripes[0] = stripe, with.stripes[1] = 3 - stripe;
          Builder whole(with, ++seed), striped(with, seed);
          const program::Program a = whole.build(false), b = striped.build(true);
          const auto input = whole.input();
          INFO(c.height << " x " << c.width << ", load " << load << " ahead " << ahead << " stripe " << stripe);
          CHECK(a.instrs.size() < b.instrs.size());
          const auto scores = scores_of(a, input);
          CHECK(std::set(scores.begin(), scores.end()).size() > 2);  // they say something
          CHECK(scores == scores_of(b, input));
          wraps += striped.wraps;
        }
  CHECK(wraps > 100);
}
