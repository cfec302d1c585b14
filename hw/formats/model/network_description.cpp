// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::model {
namespace {

using nlohmann::json;

const char* sign_name(SignSource source) { return source == SignSource::random ? "random" : "learned"; }

json index_or_null(const std::optional<int>& index) { return index ? json(*index) : json(nullptr); }

json describe(const Layer& layer) {
  if (layer.kind == LayerKind::elementwise)
    return {{"elementwise",
             {{"name", layer.name},
              {"input", layer.input},
              {"output", layer.output},
              {"residual", index_or_null(layer.residual)},
              {"relu", layer.relu},
              {"gelu", layer.gelu}}}};
  if (layer.kind == LayerKind::pool)
    return {{"pool",
             {{"name", layer.name},
              {"input", layer.input},
              {"output", layer.output},
              {"kernel_h", layer.kernel_h},
              {"kernel_w", layer.kernel_w},
              {"stride", layer.stride},
              {"pad", layer.pad}}}};
  if (layer.kind == LayerKind::token_mix)
    return {{"token_mix",
             {{"name", layer.name},
              {"weights", layer.weights},
              {"input", layer.input},
              {"output", layer.output},
              {"residual", index_or_null(layer.residual)},
              {"relu", layer.relu},
              {"gelu", layer.gelu}}}};
  return {{"conv",
           {{"name", layer.name},
            {"weights", layer.weights},
            {"input", layer.input},
            {"output", layer.output},
            {"residual", index_or_null(layer.residual)},
            {"stride", layer.stride},
            {"pad", layer.pad},
            {"relu", layer.relu},
            {"gelu", layer.gelu},
            {"pooled", layer.pooled}}}};
}

/// @param norm_values what is left of the values that norms may have.
void size_norms(Layer& layer, int channels, int iterations, std::size_t& norm_values,
                const std::string& origin) {
  WD_REQUIRE(channels >= 1, origin, ": '", layer.name, "' has ", channels, " channels");
  const auto count = static_cast<std::size_t>(channels);
  const std::size_t needed = 2 * count * static_cast<std::size_t>(iterations);
  WD_REQUIRE(needed <= norm_values, origin, ": '", layer.name, "' needs ", needed, " gamma and beta, only ",
             norm_values, " are left; the description does not belong to this file");
  norm_values -= needed;
  layer.norms.assign(static_cast<std::size_t>(iterations),
                     Norm{std::vector<std::uint16_t>(count), std::vector<std::uint16_t>(count)});
}

Layer conv_from(const json& value, const std::string& origin, int iterations, const Network& network,
                std::size_t& norm_values) {
  JsonReader reader(value, origin);
  Layer conv;
  conv.name = reader.get<std::string>("name");
  const int last_weights = static_cast<int>(network.weights.size()) - 1;
  const int last_tensor = static_cast<int>(network.tensors.size()) - 1;
  conv.weights = reader.get_between("weights", 0, last_weights);
  conv.input = reader.get_between("input", 0, last_tensor);
  conv.output = reader.get_between("output", -1, last_tensor);
  if (!reader.child("residual").is_null()) conv.residual = reader.get_between("residual", 0, last_tensor);
  conv.stride = reader.get<int>("stride");
  conv.pad = reader.get<int>("pad");
  conv.relu = reader.get<bool>("relu");
  conv.gelu = reader.get<bool>("gelu");
  conv.pooled = reader.get<bool>("pooled");
  reader.refuse_unknown();
  size_norms(conv, network.weights[static_cast<std::size_t>(conv.weights)].out_channels, iterations,
             norm_values, origin);
  return conv;
}

Layer token_mix_from(const json& value, const std::string& origin, int iterations, const Network& network,
                     std::size_t& norm_values) {
  JsonReader reader(value, origin);
  const int last_tensor = static_cast<int>(network.tensors.size()) - 1;
  Layer layer;
  layer.kind = LayerKind::token_mix;
  layer.name = reader.get<std::string>("name");
  layer.weights = reader.get_between("weights", 0, static_cast<int>(network.weights.size()) - 1);
  layer.input = reader.get_between("input", 0, last_tensor);
  layer.output = reader.get_between("output", 0, last_tensor);
  if (!reader.child("residual").is_null()) layer.residual = reader.get_between("residual", 0, last_tensor);
  layer.relu = reader.get<bool>("relu");
  layer.gelu = reader.get<bool>("gelu");
  reader.refuse_unknown();
  size_norms(layer, network.tensors[static_cast<std::size_t>(layer.input)].channels, iterations, norm_values,
             origin);
  return layer;
}

Layer elementwise_from(const json& value, const std::string& origin, int iterations, const Network& network,
                       std::size_t& norm_values) {
  JsonReader reader(value, origin);
  const int last_tensor = static_cast<int>(network.tensors.size()) - 1;
  Layer layer;
  layer.kind = LayerKind::elementwise;
  layer.weights = -1;
  layer.name = reader.get<std::string>("name");
  layer.input = reader.get_between("input", 0, last_tensor);
  layer.output = reader.get_between("output", 0, last_tensor);
  if (!reader.child("residual").is_null()) layer.residual = reader.get_between("residual", 0, last_tensor);
  layer.relu = reader.get<bool>("relu");
  layer.gelu = reader.get<bool>("gelu");
  reader.refuse_unknown();
  size_norms(layer, network.tensors[static_cast<std::size_t>(layer.input)].channels, iterations, norm_values,
             origin);
  return layer;
}

Layer pool_from(const json& value, const std::string& origin, const Network& network) {
  JsonReader reader(value, origin);
  const int last_tensor = static_cast<int>(network.tensors.size()) - 1;
  Layer pool;
  pool.kind = LayerKind::pool;
  pool.weights = -1;
  pool.name = reader.get<std::string>("name");
  pool.input = reader.get_between("input", 0, last_tensor);
  pool.output = reader.get_between("output", 0, last_tensor);
  pool.kernel_h = reader.get<int>("kernel_h");
  pool.kernel_w = reader.get<int>("kernel_w");
  pool.stride = reader.get<int>("stride");
  pool.pad = reader.get<int>("pad");
  reader.refuse_unknown();
  return pool;
}

/// @param value an object of one key, the layer's kind
Layer layer_from(const json& value, const std::string& origin, int iterations, const Network& network,
                 std::size_t& norm_values) {
  WD_REQUIRE(value.is_object() && value.size() == 1 &&
                 (value.contains("conv") || value.contains("pool") || value.contains("elementwise") ||
                  value.contains("token_mix")),
             origin, ": a layer must be one 'conv', one 'pool', one 'elementwise' or one 'token_mix'");
  JsonReader reader(value, origin + ": steps");
  if (reader.has("pool")) return pool_from(reader.child("pool"), origin + ": pool", network);
  if (reader.has("elementwise"))
    return elementwise_from(reader.child("elementwise"), origin + ": elementwise", iterations, network,
                            norm_values);
  if (reader.has("token_mix"))
    return token_mix_from(reader.child("token_mix"), origin + ": token_mix", iterations, network,
                          norm_values);
  return conv_from(reader.child("conv"), origin + ": conv", iterations, network, norm_values);
}

}  // namespace

