// SPDX-License-Identifier: Apache-2.0
// ArrayProbe of the organisation "walker sets": issued rows, and who walked in the cycle before.
//
// Root      the Verilated ___024root, whose members have the names of the signals marked public in wd_walker_sets*.sv.
#pragma once

#include <bit>
#include <utility>

#include "sim/walker_details.hpp"
#include "sim/rtl/array_probe.hpp"

namespace wd::sim::rtl {

template <typename Root>
class WalkerProbe final : public ArrayProbe {
 public:
  explicit WalkerProbe(const Root& root) : root_(root) {}

  void begin() override {
    walks_.assign(words * 32, 0);
    last_.assign(words * 32, 0);
    issue_.clear();
  }
  void observe(std::uint32_t run_cycle) override {
    if (root_.wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__issue)
      issue_.push_back(run_cycle);
    const Walked& walked =
        root_.wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__u_array__DOT__walked;
    for (std::size_t word = 0; word < words; ++word)
      for (std::uint32_t bits = walked[word]; bits != 0; bits &= bits - 1) {
        const std::size_t pe = word * 32 + static_cast<std::size_t>(std::countr_zero(bits));
        ++walks_[pe];
        last_[pe] = run_cycle - 1;
      }
  }
  std::vector<TileDetail> details() override {
    return walker_details(std::move(walks_), std::move(issue_), std::move(last_));
  }

 private:
  using Walked =
      decltype(Root::wd_top__DOT__u_organisation__DOT__g_walker_sets__DOT__u_walker_sets__DOT__u_array__DOT__walked);
  static constexpr std::size_t words = sizeof(Walked) / sizeof(std::uint32_t);

  const Root& root_;
  std::vector<std::uint32_t> walks_, last_, issue_;
};

}  // namespace wd::sim::rtl
