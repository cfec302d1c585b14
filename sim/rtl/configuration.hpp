// SPDX-License-Identifier: Apache-2.0
// An architecture with its Verilated cores: what a made file (configuration.cpp.in) says of one model or two.
#pragma once

#include <memory>
#include <type_traits>

#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_chip_impl.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

/// A core of the Verilated class Model, with its ___024root.
template <typename Model, typename Root, int AccBits, int SumSegment>
std::unique_ptr<RtlCore> make_core_of(int initial_state) {
  constexpr std::int64_t sum_bias = SumSegment == 0 ? 0 : std::int64_t{1} << 21;  // as in wd_top
  return std::make_unique<VerilatedCore<Model, Root, WalkerProbe<Root>, AccBits, sum_bias>>(initial_state);
}

template <typename Model>
std::unique_ptr<RtlChip> make_chip_of(const arch::Arch& arch, int initial_state) {
  return std::make_unique<JoinedChip<Model>>(arch, initial_state);
}

/// The shell around a chip's core is Verilated once: for the default window and instruction memory.
constexpr bool fits_shell(const arch::Arch& arch) {
  return arch.window == arch::Arch{}.window && arch.instr_rows == arch::Arch{}.instr_rows;
}

/// @tparam Watched  the class whose signals can be told, with its root: Model, another one, or void: none
template <typename Model, typename Root, typename Watched, typename WatchedRoot, int AccBits, int SumSegment,
          bool Shell>
Configuration configuration_of(const arch::Arch& arch) {
  Configuration result{arch, make_core_of<Model, Root, AccBits, SumSegment>};
  if constexpr (Shell) result.make_chip = make_chip_of<Model>;
  if constexpr (!std::is_void_v<Watched>) {
    result.make_with_signals = make_core_of<Watched, WatchedRoot, AccBits, SumSegment>;
    if constexpr (Shell) result.make_chip_with_signals = make_chip_of<Watched>;
  }
  return result;
}

}  // namespace wd::sim::rtl
