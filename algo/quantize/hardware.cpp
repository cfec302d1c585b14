// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/hardware.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "algo/layers/post_exact.hpp"
#include "base/error.hpp"
#include "base/integer.hpp"
#include "base/target_clones.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"
#include "hw/numerics/gelu.hpp"

namespace wd::algo {
namespace {

/// Images of a group: what an instruction or a few compute at once.
constexpr std::size_t lanes = 16;

/// acc[output][lane] += level * values[row][lane] for the weights of some rows that are not zero.
#if defined(__x86_64__)
WD_TARGET_CLONES("avx512f", "avx2", "default")
#endif
void add_products(std::size_t rows, const std::uint32_t* __restrict starts,
                  const std::uint32_t* __restrict outputs, const double* __restrict levels,
                  const double* __restrict values, double* __restrict acc) {
  for (std::size_t row = 0; row < rows; ++row) {
    const double* value = values + row * lanes;
    for (std::uint32_t k = starts[row]; k < starts[row + 1]; ++k) {
      double* sum = acc + outputs[k] * lanes;
      for (std::size_t lane = 0; lane < lanes; ++lane) sum[lane] += levels[k] * value[lane];
    }
  }
}

const std::array<double, 256>& code_units() {
  static const std::array<double, 256> table = [] {
    std::array<double, 256> units{};
    for (std::size_t code = 0; code < 256; ++code)
      units[code] = numerics::fp8_units(static_cast<std::uint8_t>(code));
    return units;
  }();
  return table;
}

}  // namespace

/// Some images on their way through the network.
struct HardwareModel::Group {
  std::size_t images = 0;
  std::vector<std::vector<std::uint8_t>> codes;  // per activation: positions x images x C
  std::vector<double> pooled;  // images x C: what the classifier reads after an average pool
  std::vector<std::vector<std::uint16_t>> scores;
};

std::string HardwareModel::unsupported(const Executor& executor) {
  const Graph& graph = executor.graph();
  if (executor.fp8.format != Fp8Format::e4m3)
    return "the hardware's FP8 format is E4M3; other formats are studied in training alone";
  for (const Supermask& mask : executor.masks().layers()) {
    std::string reason;
    if (!mask.exportable(&reason)) return reason;
  }
  for (const Node& node : graph.nodes) {
    if (node.norm >= 0 && graph.norms[index(node.norm)].kind == NormKind::layer)
      return text("node '", node.name, "': layer norm needs statistics of the activations; use norm 'batch'");
    const bool whole = node.kernel == 1 && node.stride == 1;  // of a pool: its window is the map
    if (node.kind == NodeKind::average_pool && (!whole || graph.nodes.back().input != node.output))
      return text("node '", node.name,
                  "': an average pool, must be of whole maps and feed the classifier; pool maxima, or let a "
                  "convolution take the stride");
    if (node.activation == Activation::gelu && node.residual >= 0)
      return text("node '", node.name, "': GELU after a residual; add the residual behind it, or take ReLU");
  }
  return "";
}

HardwareModel::HardwareModel(const Executor& executor, std::vector<model::Norm> norms,
                             std::vector<int> scale_exps, const InputFormat& format)
    : graph_(executor.graph()),
      norms_(std::move(norms)),
      scale_exps_(std::move(scale_exps)),
      format_(format) {
  const std::string reason = unsupported(executor);
  WD_REQUIRE(reason.empty(), "no bit-exact form: ", reason);
  WD_ASSERT(norms_.size() == graph_.nodes.size() && scale_exps_.size() == graph_.tensors.size());
  for (const Supermask& mask : executor.masks().layers())
    weights_.emplace_back(mask.weights(), mask.weights() + mask.count());
  for (std::size_t i = 0; i < weights_.size(); ++i)
    sparse_.emplace_back(weights_[i], index(graph_.weights[i].out_channels));
  for (int scale : scale_exps_) gelu_.push_back(numerics::gelu_table(scale));
}

HardwareModel::SparseWeights::SparseWeights(const std::vector<float>& weights, std::size_t columns) {
  for (std::size_t n = 0; n < weights.size(); ++n) {
    if (n % columns == 0) starts.push_back(static_cast<std::uint32_t>(levels.size()));
    if (weights[n] == 0) continue;
    outputs.push_back(static_cast<std::uint32_t>(n % columns));
    levels.push_back(weights[n]);
  }
  starts.push_back(static_cast<std::uint32_t>(levels.size()));
}

/// What a convolution reads: positions x C x lanes.
std::vector<double> HardwareModel::turned_input(const Node& node, const Group& group) const {
  const TensorShape& in = graph_.tensor_of(node.input);
  const std::vector<std::uint8_t>& codes = group.codes[index(node.input)];
  const std::size_t channels = index(in.channels), positions = group.pooled.empty() ? in.positions() : 1;
  std::vector<double> values(positions * channels * lanes);
  for (std::size_t position = 0; position < positions; ++position)
    for (std::size_t g = 0; g < group.images; ++g)
      for (std::size_t c = 0; c < channels; ++c)
        values[(position * channels + c) * lanes + g] =
            group.pooled.empty() ? code_units()[codes[(position * group.images + g) * channels + c]]
                                 : group.pooled[g * channels + c];
  return values;
}

void HardwareModel::run_conv(const Node& node, std::size_t position, const std::vector<double>& values,
                             std::vector<double>& sums) const {
  const ConvShape shape = graph_.conv_shape(node);
  const SparseWeights& weights = sparse_[index(node.weights)];
  const std::size_t inputs = shape.inputs();
  const int y0 = static_cast<int>(position) / shape.out_width() * shape.stride - shape.pad;
  const int x0 = static_cast<int>(position) % shape.out_width() * shape.stride - shape.pad;
  std::fill(sums.begin(), sums.end(), 0.0);
  for (int ky = 0; ky < shape.kernel; ++ky)
    for (int kx = 0; kx < shape.kernel; ++kx) {
      const int y = y0 + ky, x = x0 + kx;
      if (y < 0 || y >= shape.in_height || x < 0 || x >= shape.in_width) continue;
      const std::size_t from = index(y * shape.in_width + x), tap = index(ky * shape.kernel + kx);
      add_products(inputs, &weights.starts[tap * inputs], weights.outputs.data(), weights.levels.data(),
                   &values[from * inputs * lanes], sums.data());
    }
}

void HardwareModel::run_token_mix(const Node& node, std::size_t token, Group& group, double* acc) const {
  const WeightShape& shape = graph_.weights[index(node.weights)];
  const std::size_t tokens = index(shape.in_channels), out_tokens = index(shape.out_channels);
  const std::size_t row = group.images * index(graph_.tensor_of(node.input).channels);
  std::fill_n(acc, row, 0.0);
  for (std::size_t i = 0; i < tokens; ++i) {
    const double weight = weights_[index(node.weights)][i * out_tokens + token];
    if (weight == 0) continue;
    const std::uint8_t* in = &group.codes[index(node.input)][i * row];
    for (std::size_t n = 0; n < row; ++n) acc[n] += weight * code_units()[in[n]];
  }
}

void HardwareModel::write(const Node& node, std::size_t at, std::size_t position, Group& group,
                          const double* acc) const {
  const std::size_t channels = index(graph_.tensor_of(node.output).channels),
                    first = position * group.images * channels;
  const model::Norm& norm = norms_[at];
  if (at + 1 == graph_.nodes.size()) {
    std::vector<std::uint16_t> flat(group.images * channels);
    post_scores(group.images, channels, acc, 0, norm.gamma.data(), norm.beta.data(), flat.data());
    for (std::size_t g = 0; g < group.images; ++g)
      group.scores.emplace_back(flat.begin() + static_cast<std::ptrdiff_t>(g * channels),
                                flat.begin() + static_cast<std::ptrdiff_t>((g + 1) * channels));
    return;
  }
  const int out_tensor = graph_.activations[index(node.output)];
  const std::uint8_t* residual = nullptr;
  int residual_shift = 0;
  if (node.residual >= 0) {
    residual = &group.codes[index(node.residual)][first];
    residual_shift =
        scale_exps_[index(out_tensor)] - scale_exps_[index(graph_.activations[index(node.residual)])];
  }
  std::uint8_t* out = &group.codes[index(node.output)][first];
  const Activation activation = node.activation == Activation::gelu ? Activation::none : node.activation;
  post_exact(group.images, channels, acc, 0, norm.gamma.data(), norm.beta.data(), residual, residual_shift,
             activation, out);
  if (node.activation == Activation::gelu)
    for (std::size_t n = 0; n < group.images * channels; ++n) out[n] = gelu_[index(out_tensor)][out[n]];
}

void HardwareModel::run_linear(const Node& node, std::size_t at, Group& group) const {
  const TensorShape& out = graph_.tensor_of(node.output);
  const std::size_t row = group.images * index(out.channels);
  std::vector<double> acc(row), values, sums;
  if (node.kind == NodeKind::conv) {
    values = turned_input(node, group);
    sums.resize(index(out.channels) * lanes);
  }
  for (std::size_t position = 0; position < out.positions(); ++position) {
    if (node.kind == NodeKind::conv) {
      run_conv(node, position, values, sums);
      for (std::size_t g = 0; g < group.images; ++g)
        for (std::size_t c = 0; c < index(out.channels); ++c)
          acc[g * index(out.channels) + c] = sums[c * lanes + g];
    }
    if (node.kind == NodeKind::token_mix) run_token_mix(node, position, group, acc.data());
    if (node.kind == NodeKind::norm)
      for (std::size_t n = 0; n < row; ++n)
        acc[n] = code_units()[group.codes[index(node.input)][position * row + n]];
    write(node, at, position, group, acc.data());
  }
}

void HardwareModel::run_max_pool(const Node& node, Group& group) const {
  const TensorShape &in = graph_.tensor_of(node.input), &out = graph_.tensor_of(node.output);
  const std::size_t row = group.images * index(in.channels);
  for (std::size_t position = 0; position < out.positions(); ++position) {
    const int y0 = static_cast<int>(position) / out.width * node.stride - node.pad;
    const int x0 = static_cast<int>(position) % out.width * node.stride - node.pad;
    for (std::size_t n = 0; n < row; ++n) {
      int best = -256;
      for (int y = std::max(0, y0); y < std::min(in.height, y0 + node.kernel); ++y)
        for (int x = std::max(0, x0); x < std::min(in.width, x0 + node.kernel); ++x) {
          const std::uint8_t code = group.codes[index(node.input)][index(y * in.width + x) * row + n];
          if (numerics::fp8_order(code) > best) {
            best = numerics::fp8_order(code);
            group.codes[index(node.output)][position * row + n] = code;
          }
        }
    }
  }
}

void HardwareModel::run_average_pool(const Node& node, Group& group) const {
  const TensorShape& in = graph_.tensor_of(node.input);
  const std::size_t row = group.images * index(in.channels);
  group.pooled.assign(row, 0.0);
  for (std::size_t position = 0; position < in.positions(); ++position)
    for (std::size_t n = 0; n < row; ++n)
      group.pooled[n] += code_units()[group.codes[index(node.input)][position * row + n]];
}

void HardwareModel::run_node(std::size_t at, Group& group) const {
  const Node& node = graph_.nodes[at];
  const TensorShape& out = graph_.tensor_of(node.output);
  group.codes[index(node.output)].resize(out.positions() * group.images * index(out.channels));
  switch (node.kind) {
    case NodeKind::conv:
    case NodeKind::token_mix:
    case NodeKind::norm:
      return run_linear(node, at, group);
    case NodeKind::max_pool:
      return run_max_pool(node, group);
    case NodeKind::average_pool:
      return run_average_pool(node, group);
  }
}

std::vector<std::vector<std::uint16_t>> HardwareModel::scores(const ImageSet& images, std::size_t first,
                                                              std::size_t count) const {
  WD_ASSERT(count <= lanes);
  const model::InputImage input(format_.transform(), format_.scale_exp);
  const TensorShape& shape = graph_.tensors[0];
  const std::size_t channels = index(shape.channels);
  Group group;
  group.images = count;
  group.codes.resize(graph_.activations.size());
  group.codes[0].resize(shape.positions() * count * channels);
  std::vector<std::uint8_t> codes(shape.positions() * channels);
  for (std::size_t g = 0; g < count; ++g) {
    input.convert(pixels_of(images, first + g), codes);
    for (std::size_t position = 0; position < shape.positions(); ++position)
      std::copy_n(&codes[position * channels], channels, &group.codes[0][(position * count + g) * channels]);
  }
  for (std::size_t node = 0; node < graph_.nodes.size(); ++node) run_node(node, group);
  return group.scores;
}

double HardwareModel::accuracy(ThreadPool& pool, const ImageSet& images) const {
  std::atomic<std::size_t> right{0};
  pool.run((images.count() + lanes - 1) / lanes, [&](std::size_t chunk) {
    const std::size_t first = chunk * lanes, count = std::min(lanes, images.count() - first);
    const auto all = scores(images, first, count);
    std::size_t found = 0;
    for (std::size_t g = 0; g < count; ++g) {
      std::size_t best = 0;
      for (std::size_t k = 1; k < all[g].size(); ++k)
        if (numerics::fp16_to_float(all[g][k]) > numerics::fp16_to_float(all[g][best])) best = k;
      found += best == images.labels[first + g];
    }
    right += found;
  });
  return static_cast<double>(right.load()) / static_cast<double>(images.count());
}

}  // namespace wd::algo
