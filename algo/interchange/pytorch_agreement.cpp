// SPDX-License-Identifier: Apache-2.0
// The C++ half of pytorch_agreement.py: imports PyTorch's files, compares the scores, and exports them again.
//
// Shape     argument: a folder with cases.json and, per case, NAME.safetensors, .eval.onnx, .preserve.onnx
//           and .values (image x, scores y). Writes NAME.back.safetensors and NAME.back.onnx. A case with
//           `onnx`, a list of suffixes, has such files alone.
// Numerics  scores by plain FP64 loops; PyTorch's are FP32: 1e-4 of the largest score.
#include <iostream>
#include <nlohmann/json.hpp>

#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/import_state.hpp"
#include "algo/interchange/plain_forward.hpp"
#include "algo/interchange/safetensors.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

void compare(const std::string& what, const Plane& scores, const Plane& expected) {
  WD_REQUIRE(scores.size() == expected.size(), what, ": ", scores.size(), " scores, PyTorch has ",
             expected.size());
  const double difference = relative_difference(scores, expected);
  std::cout << what << ": " << difference << " of the largest score\n";
  WD_REQUIRE(difference < 1e-4, what, ": the scores differ from PyTorch's by ", difference);
}

/// A network that has no names of ours: its ONNX files, and what comes of them when they are written and read
/// again.
void run_onnx_case(const std::filesystem::path& folder, const std::string& name,
                   const nlohmann::json& suffixes) {
  const NamedTensors values = read_safetensors(folder / (name + ".values"));
  const auto plane = [&](const std::string& tensor) {
    const std::vector<float> floats = values.get(tensor, name).to_floats();
    return Plane(floats.begin(), floats.end());
  };
  const Plane image = plane("x"), expected = plane("y");
  for (const std::string suffix : suffixes) {
    const std::string file = name + suffix;
    const ImportedNetwork network = import_onnx(read_onnx(folder / file), file);
    compare(file + ": imported", plain_forward(network.graph, network.state, image), expected);
    const ImportedNetwork again = import_onnx(export_onnx(network.graph, network.state), file + " again");
    compare(file + ": written and read", plain_forward(again.graph, again.state, image), expected);
    WD_REQUIRE(
        again.graph.macs() == network.graph.macs() && again.graph.nodes.size() == network.graph.nodes.size(),
        file, ": ", network.graph.nodes.size(), " nodes become ", again.graph.nodes.size());
  }
}

void run_case(const std::filesystem::path& folder, const nlohmann::json& description) {
  const std::string name = description.at("name");
  if (description.contains("onnx")) return run_onnx_case(folder, name, description.at("onnx"));
  const auto file = [&](const std::string& suffix) { return folder / (name + suffix); };
  const Repository repository = repository_named(description.at("repository"), "cases.json");
  const int side = description.at("side"), channels = description.at("channels");
  const Graph graph =
      build_graph(network_from_json(description.at("network"), name), {side, side, channels}, 10);
  const NamedTensors values = read_safetensors(file(".values"));
  const auto plane = [&](const std::string& tensor) {
    const std::vector<float> floats = values.get(tensor, name).to_floats();
    return Plane(floats.begin(), floats.end());
  };
  const Plane image = plane("x"), expected = plane("y");

  ModelState state = import_state(graph, read_safetensors(file(".safetensors")), repository, name);
  const RankRule rule =
      repository == Repository::multicoated_supermasks ? RankRule::percentile : RankRule::count;
  apply_masks(state, description.at("pruned").get<std::vector<double>>(), rule);
  compare(name + ": imported state", plain_forward(graph, state, image), expected);

  for (const std::string mode : {".eval.onnx", ".preserve.onnx"}) {
    const ImportedNetwork network = import_onnx(read_onnx(file(mode)), name + mode);
    compare(name + ": imported" + mode, plain_forward(network.graph, network.state, image), expected);
    WD_REQUIRE(network.graph.macs() == graph.macs(), name, mode,
               ": other multiply-accumulates than the network");
    /// Unfused batch norms leave shared weights shared
    const std::size_t weights = network.graph.weights.size();
    WD_REQUIRE(mode == ".eval.onnx" || weights == graph.weights.size(), name, mode, ": ", weights,
               " weight arrays");
  }
  write_safetensors(export_state(graph, state, repository), file(".back.safetensors"));
  write_onnx(export_onnx(graph, state), file(".back.onnx"));
}

}  // namespace

int main(int count, char** arguments) try {
  WD_REQUIRE(count == 2, "usage: pytorch_agreement FOLDER; run pytorch_agreement.sh");
  const std::filesystem::path folder = arguments[1];
  const Bytes bytes = read_file(folder / "cases.json");
  for (const nlohmann::json& description : nlohmann::json::parse(bytes)) run_case(folder, description);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
