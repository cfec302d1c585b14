// SPDX-License-Identifier: Apache-2.0
#include "python/stages.hpp"

#include <nlohmann/json.hpp>

#include "flow/ablation/ablation.hpp"
#include "flow/compile.hpp"
#include "flow/compress.hpp"
#include "flow/cosim.hpp"
#include "flow/exchange.hpp"
#include "flow/explore/explore.hpp"
#include "flow/power.hpp"
#include "flow/run.hpp"
#include "flow/sizes.hpp"
#include "flow/study.hpp"
#include "flow/train.hpp"

namespace wd::python {
namespace {

template <typename Options, auto work>
class Call : public StageCall {
 public:
  void declare(flow::OptionSink& sink) override { options_.declare(sink); }
  std::string run(flow::Context& context) override { return work(options_, context).to_json().dump(); }

 private:
  Options options_;
};

template <typename Options, auto work>
std::unique_ptr<StageCall> make() {
  return std::make_unique<Call<Options, work>>();
}

}  // namespace

const std::vector<Stage>& stages() {
  static const std::vector<Stage> all{
      {"train", "Trains a network into the folder `out`: one training, or one for each of `seeds`.",
       make<flow::TrainOptions, flow::train>},
      {"study", "Trains a baseline and its variants with several seeds, and judges claims about them.",
       make<flow::StudyOptions, flow::study>},
      {"import_network", "Brings a network trained elsewhere into the folder `out`, and measures it.",
       make<flow::ImportOptions, flow::import_network>},
      {"export_network", "Writes the network of the folder `out` to a safetensors or ONNX file.",
       make<flow::ExportOptions, flow::export_network>},
      {"sizes",
       "Counts weights and bytes of a network, published or configured, and makes random masks of it.",
       make<flow::SizesOptions, flow::sizes>},
      {"compress", "Codes the folder's model.wdm into model.wdz.",
       make<flow::CompressOptions, flow::compress>},
      {"compile", "Compiles the folder's model.wdz into program.wdp for an architecture.",
       make<flow::CompileOptions, flow::compile>},
      {"run", "Runs the folder's program on images, on each engine: accuracy, cycles, counters, energy.",
       make<flow::RunOptions, flow::run>},
      {"cosim", "Runs engines in lockstep on images, and finds the first difference.",
       make<flow::CosimOptions, flow::cosim>},
      {"explore",
       "Measures designs of a study: cycles, energy, area, traffic, accuracy, and which are not beaten.",
       make<flow::explore::ExploreOptions, flow::explore::explore>},
      {"ablate", "Measures the rows of an ablation study, of configurations and designs.",
       make<flow::ablation::AblationOptions, flow::ablation::ablate>},
      {"power", "Breaks the energy of the folder's run down by block and layer.",
       make<flow::PowerOptions, flow::power>},
  };
  return all;
}

const Stage& stage_named(const std::string& name) {
  for (const Stage& stage : stages())
    if (name == stage.name) return stage;
  fail("stage '", name, "' is unknown");
}

}  // namespace wd::python
