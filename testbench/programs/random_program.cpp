// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/random_program.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "testbench/programs/coded_rows.hpp"
#include "testbench/programs/random_values.hpp"
#include "testbench/programs/stripes.hpp"

namespace wd::testbench {
namespace {

using arch::Instr;
using arch::Op;

struct Tensor {
  int height = 0, width = 0, blocks = 0, base = 0, pitch = 0;  // width: of all images
};

struct Step {  // of the frame: bursts, waits for them, bursts of what comes later, computation
  std::vector<Instr> bursts, under, work;
};

class Builder {
 public:
  Builder(const RandomChoice& choice, std::uint64_t attempt)
      : choice_(choice),
        arch_(choice.arch),
        values_(choice.seed + (attempt << 32), choice.density),
        coding_(choice.seed + (attempt << 32)) {
    coded_ = program::has_decoder(arch_) && coding_() % 2 == 0;
    program_.arch = choice.arch;
    program_.batch = choice.batch ? *choice.batch : choice.size != 0 || chance(0.5) ? 1 : 1 << between(1, 4);
  }

  /// Nothing if the program does not fit into the architecture's buffers.
  std::optional<RandomProgram> build();

 private:
  int between(int low, int high) { return values_.between(low, high); }
  bool chance(double p) { return values_.chance(p); }
  int tag() { return between(0, 7) / between(1, 4); }
  int blocks(int high) { return choice_.blocks ? choice_.blocks : between(1, high); }
  /// Half of the time more than a tile.
  int output_blocks() { return blocks(std::max(3, 2 * program::tile_blocks(arch_))); }
  int columns(const Tensor& tensor) const { return tensor.width / program_.batch; }
  /// No rows between its words, as a pooled convolution needs it.
  bool is_dense(const Tensor& tensor) const {
    return tensor.pitch == program::pixel_rows(tensor.height, tensor.width, arch_);
  }
  std::uint32_t beats() const {
    return static_cast<std::uint32_t>(program_.memory.size() / program::beat_bytes);
  }

  Tensor place(Tensor tensor);
  StripedTensor place_ring(const Tensor& tensor, int stripe, int rows);
  static StripedTensor whole(const Tensor& tensor);
  int add_scratch(const Tensor& tensor);
  Instr transfer(Op op, const Tensor& tensor, int mem_addr);
  Instr wait(int tag);
  Instr layer(Op op, const Tensor& in, const Tensor& out);
  Instr conv(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad);
  Instr pool(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad);
  Instr elementwise(const Tensor& in, const Tensor& out);
  std::vector<Instr> bursts_of(const Instr& conv, const std::vector<program::WeightRow>& rows);
  void add_weights(Instr& conv, Step& step);
  int add_norm_rows(int rows);
  void add_norms(Instr& conv, int iterations);
  std::vector<Instr> stream_norms(Instr& conv);
  std::vector<Instr> waits_for(const std::vector<Instr>& bursts);
  void add_layer();
  void add_pool();
  void add_elementwise();
  void add_transpose();
  Instr new_table();
  void give_table(Instr& layer);
  void add_loop();
  void add_spill();
  std::vector<Instr> windows(Tensor in, Step& step, std::vector<Tensor>& tensors, int count);
  void add_stripes(int source, bool to_memory);
  void place_in_memory();
  void add_scores();
  void push(std::vector<Instr>& work, const Instr& whole);
  void finish();
  bool fits() const;
  arch::Switches switches();

