// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/stripes.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::testbench {

using arch::Instr;
using arch::Op;

namespace {

constexpr int banks = 16;

/// Place in its tensor or ring of a row's first pixel.
int first_place(const StripedTensor& tensor, int row) {
  return (tensor.ring == 0 ? row : row % tensor.ring) * tensor.width;
}

}  // namespace

int aligned_rows(int width) { return banks / std::gcd(banks, width); }

program::Span rows_needed(const Instr& whole, int in_height, int first, int end) {
  const int begin = first * whole.stride - whole.pad_y,
            last = (end - 1) * whole.stride - whole.pad_y + whole.kernel_h;
  return {std::max(0, begin), std::min(in_height, last)};
}

Instr stripe_of(const Instr& whole, const StripedTensor& in, const StripedTensor& out, int first, int end) {
  Instr stripe = whole;
  const program::Span rows = rows_needed(whole, in.height, first, end);
  stripe.pad_y = rows.first - (first * whole.stride - whole.pad_y);
  stripe.in_h = rows.end - rows.first;
  stripe.in_rows = in.pitch;
  const int place = first_place(in, rows.first), out_place = first_place(out, first);
  stripe.in_base = in.base + place / banks;
  stripe.in_offset = place % banks;
  if (in.ring != 0 && rows.first % in.ring + stripe.in_h > in.ring)
    stripe.in_wrap = in.ring - rows.first % in.ring;
  stripe.out_h = end - first;
  stripe.out_rows = out.pitch;
  stripe.out_base = out.base + out_place / banks;
  stripe.tiles = ceil_div(stripe.out_h * out.width, banks);
  if (stripe.residual) stripe.res_base += first * out.width / banks;
  return stripe;
}

std::vector<Instr> StripedChain::instructions(bool ahead) {
  ahead_ = ahead;
  if (tensors_.front().mem_addr < 0) made_.front() = tensors_.front().height;
  require(tensors_.size() - 1, tensors_.back().height);
  require(0, tensors_.front().height);  // rows that no window needs
  wait_for_loads(tensors_.front().height);
  wait_for_stores(tensors_.back().height);
  return std::move(result_);
}

void StripedChain::require(std::size_t tensor, int end) {
  while (made_[tensor] < end) tensor == 0 ? load_stripe() : make_stripe(tensor);
}

int StripedChain::stripe_end(std::size_t tensor) const {
  const StripedTensor& t = tensors_[tensor];
  const int first = made_[tensor], ring_end = t.ring == 0 ? t.height : (first / t.ring + 1) * t.ring;
  return std::min({first + t.stripe, t.height, ring_end});
}

void StripedChain::make_stripe(std::size_t tensor) {
  const StripedTensor &in = tensors_[tensor - 1], &out = tensors_[tensor];
  const int first = made_[tensor], end = stripe_end(tensor);
  const program::Span rows = rows_needed(layers_[tensor - 1], in.height, first, end);
  require(tensor - 1, rows.end);
  if (tensor == 1) {
    wait_for_loads(rows.end);
    if (ahead_ && made_[0] < in.height && stripe_end(0) - rows.first <= in.ring) load_stripe();
  }
  WD_ASSERT(in.ring == 0 || made_[tensor - 1] - rows.first <= in.ring);
  if (out.mem_addr >= 0 && out.ring != 0) wait_for_stores(end - out.ring);
  result_.push_back(stripe_of(layers_[tensor - 1], in, out, first, end));
  made_[tensor] = end;
  if (out.mem_addr >= 0) store_stripe(first, end);
}

Instr StripedChain::transfer(Op op, const StripedTensor& tensor, int first, int end) {
  Instr burst = arch::make(op);
  burst.in_h = end - first;
  burst.in_w = tensor.width;
  burst.in_blocks = tensor.blocks;
  burst.in_rows = tensor.pitch;
  (op == Op::LoadTensor ? burst.out_base : burst.in_base) = tensor.base + first_place(tensor, first) / banks;
  burst.count = burst.in_h * burst.in_w * burst.in_blocks;
  burst.mem_addr = tensor.mem_addr + first * tensor.width * tensor.blocks;
  burst.tag = tag_();
  return burst;
}

void StripedChain::load_stripe() {
  const int first = made_[0], end = stripe_end(0);
  result_.push_back(transfer(Op::LoadTensor, tensors_[0], first, end));
  loads_.push_back({end, result_.back().tag});
  made_[0] = end;
}

void StripedChain::store_stripe(int first, int end) {
  result_.push_back(transfer(Op::StoreTensor, tensors_.back(), first, end));
  stores_.push_back({first, result_.back().tag});
  if (!ahead_) wait_for_stores(end);
}

/// Of rows before `end`.
void StripedChain::wait_for_stores(int end) {
  for (; !stores_.empty() && stores_.front().first < end; stores_.erase(stores_.begin()))
    add_wait(stores_.front().second);
}

/// Until all rows before `end` have come.
void StripedChain::wait_for_loads(int end) {
  for (; waited_ < end && !loads_.empty(); loads_.erase(loads_.begin())) {
    waited_ = loads_.front().first;
    add_wait(loads_.front().second);
  }
}

void StripedChain::add_wait(int tag) {
  Instr wait = arch::make(Op::Wait);
  wait.tag = tag;
  result_.push_back(wait);
}

}  // namespace wd::testbench