nlohmann::json describe(const Network& network) {
  json tensors = json::array(), weights = json::array(), steps = json::array();
  for (const Tensor& t : network.tensors)
    tensors.push_back({{"name", t.name},
                       {"height", t.height},
                       {"width", t.width},
                       {"channels", t.channels},
                       {"scale_exp", t.scale_exp}});
  for (const Weights& w : network.weights)
    weights.push_back({{"name", w.name},
                       {"kernel_h", w.kernel_h},
                       {"kernel_w", w.kernel_w},
                       {"in_channels", w.in_channels},
                       {"out_channels", w.out_channels},
                       {"coats", w.coats},
                       {"signs", sign_name(w.signs)},
                       {"sign_seed", w.sign_seed},
                       {"freeze", w.freeze ? json{{"seed", w.freeze->seed},
                                                  {"pruned", w.freeze->pruned},
                                                  {"locked", w.freeze->locked},
                                                  {"level", w.freeze->level}}
                                           : json(nullptr)}});
  for (const Step& step : network.steps) {
    if (const Layer* layer = std::get_if<Layer>(&step)) {
      steps.push_back(describe(*layer));
    } else {
      const Loop& loop = std::get<Loop>(step);
      json body = json::array();
      for (const Layer& inner : loop.body) body.push_back(describe(inner));
      steps.push_back({{"loop", {{"count", loop.count}, {"body", body}}}});
    }
  }
  const InputTransform& t = network.input_transform;
  return {{"name", network.name},
          {"dataset", network.dataset},
          {"seed", network.seed},
          {"classes", network.classes},
          {"input_transform",
           {{"image_height", t.image_height},
            {"image_width", t.image_width},
            {"patch", t.patch},
            {"split", t.split},
            {"mean", t.mean},
            {"deviation", t.deviation}}},
          {"input", network.input},
          {"tensors", tensors},
          {"weights", weights},
          {"steps", steps},
          {"dense_unfolded_parameters", network.dense_unfolded_parameters}};
}

