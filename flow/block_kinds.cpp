// SPDX-License-Identifier: Apache-2.0
#include "flow/block_kinds.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::flow {

std::vector<BlockKind> block_kinds(const arch::Arch& arch) {
  const int lanes = arch.groups_x * arch::block;
  // The lane and the column are those of the third column of pixels: neither the first, which is used most, nor the last.
  const std::string lane = "u_post.g_lane[" + std::to_string(2 * arch::block + 5) + "].u_lane";
  return {{"post_lane",
           {{"wd_post_lane", lane}},
           {{"post_ops"}, {"norm_reads", true}, {"residual_reads"}},
           lanes},
          {"post",
           {{"wd_post", "u_post", 1, {"wd_post_lane", "wd_post_column"}},
            {"wd_post_column", "u_post.g_column[2].u_column", arch.groups_x}},
           {{"norm_reads"}, {"residual_reads"}, {"act_writes"}, {"run_cycles"}}},
          {"fetch", {{"wd_fetch", "u_fetch"}}, {{"act_reads"}, {"chunks_issued"}}, 1, "array_cycles"},
          {"sequencer", {{"wd_sequencer", "u_sequencer"}}, {{"run_cycles"}, {"act_writes"}}},
          {"dispatch",
           {{"wd_walker_dispatch",
             "u_organisation.g_walker_sets.u_walker_sets.u_dispatch",
             1,
             {"wd_walker_lane"}}},
           {{"rows_issued"}, {"chunks_issued"}},
           1,
           "array_cycles"},
          {"dma",
           {{"wd_dma", "u_dma"}, {"wd_burst_queue", "u_burst_queue"}},
           {{"beats_read"}, {"beats_written"}}},
          {"expander", {{"wd_expander", "u_expander"}}, {{"beats_read"}}},
          {"decoder",
           {{"wd_decoder", "g_decoder.u_decoder", 1, {}, 600}},
           {{"coded_words"}, {"coded_rows"}, {"sign_groups"}},
           1,
           "decoder_cycles"},
          {"counters",
           {{"wd_top",
             "",
             1,
             {"wd_instr_memory", "wd_sequencer", "wd_burst_queue", "wd_dma", "wd_expander", "wd_decoder",
              "wd_weight_buffer", "wd_norm_buffer", "wd_act_buffer", "wd_score_buffer", "wd_fetch",
              "wd_organisation", "wd_post"}}},
           {{"run_cycles"}, {"act_writes"}}},
          {"act_buffer",
           {{"wd_act_buffer", "u_act_buffer"}},
           {{"act_reads"}, {"residual_reads"}, {"act_writes"}, {"beats_read"}, {"beats_written"}}},
          {"weight_buffer",
           {{"wd_weight_buffer", "u_weight_buffer"}},
           {{"rows_issued"}, {"beats_read"}, {"coded_rows"}}},
          {"norm_buffer", {{"wd_norm_buffer", "u_norm_buffer"}}, {{"norm_reads"}, {"beats_read"}}},
          {"score_buffer", {{"wd_score_buffer", "u_score_buffer"}}, {{"norm_reads"}}},
          {"instr_memory", {{"wd_instr_memory", "u_instr_memory"}}, {}}};
}

std::vector<std::string> block_names() {
  std::vector<std::string> names;
  for (const BlockKind& kind : block_kinds({})) names.push_back(kind.name);
  return names;
}

BlockKind block_kind(const std::string& name, const arch::Arch& arch) {
  for (BlockKind& kind : block_kinds(arch))
    if (kind.name == name) return std::move(kind);
  fail("there is no block '", name, "'");
}

std::vector<std::string> top_parameters(const arch::Arch& arch) {
  std::vector<std::string> list;
  const auto add = [&](const std::string& name, int value) {
    // These are the package's.
    if (name != "GroupsY" && name != "GroupsX" && name != "BusBits") list.push_back(text(name, "=", value));
  };
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) add(#sv, arch.name);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return list;
}

}  // namespace wd::flow
