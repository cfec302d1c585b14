// SPDX-License-Identifier: Apache-2.0
// What is elaborated: each architecture with its Verilated core.
#pragma once

#include <memory>
#include <vector>

#include "sim/rtl/rtl_chip.hpp"
#include "sim/rtl/rtl_core.hpp"

namespace wd::sim::rtl {

/// @param initial_state see RtlEngine
std::unique_ptr<RtlCore> make_rtl_full(int initial_state);
std::unique_ptr<RtlCore> make_rtl_full_signals(int initial_state);
std::unique_ptr<RtlCore> make_rtl_small(int initial_state);
std::unique_ptr<RtlCore> make_rtl_quarter(int initial_state);
std::unique_ptr<RtlCore> make_rtl_single(int initial_state);
std::unique_ptr<RtlCore> make_rtl_multiplier(int initial_state);
std::unique_ptr<RtlCore> make_rtl_imagenet(int initial_state);  // with WD_RTL_IMAGENET only
std::unique_ptr<RtlChip> make_chip_full(const arch::Arch& arch, int initial_state);
std::unique_ptr<RtlChip> make_chip_full_signals(const arch::Arch& arch, int initial_state);
std::unique_ptr<RtlChip> make_chip_small(const arch::Arch& arch, int initial_state);

struct Configuration {
  arch::Arch arch;
  std::unique_ptr<RtlCore> (*make)(int initial_state);
  std::unique_ptr<RtlCore> (*make_with_signals)(int initial_state) =
      nullptr;  // null: has no signals to watch
  std::unique_ptr<RtlChip> (*make_chip)(const arch::Arch&,
                                        int initial_state) = nullptr;  // null: there is none
  std::unique_ptr<RtlChip> (*make_chip_with_signals)(const arch::Arch&, int initial_state) = nullptr;
};

/// The default first; its twin with 16 PEs per group; walkers of 4 groups on single bit-planes; a walker in every PE, with a plain
/// sum; PEs that multiply, in the synthesis form, with clock gates instead of enables, and a plain sum.
inline const std::vector<Configuration>& configurations() {
  static const std::vector<Configuration> all = [] {
    arch::Arch small;
    small.pes_per_group = 16;
    arch::Arch quarter = small;
    quarter.groups_per_walker = 4;
    quarter.planes_per_row = 1;
    quarter.window = 4;
    arch::Arch single = small;
    single.groups_per_walker = 1;
    single.planes_per_row = 1;
    single.window = single.entries = 8;
    single.sum_segment = 0;
    arch::Arch multiplier = small;
    multiplier.planes_per_row = 3;
    multiplier.window = 3;
    multiplier.sum_segment = 0;  // one gated clock a PE: with four, Verilator's code takes minutes to compile
    std::vector<Configuration> result{
        {arch::Arch{}, make_rtl_full, make_rtl_full_signals, make_chip_full, make_chip_full_signals},
        {small, make_rtl_small, make_rtl_small, make_chip_small, make_chip_small},
        {quarter, make_rtl_quarter},
        {single, make_rtl_single},
        {multiplier, make_rtl_multiplier}};
#ifdef WD_RTL_IMAGENET  // the assignments that hw/arch/imagenet.json means
    arch::Arch imagenet;
    WD_RTL_IMAGENET;
    result.push_back({imagenet, make_rtl_imagenet});
#endif
    return result;
  }();
  return all;
}

}  // namespace wd::sim::rtl
