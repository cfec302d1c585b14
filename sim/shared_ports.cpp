// SPDX-License-Identifier: Apache-2.0
#include "sim/shared_ports.hpp"

namespace wd::sim {
namespace {

constexpr SharedPort ports[] = {{"fetch", "consumed_i", "consumed_i"},
                                {"fetch", "read_o", "read_o.enable"},
                                {"act_buffer", "fetch_i", "fetch_i.enable"},
                                {"act_buffer", "post_i", "write_i.enable"},
                                {"post", "write_o", "write_o.enable"},
                                {"post", "norm_read_o", "norm_read_o"},
                                {"post", "post_i", "post_i"},
                                {"norm_buffer", "read_i", "read_i"},
                                {"organisation", "setup_i", "setup_i"},
                                {"organisation", "run_i", "run_i"},
                                {"organisation", "done_o", "done_o"},
                                {"organisation", "read_o", "read_o"},
                                {"organisation", "consumed_o", "consumed_o"},
                                {"dispatch", "setup_i", "setup_i"},
                                {"dispatch", "run_i", "run_i"},
                                {"dispatch", "read_o", "read_o"},
                                {"dispatch", "done_o", "done_o"},
                                {"dispatch", "flush_o", "flush_o"},
                                {"weight_buffer", "read_i", "read_i"},
                                {"burst_queue", "push_i", "push_i"},
                                {"burst_queue", "full_o", "full_o"},
                                {"burst_queue", "busy_o", "busy_o"},
                                {"burst_queue", "pending_o", "pending_o"},
                                {"burst_queue", "dma_busy_i", "dma_busy_i"},
                                {"burst_queue", "start_o", "start_o"},
                                {"dma", "start_i", "start_i"},
                                {"dma", "busy_o", "busy_o"},
                                {"dma", "mem_valid_i", "beat_valid_o"},
                                {"sequencer", "burst_o", "burst_o"},
                                {"sequencer", "pending_i", "pending_i"},
                                {"sequencer", "queue_full_i", "queue_full_i"},
                                {"sequencer", "busy_o", "busy_o"}};

}  // namespace

std::span<const SharedPort> shared_ports() { return ports; }

}  // namespace wd::sim