Network from_description(const nlohmann::json& description, const std::string& origin,
                         std::size_t max_norm_values) {
  Network network;
  std::size_t norm_values = max_norm_values;
  JsonReader reader(description, origin);
  network.name = reader.get<std::string>("name");
  network.dataset = reader.get<std::string>("dataset");
  network.seed = reader.get<std::uint64_t>("seed");
  network.classes = reader.get_between("classes", 1, 8176);
  network.dense_unfolded_parameters = reader.get<std::uint64_t>("dense_unfolded_parameters");
  JsonReader transform(reader.child("input_transform"), origin + ": input_transform");
  network.input_transform = {transform.get<int>("image_height"),
                             transform.get<int>("image_width"),
                             transform.get<int>("patch"),
                             transform.get<bool>("split"),
                             transform.get<std::vector<double>>("mean"),
                             transform.get<std::vector<double>>("deviation")};
  check(network.input_transform, transform.origin());
  transform.refuse_unknown();
  network.input = reader.get<int>("input");
  for (const json& value : reader.list("tensors")) {
    JsonReader t(value, origin + ": tensors");
    network.tensors.push_back({t.get<std::string>("name"), t.get<int>("height"), t.get<int>("width"),
                               t.get<int>("channels"), t.get<int>("scale_exp")});
    t.refuse_unknown();
  }
  for (const json& value : reader.list("weights")) {
    JsonReader w(value, origin + ": weights");
    Weights weights;
    weights.name = w.get<std::string>("name");
    weights.kernel_h = w.get_between("kernel_h", 1, 63);
    weights.kernel_w = w.get_between("kernel_w", 1, 63);
    weights.in_channels = w.get_between("in_channels", 1, 8176);
    weights.out_channels = w.get_between("out_channels", 1, 8176);
    weights.coats = w.get_between("coats", 1, 7);
    const auto signs = w.get<std::string>("signs");
    WD_REQUIRE(signs == "random" || signs == "learned", origin, ": weights '", weights.name,
               "': 'signs' is '", signs, "', must be random or learned");
    weights.signs = signs == "random" ? SignSource::random : SignSource::learned;
    weights.sign_seed = w.get<std::uint64_t>("sign_seed");
    if (!w.child("freeze").is_null()) {
      JsonReader f(w.child("freeze"), text(origin, ": weights '", weights.name, "': freeze"));
      weights.freeze = Freeze{f.get<std::uint64_t>("seed"), f.get_between("pruned", 0, 65536),
                              f.get_between("locked", 0, 65536), f.get_between("level", 1, 7)};
      f.refuse_unknown();
    }
    w.refuse_unknown();
    network.weights.push_back(std::move(weights));
  }
  for (const json& value : reader.list("steps")) {
    WD_REQUIRE(value.is_object() && value.size() == 1, origin, ": a step must be one layer or one 'loop'");
    JsonReader s(value, origin + ": steps");
    if (!s.has("loop")) {
      network.steps.emplace_back(layer_from(value, origin, 1, network, norm_values));
    } else {
      JsonReader l(s.child("loop"), origin + ": loop");
      Loop loop;
      loop.count = l.get_between("count", 1, 1000);
      for (const json& inner : l.list("body"))
        loop.body.push_back(layer_from(inner, origin, loop.count, network, norm_values));
      l.refuse_unknown();
      network.steps.emplace_back(std::move(loop));
    }
  }
  reader.refuse_unknown();
  return network;
}

}  // namespace wd::model