  const RandomChoice& choice_;
  const arch::Arch& arch_;
  RandomValues values_;
  std::mt19937_64 coding_;  // beside the values': what is coded does not change what is drawn behind it
  bool coded_ = false;      // most bursts of weights are
  program::Program program_;
  std::vector<Instr> load_;  // the load entry
  std::vector<Step> steps_;  // the first one is the input
  Bytes norms_;
  bool has_table_ = false;
  int next_act_row_ = 0, next_weight_row_ = 0, score_blocks_ = 0;
  int scratch_beats_ = 0;
  bool input_in_stripes_ = false;
  Tensor input_, current_;
};

Tensor Builder::place(Tensor tensor) {
  tensor.base = next_act_row_;
  tensor.pitch = program::pixel_rows(tensor.height, tensor.width, arch_) +
                 (choice_.size == 0 && chance(0.35) ? between(1, 3) : 0);
  next_act_row_ += tensor.pitch * program::block_words(tensor.blocks, arch_);
  return tensor;
}

/// @param rows of the image that the ring must hold at least
StripedTensor Builder::place_ring(const Tensor& tensor, int stripe, int rows) {
  StripedTensor ring = whole(tensor);
  const int aligned = aligned_rows(tensor.width);
  ring.stripe = stripe;
  ring.ring = ceil_div(rows, aligned) * aligned + (chance(0.3) ? aligned : 0);
  ring.pitch = ring.ring * tensor.width / arch_.groups();
  ring.base = next_act_row_;
  next_act_row_ += ring.pitch * program::block_words(tensor.blocks, arch_);
  return ring;
}

StripedTensor Builder::whole(const Tensor& tensor) {
  return {.height = tensor.height,
          .width = tensor.width,
          .blocks = tensor.blocks,
          .base = tensor.base,
          .pitch = tensor.pitch};
}

/// Addresses in memory are counted from the input's on until place_in_memory(); the scratch area follows the input.
int Builder::add_scratch(const Tensor& tensor) {
  const int first = input_.height * input_.width * input_.blocks + scratch_beats_;
  scratch_beats_ += tensor.height * tensor.width * tensor.blocks;
  return first;
}

Instr Builder::transfer(Op op, const Tensor& tensor, int mem_addr) {
  Instr i = arch::make(op);
  i.in_h = tensor.height, i.in_w = tensor.width, i.in_blocks = tensor.blocks, i.in_rows = tensor.pitch;
  (op == Op::LoadTensor ? i.out_base : i.in_base) = tensor.base;
  i.mem_addr = mem_addr;
  i.count = tensor.height * tensor.width * tensor.blocks;
  i.tag = tag();
  return i;
}

Instr Builder::wait(int tag) {
  Instr wait = arch::make(Op::Wait);
  wait.tag = tag;
  return wait;
}

Instr Builder::layer(Op op, const Tensor& in, const Tensor& out) {
  Instr i = arch::make(op);
  i.in_h = in.height, i.in_w = in.width, i.in_blocks = in.blocks, i.in_base = in.base;
  i.in_rows = in.pitch, i.out_rows = out.pitch;
  i.out_h = out.height, i.out_w = out.width, i.out_blocks = out.blocks, i.out_base = out.base;
  i.tiles = program::pixel_rows(out.height, out.width, arch_);
  i.layer = static_cast<int>(program_.layers.size());
  program_.layers.push_back({text("layer", i.layer), 1});
  return i;
}

Instr Builder::conv(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad) {
  Instr c = layer(Op::Conv, in, out);
  c.relu = chance(0.6);
  c.planes = between(1, arch_.planes);
  c.stride = stride, c.pad_y = c.pad_x = pad, c.kernel_h = kernel_h, c.kernel_w = kernel_w;
  c.acc_shift = between(-3, 6);
  c.images = program_.batch;
  c.tiles_oc = program::channel_tiles(out.blocks, arch_);
  return c;
}

Instr Builder::pool(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad) {
  Instr p = layer(Op::Pool, in, out);
  p.stride = stride, p.pad_y = p.pad_x = pad, p.kernel_h = kernel_h, p.kernel_w = kernel_w;
  p.images = program_.batch;
  p.tiles_oc = program::block_words(out.blocks, arch_);
  return p;
}

/// Without a residual.
Instr Builder::elementwise(const Tensor& in, const Tensor& out) {
  Instr e = layer(Op::Elementwise, in, out);
  e.in_h = e.in_w = e.in_blocks = 0;  // the output's
  e.relu = chance(0.5);
  e.norm_t = chance(0.3);
  e.tiles_oc = program::channel_tiles(out.blocks, arch_);
  return e;
}

int chunks_of(const Instr& c, const arch::Arch& arch) {
  return (c.pooled ? 1 : c.kernel_h * c.kernel_w) * program::block_words(c.in_blocks, arch);
}

std::vector<Instr> Builder::bursts_of(const Instr& conv, const std::vector<program::WeightRow>& rows) {
  std::vector<Instr> bursts;
  const bool fill_queue = chance(0.3);
  const auto planes = static_cast<std::size_t>(conv.planes);
  const int last_channels = conv.out_blocks * arch::block - (conv.tiles_oc - 1) * arch_.pes_per_group;
  const std::size_t full_rows = last_channels == arch_.pes_per_group
                                    ? rows.size()
                                    : rows.size() / static_cast<std::size_t>(conv.tiles_oc) *
                                          static_cast<std::size_t>(conv.tiles_oc - 1);
  for (std::size_t row = 0; row < rows.size();) {
    Instr burst = arch::make(Op::LoadWeights);
    burst.tag = tag();
    const int most_rows = fill_queue && bursts.size() <= arch::burst_queue ? 3 : 200;
    burst.weight_row = conv.weight_row + static_cast<int>(row);
    burst.mem_addr = beats();
    std::size_t end = std::min(rows.size(), row + static_cast<std::size_t>(between(1, most_rows)));
    if (coded_) end = (end + planes - 1) / planes * planes;  // whole chunks
    burst.coded = coded_ && coding_() % 4 != 0;
    if (burst.coded) {
      const Bytes bytes = coded_rows(std::span(rows).subspan(row, end - row), conv.planes,
                                     std::clamp(full_rows, row, end) - row, last_channels, arch_, coding_);
      program_.memory.insert(program_.memory.end(), bytes.begin(), bytes.end());
      row = end;
    }
    for (; row < end; ++row) program::append_row(program_.memory, rows[row], arch_);
    burst.count = static_cast<int>(beats() - burst.mem_addr);
    bursts.push_back(burst);
  }
  return bursts;
}

/// Weights come with the load entry, right before their use, or while the step before computes.
void Builder::add_weights(Instr& conv, Step& step) {
  conv.weight_row = next_weight_row_;
  const std::vector<program::WeightRow> rows = values_.weights(conv, chunks_of(conv, arch_), arch_);
  next_weight_row_ += static_cast<int>(rows.size());
  if (next_weight_row_ > arch_.weight_rows) return;  // fits() refuses it
  const bool preloaded = choice_.preloaded ? *choice_.preloaded : chance(0.5);
  std::vector<Instr>& to = preloaded ? load_ : chance(0.5) ? step.bursts : steps_.back().under;
  const std::vector<Instr> bursts = bursts_of(conv, rows);
  to.insert(to.end(), bursts.begin(), bursts.end());
}

Instr Builder::new_table() {
  Instr load = arch::make(Op::LoadTable);
  load.mem_addr = static_cast<int>(beats());
  load.count = arch::table_beats;
  load.tag = tag();
  const Bytes codes = values_.activations(std::size_t{arch::table_beats} * program::beat_bytes);
  program_.memory.insert(program_.memory.end(), codes.begin(), codes.end());
  return load;
}

/// Of the load entry, which a step's bursts may replace.
void Builder::give_table(Instr& layer) {
  if (!has_table_) load_.push_back(new_table());
  has_table_ = true;
  layer.lookup = 1;
}

/// @return the first row
int Builder::add_norm_rows(int rows) {
  const auto first = static_cast<int>(norms_.size()) / (4 * program::beat_bytes);
  const Bytes values = values_.norms(rows);
  norms_.insert(norms_.end(), values.begin(), values.end());
  return first;
}

void Builder::add_norms(Instr& conv, int iterations) {
  const int rows = program::norm_rows(conv);
  conv.norm_step = rows + between(0, 1);
  conv.norm_row = add_norm_rows(conv.norm_step * (iterations - 1) + rows);
}

/// For a loop that brings the rows of each iteration: a burst and what waits for it.
std::vector<Instr> Builder::stream_norms(Instr& conv) {
  Instr load = arch::make(Op::LoadNorms);
  const int count = program::norm_rows(conv);
  load.norm_row = conv.norm_row = add_norm_rows(count);
  load.norm_step = count + between(0, 1);
  load.count = 4 * count;
  load.tag = tag();
  load.mem_addr = static_cast<int>(beats());
  const Bytes rows = values_.norms(load.norm_step * 2 + count);  // of up to three iterations
  program_.memory.insert(program_.memory.end(), rows.begin(), rows.end());
  Instr wait = arch::make(Op::Wait);
  wait.tag = load.tag;
  return {load, wait};
}

/// For the last one, which is enough, or for every tag.
std::vector<Instr> Builder::waits_for(const std::vector<Instr>& bursts) {
  std::vector<Instr> waits;
  if (bursts.empty()) return waits;
  Instr wait = arch::make(Op::Wait);
  if (chance(0.3))
    for (wait.tag = 0; wait.tag < 8; ++wait.tag) waits.push_back(wait);
  wait.tag = bursts.back().tag;
  waits.push_back(wait);
  return waits;
}

/// Often as two, each with a part of the output-channel tiles, as the compiler does with layers that are too large.
void Builder::push(std::vector<Instr>& work, const Instr& whole) {
  if (whole.tiles_oc == 1 || chance(0.5)) return work.push_back(whole);
  Instr low = whole, high = whole;
  low.tiles_oc = between(1, whole.tiles_oc - 1);
  low.out_blocks = low.tiles_oc * program::tile_blocks(arch_);
  high.tiles_oc -= low.tiles_oc;
  high.out_blocks -= low.out_blocks;
  const int words = program::block_words(low.out_blocks, arch_);
  high.out_base += whole.score ? low.out_blocks * low.images : words * low.out_rows;
  if (whole.residual) high.res_base += words * low.res_rows;
  if (!whole.norm_t) high.norm_row += low.out_blocks;
  high.weight_row += low.tiles_oc * chunks_of(whole, arch_) * whole.planes;
  high.layer = static_cast<int>(program_.layers.size());
  program_.layers.push_back({text("layer", high.layer), 1});
  if (chance(0.5)) std::swap(low, high);
  work.insert(work.end(), {low, high});
}

void Builder::add_layer() {
  int stride = 1, pad = 0, kernel_h = 1, kernel_w = 1, room_h = 0, room_w = 0;
  const bool pooled = chance(0.12) && is_dense(current_);
  if (pooled) kernel_h = current_.height, kernel_w = columns(current_);
  while (!pooled) {
    stride = between(1, 2), pad = chance(0.25) ? between(1, 3) : between(0, 1);
    kernel_h = between(1, 3), kernel_w = between(1, 3);
    room_h = current_.height + 2 * pad - kernel_h, room_w = columns(current_) + 2 * pad - kernel_w;
    if (room_h >= 0 && room_w >= 0) break;
  }
  const Tensor out = place({room_h / stride + 1, (room_w / stride + 1) * program_.batch, output_blocks()});
  Instr layer = conv(current_, out, kernel_h, kernel_w, stride, pad);
  layer.pooled = pooled;
  layer.norm_t = !pooled && chance(0.2);
  Step step;
  if (!pooled && chance(0.2)) give_table(layer);
  if (layer.lookup && chance(0.3)) step.bursts.push_back(new_table());
  add_weights(layer, step);
  add_norms(layer, 1);
  push(step.work, layer);
  steps_.push_back(step);
  current_ = out;
}

void Builder::add_pool() {
  const bool far = chance(0.4);  // strides beyond those of a convolution
  // Where the width is 8, rows two apart lie in the same banks.
  const int stride = far ? between(3, 15) : current_.width == 8 && chance(0.7) ? 2 : between(1, 3);
  int kernel_h = 1, kernel_w = 1, pad = 0;
  do {
    kernel_h = far ? between(1, 15) : between(1, 3), kernel_w = far ? between(1, 15) : between(1, 3);
    pad = between(0, std::min({kernel_h, kernel_w, far ? 15 : 2}) - 1);
  } while (current_.height + 2 * pad < kernel_h || columns(current_) + 2 * pad < kernel_w);
  const Tensor out =
      place({(current_.height + 2 * pad - kernel_h) / stride + 1,
             ((columns(current_) + 2 * pad - kernel_w) / stride + 1) * program_.batch, current_.blocks});
  Step step;
  step.work.push_back(pool(current_, out, kernel_h, kernel_w, stride, pad));
  steps_.push_back(step);
  current_ = out;
}

/// Without a residual, or with one that another has made; the output has rows of its own, or those of the input or residual.
void Builder::add_elementwise() {
  const int rows = between(0, 2);
  const Tensor before = current_;
  Step step;
  const auto add = [&](const Tensor& in, const Tensor& out, const Tensor* residual) {
    Instr e = elementwise(in, out);
    if (residual != nullptr)
      e.residual = 1, e.res_base = residual->base, e.res_rows = residual->pitch, e.res_shift = between(-6, 6);
    if (chance(0.2)) give_table(e);
    add_norms(e, 1);
    step.work.push_back(e);
  };
  if (chance(0.4)) {
    current_ = rows == 0 ? before : place(before);
    add(before, current_, nullptr);
  } else {
    const Tensor residual = place(before);
    add(before, residual, nullptr);
    current_ = rows == 0 ? before : rows == 1 ? residual : place(before);
    add(before, current_, &residual);
  }
  steps_.push_back(step);
}

/// To rows of 16 pixels, or to one row, which may leave out some of the last 16.
void Builder::add_transpose() {
  Tensor out{current_.blocks, arch::block, program::pixel_rows(current_.height, current_.width, arch_), 0};
  if (chance(0.5) && current_.blocks * arch::block < 64 * program_.batch) {  // a kernel may be so wide
    const int images = program_.batch, most = current_.blocks * arch::block / images;
    out.height = 1, out.width = (most - between(0, (arch::block - 1) / images)) * images;
  }
  out = place(out);
  Instr t = layer(Op::Transpose, current_, out);
  t.tiles = t.out_blocks, t.tiles_oc = t.in_blocks;
  Step step;
  step.work.push_back(t);
  steps_.push_back(step);
  current_ = out;
}

/// A convolution or a pool there, and a convolution back over the input, often with the residual in place.
void Builder::add_loop() {
  const int iterations = between(1, 3), back_kernel = chance(0.5) ? 3 : 1;
  const bool pooling = chance(0.3), plain = !pooling && chance(0.3);
  const Tensor there =
      place({current_.height, current_.width, pooling || plain ? current_.blocks : blocks(3)});
  Instr forth = pooling ? pool(current_, there, 3, 3, 1, 1)
                : plain ? elementwise(current_, there)
                        : conv(current_, there, 3, 3, 1, 1);
  Instr back = conv(there, current_, back_kernel, back_kernel, 1, back_kernel / 2);
  back.residual = chance(0.7);
  back.norm_t = chance(0.2);
  if (chance(0.2)) give_table(back);
  if (back.residual)
    back.res_base = current_.base, back.res_rows = current_.pitch,
    back.res_shift = between(-15, 15) / between(1, 8);
  Instr loop = arch::make(Op::Loop);
  loop.count = iterations;
  Step step;
  step.work.push_back(loop);
  for (Instr* layer : {&forth, &back}) {
    if (layer->operation() != Op::Conv) {
      if (layer->operation() == Op::Elementwise) add_norms(*layer, iterations);
      step.work.push_back(*layer);
      continue;
    }
    add_weights(*layer, step);
    if (chance(0.35)) {
      const std::vector<Instr> norms = stream_norms(*layer);
      step.work.insert(step.work.end(), norms.begin(), norms.end());
    } else {
      add_norms(*layer, iterations);
    }
    push(step.work, *layer);
  }
  step.work.push_back(arch::make(Op::EndLoop));
  if (!step.bursts.empty() && chance(0.25)) {  // again in every iteration
    const std::vector<Instr> waits = waits_for(step.bursts);
    step.bursts.insert(step.bursts.end(), waits.begin(), waits.end());
    step.work.insert(step.work.begin() + 1, step.bursts.begin(), step.bursts.end());
    step.bursts.clear();
  }
  steps_.push_back(step);
}

/// Through memory, to rows of its own; often a layer is computed meanwhile, beside the store or the load, whose output is added to what comes back.
void Builder::add_spill() {
  Step step;
  const Tensor back = place(current_);
  const int addr = add_scratch(current_);
  const Instr store = transfer(Op::StoreTensor, current_, addr), load = transfer(Op::LoadTensor, back, addr);
  step.work.push_back(store);
  const bool twice = program::loads_a_bank_twice(load, arch_), meanwhile = !twice && chance(0.7);
  if (meanwhile && chance(0.3)) step.work.push_back(wait(store.tag));
  step.work.push_back(load);
  if (!meanwhile) {
    step.work.push_back(wait(load.tag));
  } else {
    const Tensor there = place(current_);
    Instr layer = conv(current_, there, 3, 3, 1, 1), sum = elementwise(there, back);
    add_weights(layer, step);
    add_norms(layer, 1);
    sum.residual = 1, sum.res_base = back.base, sum.res_rows = back.pitch, sum.res_shift = between(-3, 3);
    add_norms(sum, 1);
    push(step.work, layer);
    step.work.insert(step.work.end(), {wait(load.tag), sum});
  }
  steps_.push_back(step);
  current_ = back;
}

/// Layers with windows that each have a pixel inside, one after the other. @param tensors of which the last one is the first one's input
std::vector<Instr> Builder::windows(Tensor in, Step& step, std::vector<Tensor>& tensors, int count) {
  std::vector<Instr> layers;
  tensors = {in};
  for (; count > 0; --count) {
    in = tensors.back();
    const int kernel = chance(0.7) ? 3 : between(1, 2), stride = in.height > 4 && chance(0.3) ? 2 : 1;
    const int kernel_w = std::min(kernel, columns(in)), pad = kernel_w == 3 ? 1 : 0;
    const int kernel_h = std::min(kernel, in.height);
    if (kernel_h <= pad) break;
    const bool pooling = chance(0.25);
    Tensor out{(in.height + 2 * pad - kernel_h) / stride + 1,
               ((columns(in) + 2 * pad - kernel_w) / stride + 1) * program_.batch,
               pooling || chance(0.4) ? in.blocks : blocks(2)};
    Instr layer = pooling ? pool(in, out, kernel_h, kernel_w, stride, pad)
                          : conv(in, out, kernel_h, kernel_w, stride, pad);
    if (!pooling) {
      add_weights(layer, step);
      add_norms(layer, 1);
    }
    layers.push_back(layer);
    tensors.push_back(out);
  }
  return layers;
}

/// Layers stripe by stripe. @param source where their input lies in memory; -1: in the buffer
void Builder::add_stripes(int source, bool to_memory) {
  Step step;
  std::vector<Tensor> tensors;
  std::vector<Instr> layers = windows(current_, step, tensors, between(1, 2));
  if (layers.empty()) return;
  const Tensor &to = tensors.back(), &from = current_;
  const bool same = to.height == from.height && to.width == from.width && to.blocks == from.blocks;
  if (source < 0 && same && layers.back().operation() == Op::Conv) {
    layers.back().residual = 1, layers.back().res_shift = between(-3, 3);
    layers.back().res_base = from.base, layers.back().res_rows = from.pitch;
  }
  const bool ahead = chance(0.7);
  std::vector<StripedTensor> chain(tensors.size());
  int following = 0;  // rows of the tensor that a stripe of the next one needs
  for (std::size_t t = tensors.size(); t-- > 0;) {
    const int aligned = aligned_rows(tensors[t].width), stripe = aligned * between(1, 2);
    if (t + 1 == tensors.size()) {
      chain[t] =
          to_memory ? place_ring(tensors[t], stripe, 2 * stripe) : whole(tensors[t] = place(tensors[t]));
      if (to_memory) chain[t].mem_addr = add_scratch(tensors[t]);
    } else if (t == 0 && source < 0) {
      chain[t] = whole(tensors[t]);
    } else {
      chain[t] = place_ring(tensors[t], stripe, following + stripe - 1 + (t == 0 && ahead ? stripe : 0));
      if (t == 0) chain[t].mem_addr = source;
    }
    chain[t].stripe = stripe;
    if (t > 0) following = (stripe - 1) * layers[t - 1].stride + layers[t - 1].kernel_h;
  }
  // Words of one bank must not come twice in a row while tiles are written.
  const StripedTensor& first = chain.front();
  const bool twice = first.blocks > 1 && first.width % 2 == 1;
  for (const Instr& i : StripedChain(chain, layers, [&] { return tag(); }).instructions(ahead && !twice))
    if (i.operation() == Op::Conv)
      push(step.work, i);
    else
      step.work.push_back(i);
  current_ = tensors.back();
  if (to_memory) {
    const int addr = chain.back().mem_addr;
    if (chance(0.5)) {
      steps_.push_back(step);
      return add_stripes(addr, false);
    }
    current_ = place(current_);
    const Instr load = transfer(Op::LoadTensor, current_, addr);
    step.work.insert(step.work.end(), {load, wait(load.tag)});
  }
  steps_.push_back(step);
}

/// Where the areas of the input and of tensors that leave the chip begin is known in the end.
void Builder::place_in_memory() {
  for (Instr& i : program_.instrs)
    if (i.operation() == Op::LoadTensor || i.operation() == Op::StoreTensor) {
      const bool of_input = i.mem_addr < static_cast<int>(program_.input_beats);
      i.mem_addr +=
          static_cast<int>(of_input ? program_.input_addr : program_.scratch_addr - program_.input_beats);
    }
}

void Builder::add_scores() {
  score_blocks_ = output_blocks();
  Instr last =
      conv(current_, {1, program_.batch, score_blocks_, 0}, current_.height, columns(current_), 1, 0);
  last.score = 1;
  last.pooled =
      is_dense(current_) && (choice_.size != 0 || chance(0.5));  // large inputs would fill the weight buffer
  Step step;
  add_weights(last, step);
  add_norms(last, 1);
  push(step.work, last);
  steps_.push_back(step);
  program_.classes = static_cast<std::uint32_t>(score_blocks_ * arch::block - between(0, 15));
  program_.score_beats = static_cast<std::uint32_t>(2 * score_blocks_ * program_.batch);
}

void Builder::finish() {
  Instr norms = arch::make(Op::LoadNorms);
  norms.mem_addr = beats();
  norms.count = static_cast<int>(norms_.size()) / program::beat_bytes;
  norms.tag = tag();
  program_.memory.insert(program_.memory.end(), norms_.begin(), norms_.end());
  load_.insert(load_.begin() + between(0, static_cast<int>(load_.size())), norms);
  const std::vector<Instr> loaded = waits_for(load_);
  load_.insert(load_.end(), loaded.begin(), loaded.end());
  load_.push_back(arch::make(Op::Halt));

  program_.input_addr = beats() + static_cast<std::uint32_t>(between(0, 2));
  program_.input_beats = static_cast<std::uint32_t>(input_.height * input_.width * input_.blocks);
  program_.score_addr =
      program_.input_addr + program_.input_beats + static_cast<std::uint32_t>(between(0, 2));
  program_.scratch_addr =
      program_.score_addr + program_.score_beats + static_cast<std::uint32_t>(between(0, 2));
  program_.scratch_beats = static_cast<std::uint32_t>(scratch_beats_);
  if (!input_in_stripes_) steps_.front().bursts.push_back(transfer(Op::LoadTensor, input_, 0));
  Instr store = arch::make(Op::StoreScores);
  store.mem_addr = program_.score_addr;
  store.count = static_cast<int>(program_.score_beats);
  store.tag = tag();

  program_.instrs = load_;
  program_.frame_entry = static_cast<std::uint32_t>(load_.size());
  auto& all = program_.instrs;
  std::vector<Instr> under_way;
  for (const Step& step : steps_) {
    under_way.insert(under_way.end(), step.bursts.begin(), step.bursts.end());
    all.insert(all.end(), step.bursts.begin(), step.bursts.end());
    const std::vector<Instr> waits = waits_for(under_way);
    all.insert(all.end(), waits.begin(), waits.end());
    all.insert(all.end(), step.under.begin(), step.under.end());
    all.insert(all.end(), step.work.begin(), step.work.end());
    under_way = step.under;
  }
  all.push_back(store);
  const std::vector<Instr> waits = waits_for({store});
  all.insert(all.end(), waits.begin(), waits.end());
  all.push_back(arch::make(Op::Halt));
  place_in_memory();
}

bool Builder::fits() const {
  std::int64_t row_tiles = 0;  // the slowest engine is to take a moment only
  for (const Step& step : steps_)
    for (const Instr& c : step.work)
      if (c.operation() == Op::Conv)
        row_tiles += std::int64_t{c.tiles} * c.tiles_oc * c.kernel_h * c.kernel_w *
                     program::block_words(c.in_blocks, arch_) * c.planes;
      else if (c.operation() == Op::Pool)
        row_tiles += std::int64_t{c.tiles} * c.tiles_oc * c.kernel_h * c.kernel_w;
      else if (c.operation() == Op::Transpose)
        row_tiles += std::int64_t{c.tiles} * c.tiles_oc;
  return next_act_row_ <= arch_.act_rows && next_weight_row_ <= arch_.weight_rows &&
         norms_.size() <= std::size_t{4} * program::beat_bytes * static_cast<std::size_t>(arch_.norm_rows) &&
         score_blocks_ * program_.batch <= arch_.score_rows && (choice_.size != 0 || row_tiles <= 4000);
}

arch::Switches Builder::switches() {
  arch::Switches switches;
  const bool any = chance(0.7);
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) \
  switches.name = choice_.switch_bits ? *choice_.switch_bits >> bit++ & 1 : !any || chance(0.5);
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  switches.window = choice_.switch_window ? *choice_.switch_window : between(0, arch_.window);
  return switches;
}

std::optional<RandomProgram> Builder::build() {
  program_.network = "random";
  program_.input_transform = {4, 4, 4, false, {0}, {1}};
  const int size = choice_.size;
  // Half of the inputs are wider than a tile's pixels; those are lower. At stride 2 banks conflict most in 8 x 8 pixels.
  const bool wide = chance(0.5), eight = program_.batch == 1 && chance(0.3);
  const int height = eight ? 8 : between(1, wide ? 7 : 11), width = eight ? 8 : between(1, wide ? 24 : 11);
  // Many images are small ones.
  const int columns = size ? size : ceil_div(width, std::min(program_.batch, 4));
  input_ = current_ = {size ? size : height, columns * program_.batch, blocks(3)};
  const bool in_stripes = size == 0 && chance(0.5);
  if (in_stripes) {  // higher, of widths that begin in bank 0 again soon
    const int pixels = std::max(program_.batch, chance(0.7) ? 1 << between(2, 3) : 16 * between(1, 2));
    input_ = current_ = {between(8, 28), pixels, blocks(2)};
    input_in_stripes_ = chance(0.5);
  }
  if (!input_in_stripes_) input_ = current_ = place(input_);
  steps_.emplace_back();
  if (in_stripes) add_stripes(input_in_stripes_ ? 0 : -1, chance(0.4));
  if (input_in_stripes_ && steps_.size() == 1) return std::nullopt;  // no layer had windows that are inside
  if (chance(0.2)) add_spill();
  if (chance(current_.width == 8 ? 0.7 : 0.3)) add_pool();
  for (int layers = chance(0.5) ? 1 : between(2, 3); layers > 0; --layers) add_layer();
  if (chance(0.3)) add_pool();
  if (chance(0.4)) add_elementwise();
  if (arch_.chunk == arch::block && size == 0 && chance(0.25)) add_transpose();
  if (chance(0.65)) add_loop();
  add_scores();
  if (!fits()) return std::nullopt;
  finish();
  if (program_.instrs.size() > static_cast<std::size_t>(arch_.instr_rows)) return std::nullopt;
  program::check(program_, "random program");
  RandomProgram result;
  for (int frame = 0; frame < 2; ++frame)
    result.inputs.push_back(values_.activations(std::size_t{program_.input_beats} * program::beat_bytes));
  result.switches = switches();
  result.program = std::move(program_);
  return result;
}

}  // namespace

RandomProgram random_program(const RandomChoice& choice) {
  for (std::uint64_t attempt = 0; attempt < 200; ++attempt)
    if (auto random = Builder(choice, attempt).build()) return *std::move(random);
  fail("random program: seed ", choice.seed, ": none of 200 fits the architecture; give it more rows");
}

arch::Arch roomy_arch(std::uint64_t seed, int pes_per_group, int window) {
  RandomValues values(seed, {});
  arch::Arch arch;
  arch.pes_per_group = pes_per_group;
  arch.window = window;
  arch.memory_latency = values.between(1, 40);
  arch.groups_per_walker = 1 << values.between(0, 4);
  arch.entries = values.between(1, window);
  arch.planes_per_row = values.between(1, 3);
  arch.decoders = 1 << seed % 6;
  arch.freeze_generator = seed % 3 != 0;
  arch.sum_segment = values.chance(0.25) ? 0 : values.between(6, 12);
  arch.weight_rows = 8192;
  arch.act_rows = 4096;
  return arch;
}

}  // namespace wd::testbench
