// SPDX-License-Identifier: Apache-2.0
// ArrayProbe of the organisation "walker sets": issued rows, who walked in the cycle before, and which PEs add an operand.
//
// Root      the Verilated ___024root, whose members have the names of the signals marked public in wd_walker*.sv.
#pragma once

#include <bit>
#include <type_traits>
#include <utility>

#include "sim/rtl/array_probe.hpp"
#include "sim/walker_details.hpp"

namespace wd::sim::rtl {

template <typename Root>
class WalkerProbe final : public ArrayProbe {
 public:
  explicit WalkerProbe(const Root& root) : root_(root) {}

  void begin() override {
    walks_.assign(bit_count(walked()), 0);
    last_.assign(walks_.size(), 0);
    operands_.assign(bit_count(op()), 0);
    issue_.clear();
  }
  void observe(std::uint32_t run_cycle) override {
    if (root_.wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__issue)
      issue_.push_back(run_cycle);
    for_each_bit(walked(), [&](std::size_t walker) {
      ++walks_[walker];
      last_[walker] = run_cycle - 1;
    });
    for_each_bit(op(), [&](std::size_t pe) { ++operands_[pe]; });
  }
  std::vector<TileDetail> details() override {
    return walker_details(std::move(walks_), std::move(operands_), std::move(issue_), std::move(last_));
  }

 private:
  const auto& walked() const {
    return root_
        .wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__u_array__DOT__walked;
  }
  const auto& op() const {
    return root_.wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__u_array__DOT__op;
  }

  // A signal is an integer up to 64 bits, and words of 32 above; its type is not wider than it must be.
  template <typename Bits>
  static std::size_t bit_count(const Bits& bits) {
    return sizeof(bits) * 8;
  }
  template <typename Bits, typename Visit>
  static void for_each_bit(const Bits& bits, Visit visit) {
    if constexpr (std::is_integral_v<Bits>) {
      for (auto rest = std::uint64_t{bits}; rest != 0; rest &= rest - 1)
        visit(static_cast<std::size_t>(std::countr_zero(rest)));
    } else {
      for (std::size_t word = 0; word < sizeof(bits) / sizeof(std::uint32_t); ++word)
        for (std::uint32_t rest = bits[word]; rest != 0; rest &= rest - 1)
          visit(word * 32 + static_cast<std::size_t>(std::countr_zero(rest)));
    }
  }

  const Root& root_;
  std::vector<std::uint32_t> walks_, last_, operands_, issue_;
};

}  // namespace wd::sim::rtl
