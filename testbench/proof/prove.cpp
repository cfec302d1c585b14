// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/prove.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "algo/quantize/model_interpreter.hpp"
#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

namespace wd::testbench {
namespace {

/// Outputs of one execution of a convolution, H x W x channels.
struct Outputs {
  int pixels = 0, channels = 0;
  std::vector<std::uint16_t> values;
};

/// By the convolution's name and how often it ran before.
using Executions = std::map<std::pair<std::string, std::size_t>, Outputs>;

std::string hex(unsigned value) {
  char digits[8] = {};
  std::to_chars(digits, digits + sizeof digits, value, 16);
  return text("0x", digits);
}

Executions evaluate(const model::Network& network, std::span<const std::uint8_t> image) {
  Executions executions;
  algo::ModelInterpreter direct(network);
  direct.observe(
      [&](const model::Layer& conv, std::size_t iteration, std::span<const numerics::Fp16> values) {
        const int channels = conv.output < 0 ? network.classes : network.tensors[index(conv.output)].channels;
        executions[{conv.name, iteration}] = {
            static_cast<int>(values.size()) / channels, channels, {values.begin(), values.end()}};
      });
  direct.scores(image);
  return executions;
}

/// Puts the parts of a layer together: those of the same rows come in the order of their channels, rows in any.
class Parts {
 public:
  void add(int row, const Outputs& part) {
    Outputs& whole = stripes_[row];
    Outputs both{part.pixels, whole.channels + part.channels, {}};
    for (int pixel = 0; pixel < part.pixels; ++pixel)
      for (const Outputs* from : {static_cast<const Outputs*>(&whole), &part})
        for (int c = 0; c < from->channels; ++c)
          both.values.push_back(from->values[index(pixel * from->channels + c)]);
    whole = std::move(both);
  }

  Outputs whole() const {
    Outputs all;
    for (const auto& [row, stripe] : stripes_) {
      all.pixels += stripe.pixels;
      all.channels = std::max(all.channels, stripe.channels);
      all.values.insert(all.values.end(), stripe.values.begin(), stripe.values.end());
    }
    return all;
  }

 private:
  std::map<int, Outputs> stripes_;  // by first row
};

/// The number behind the last ".name" of a layer's name. @param otherwise if there is none
int number_behind(const std::string& layer, const std::string& name, int otherwise) {
  const std::size_t at = layer.rfind("." + name);
  if (at == std::string::npos) return otherwise;
  const char* digits = layer.c_str() + at + 1 + name.size();
  return *digits >= '0' && *digits <= '9' ? std::atoi(digits) : otherwise;
}

/// The same from an engine's trace: parts of a layer are put together, names of unrolled iterations taken apart.
class Collector : public sim::Trace {
 public:
  Collector(const program::Program& program, const model::Network& network)
      : program_(program), network_(network), transposed_(program.layers.size()) {
    for (const arch::Instr& i : program.instrs)
      if (i.norm_t) transposed_[index(i.layer)] = true;
    model::for_each_layer(network, [&](const model::Layer& layer, int) {
      if (layer.output >= 0) outputs_[layer.name] = layer.output;
    });
  }

  void tile(const sim::TileTrace&) override {}
  void conv(const sim::ConvTrace& trace) override {
    const std::string& layer = program_.layers[index(trace.layer)].name;
    const std::string name = layer.substr(0, layer.find('.'));
    if (name == "transpose") return;
    std::size_t iteration = static_cast<std::size_t>(trace.iteration);
    for (std::size_t dot = layer.find('.'); dot != std::string::npos; dot = layer.find('.', dot + 1))
      if (const char* digits = layer.c_str() + dot + 1; *digits >= '0' && *digits <= '9')
        iteration = static_cast<std::size_t>(std::atoi(digits));
    if (transposed_[index(trace.layer)]) crosswise_.insert({name, iteration});
    const bool scores = !trace.outputs.empty() && name == last_name();
    const std::size_t bytes = scores ? 2 : 1;
    const Outputs part{trace.height * trace.width, trace.channels, {}};
    std::vector<std::uint16_t> values;
    for (std::size_t i = 0; i < trace.outputs.size(); i += bytes)
      values.push_back(
          static_cast<std::uint16_t>(trace.outputs[i] | (scores ? trace.outputs[i + 1] << 8 : 0)));
    parts_[{name, iteration}].add(
        number_behind(layer, "row", 0),
        {part.pixels, static_cast<int>(values.size()) / std::max(part.pixels, 1), std::move(values)});
  }

  /// All tensors as the network has them.
  Executions executions() const {
    Executions straight;
    for (const auto& [execution, parts] : parts_) straight[execution] = parts.whole();
    for (const auto& execution : crosswise_) {
      const Outputs from = straight.at(execution);  // a pixel for each channel
      const model::Tensor& tensor = network_.tensors[index(outputs_.at(execution.first))];
      Outputs& to = straight[execution] = {tensor.height * tensor.width, from.pixels, {}};
      for (int pixel = 0; pixel < to.pixels; ++pixel)
        for (int channel = 0; channel < to.channels; ++channel)
          to.values.push_back(from.values[index(channel * from.channels + pixel)]);
    }
    return straight;
  }

