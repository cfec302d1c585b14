// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripes.hpp"

#include <limits>

#include "base/error.hpp"
#include "compiler/stripe_schedule.hpp"
#include "compiler/tensor_lifetimes.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

/// With weight skipping off, what is left of a word is walked: it would hold what another tensor has left.
void require_whole_words(const model::Network& network, const arch::Arch& arch) {
  for (const model::Tensor& tensor : network.tensors) {
    const int channels = program::channel_blocks(tensor.channels) * arch::block;
    WD_REQUIRE(channels % arch.chunk == 0, "tensor '", tensor.name, "': its ", channels,
               " channels leave part of a word of ", arch.chunk,
               " unwritten, which stripes do not keep; take chunk 16, or an act_rows with which the network "
               "fits whole");
  }
}

}  // namespace

Stripes make_stripes(const model::Network& network, const std::vector<LoweredStep>& steps,
                     const Options& options) {
  if (!options.share_rows || rows_needed(network, options.arch, true, options.batch) <= options.arch.act_rows)
    return {};
  require_whole_words(network, options.arch);
  const StripeGraph graph = stripe_graph(network, steps, options.arch, options.batch);
  Stripes best;
  constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
  double cycles = 0, wished_cycles = 0;
  std::size_t instructions = 0, most = 0, wished = 0;  // wished: of the plan of the fewest cycles, fit or not
  const auto attempt = [&](double per_instruction, double per_beat, bool residuals_last = false) {
    Stripes stripes{graph, plan_and_lay_out(graph, options.arch, per_instruction, per_beat, options.batch,
                                            residuals_last)};
    most = schedule_instructions(steps, options.arch);
    Schedule schedule = make_stripe_schedule(steps, stripes, options.arch, no_limit);
    if (wished == 0 || schedule.model_cycles < wished_cycles)
      wished = schedule.instructions(), wished_cycles = schedule.model_cycles;
    if (schedule.instructions() > most) schedule = make_stripe_schedule(steps, stripes, options.arch, most);
    const std::size_t needs = schedule.instructions();
    const bool better =
        needs <= most ? instructions > most || schedule.model_cycles < cycles : needs < instructions;
    if (best.used() && !better) return;
    best = std::move(stripes), cycles = schedule.model_cycles, instructions = needs;
  };
  for (const bool residuals_last : {false, true})
    for (const double per_beat : {0.02, 0.125, 1.0, 2.0}) attempt(48, per_beat, residuals_last);
  for (const double per_instruction : {200.0, 1000.0, 10000.0})
    if (instructions > most) attempt(per_instruction, 0.125);
  if (wished > most && wished != instructions)
    best.faster_with = options.arch.instr_rows + static_cast<int>(wished - most);
  return best;
}

}  // namespace wd::compiler
