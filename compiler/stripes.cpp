// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripes.hpp"

#include "base/error.hpp"
#include "compiler/remedy.hpp"
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
               " unwritten, which stripes do not keep; take chunk 16, or an act_rows with which the network fits whole");
  }
}

}  // namespace

Stripes make_stripes(const model::Network& network, const std::vector<LoweredStep>& steps, const Options& options) {
  if (!options.share_rows || rows_fit(network, options.arch, true, options.batch)) return {};
  require_whole_words(network, options.arch);
  Stripes stripes{stripe_graph(network, steps, options.arch, options.batch), {}};
  stripes.layout = plan_and_lay_out(stripes.graph, options.arch, 48, options.batch);
  return stripes;
}

}  // namespace wd::compiler