 private:
  const std::string& last_name() const { return std::get<model::Layer>(network_.steps.back()).name; }

  const program::Program& program_;
  const model::Network& network_;
  std::vector<bool> transposed_;        // layers of the program
  std::map<std::string, int> outputs_;  // the network's layers' tensors
  std::map<std::pair<std::string, std::size_t>, Parts> parts_;
  std::set<std::pair<std::string, std::size_t>> crosswise_;  // of these, on transposed tensors
};

/// One image's part of what a batch computed: its pixels are every batch-th one.
Executions image_of(const Executions& batch, int image, int images) {
  Executions result;
  for (const auto& [execution, outputs] : batch) {
    Outputs& own = result[execution] = {outputs.pixels / images, outputs.channels, {}};
    for (int pixel = image; pixel < outputs.pixels; pixel += images)
      for (int c = 0; c < outputs.channels; ++c)
        own.values.push_back(outputs.values[index(pixel * outputs.channels + c)]);
  }
  return result;
}

std::optional<std::string> difference(const Executions& direct, const Executions& engine) {
  for (const auto& [execution, expected] : direct) {
    const std::string what = text("convolution ", execution.first, " iteration ", execution.second);
    const auto found = engine.find(execution);
    if (found == engine.end()) return what + " was not executed";
    const Outputs& got = found->second;
    if (got.pixels != expected.pixels || got.channels < expected.channels)
      return text(what, ": ", got.pixels, " pixels and ", got.channels, " channels, expected ",
                  expected.pixels, " and ", expected.channels);
    for (int pixel = 0; pixel < expected.pixels; ++pixel)
      for (int c = 0; c < expected.channels; ++c) {
        const unsigned a = expected.values[index(pixel * expected.channels + c)],
                       b = got.values[index(pixel * got.channels + c)];
        if (a != b)
          return text(what, ": pixel ", pixel, " channel ", c, " is ", hex(b), ", by direct evaluation ",
                      hex(a));
      }
  }
  if (engine.size() != direct.size())
    return text(engine.size(), " executions of convolutions, expected ", direct.size());
  return std::nullopt;
}

std::optional<std::string> run(const ProofCase& proof, const program::Program& program,
                               const MakeEngines& make_engines) {
  const auto engines = make_engines(program, proof.switches);
  std::vector<sim::Engine*> all;
  std::map<const sim::Engine*, arch::Counters> loaded;
  for (const auto& engine : engines) {
    all.push_back(engine.get());
    loaded[engine.get()] = engine->load();
  }
  if (const auto found =
          flow::compare_loaded(all, [&](const sim::Engine& engine) { return loaded.at(&engine); }))
    return "load entry: " + found->where;
  const program::InputTensor input(program);
  const int batch = program.batch;
  for (int i = 0; i < proof.images; ++i) {
    const std::string which = text(batch == 1 ? "image " : "frame ", i, ": ");
    std::vector<std::vector<std::uint8_t>> images;
    for (int b = 0; b < batch; ++b)
      images.push_back(
          model::random_image(proof.network, proof.first_image + static_cast<std::uint64_t>(i * batch + b)));
    const auto encoded = input.encode(std::vector<program::InputTensor::Image>(images.begin(), images.end()));
    Collector collector(program, proof.network);
    engines.front()->set_trace(&collector);
    engines.front()->frame(encoded);
    engines.front()->set_trace(nullptr);
    for (int b = 0; b < batch; ++b)
      if (auto found = difference(evaluate(proof.network, images[index(b)]),
                                  image_of(collector.executions(), b, batch)))
        return text(which, batch == 1 ? "" : text("its image ", b, ": "), engines.front()->name(), ": ",
                    *found);
    if (all.size() == 1) continue;
    const auto result = flow::compare_frame(all, program, encoded);
    if (result.first) return which + result.first->where;
    if (!result.counters_equal || !result.cycles_equal) return which + "counters differ";
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::unique_ptr<sim::Engine>> golden_and_fast(const program::Program& program,
                                                          const arch::Switches& switches) {
  std::vector<std::unique_ptr<sim::Engine>> engines;
  engines.push_back(std::make_unique<sim::GoldenEngine>(program));
  engines.push_back(std::make_unique<sim::FastEngine>(program, switches));
  return engines;
}

Verdict prove(const ProofCase& proof, const MakeEngines& make_engines,
              const std::function<void(program::Program&)>& change) {
  program::Program program;
  try {
    program = compiler::compile(proof.network, proof.options);
  } catch (const Error& error) {
    return {error.what(), std::nullopt};
  }
  if (change) change(program);
  try {
    program::check(program, "changed program");
    return {{}, run(proof, program, make_engines)};
  } catch (const Error& error) {
    return {{}, text("an engine refused: ", error.what())};
  }
}

}  // namespace wd::testbench
