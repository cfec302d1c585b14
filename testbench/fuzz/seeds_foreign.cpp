// SPDX-License-Identifier: Apache-2.0
// Seeds of other projects' formats.
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "algo/data/encode_jpeg.hpp"
#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/onnx_model_maker.hpp"
#include "algo/interchange/safetensors.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/config.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/seeds.hpp"

namespace wd::fuzz {

using algo::Dims;
using algo::DType;

std::vector<Bytes> safetensors_seeds() {
  algo::NamedTensors tensors;
  std::vector<Bytes> seeds{algo::serialize_safetensors(tensors)};
  tensors.add("conv.weight", algo::NamedTensor::of_floats({2, 1, 3, 3}, std::vector<float>(18, 0.5F)));
  tensors.add("steps", algo::NamedTensor::of_integers({}, {7}));
  seeds.push_back(algo::serialize_safetensors(tensors));
  tensors.metadata["format"] = "pt";
  static const Bytes storage(64, 0x41);
  for (const DType dtype :
       {DType::boolean, DType::u8, DType::i8, DType::f8_e5m2, DType::f8_e4m3, DType::i16, DType::u16,
        DType::f16, DType::bf16, DType::i32, DType::u32, DType::f64, DType::u64})
    tensors.add(std::string(algo::name_of(dtype)),
                {dtype, {2, 3}, std::span(storage).first(6 * algo::bytes_of(dtype)), nullptr});
  tensors.add("empty", {DType::f32, {4, 0}, {}, nullptr});
  seeds.push_back(algo::serialize_safetensors(tensors));
  return seeds;
}

/// Each kind of network and of mask, written out with all keys.
std::vector<Bytes> train_config_seeds() {
  std::vector<Bytes> seeds;
  for (
      const char* changes :
      {R"({"network": {"kind": "mlp", "hidden": [32]}, "supermask": {"coats": 3, "schedule": {"kind": "literal"}}})",
       R"({"network": {"kind": "conv", "depth": 2, "width": 0.5}, "supermask": {"method": "signed_threshold"}})",
       R"({"network": {"kind": "resnet", "preset": "resnet20", "form": "cifar", "fold": [2, 3]}, "validation": 0.1})",
       R"({"network": {"kind": "mixer", "patch": 7, "dim": 16, "token_dim": 8, "depth": 2}, "optimizer": {"kind": "adamw"}})",
       R"({"network": {"kind": "res_mlp", "patch": 7, "dim": 16, "depth": 4, "folds": 2},
               "supermask": {"pruned": [0.9], "freeze": {"pruned": 0.3, "locked": 0.1, "distribution": "erk"}}})"}) {
    const std::string text =
        algo::to_json(algo::config_from_json(nlohmann::json::parse(changes), "seed")).dump();
    seeds.emplace_back(text.begin(), text.end());
  }
  return seeds;
}

namespace {

Bytes exported(const char* description, const algo::ImageShape& image) {
  const algo::Graph graph =
      algo::build_graph(algo::network_from_json(nlohmann::json::parse(description), "seed"), image, 3);
  algo::ModelState state = algo::random_state(graph, 1);
  for (algo::WeightState& weights : state.weights) weights.scores.reset();
  return algo::serialize_onnx(algo::export_onnx(graph, state));
}

/// Most operators that the import knows.
Bytes many_operators() {
  using Ints = std::vector<std::int64_t>;
  algo::OnnxModelMaker maker;
  std::string x = maker.batch_norm("bn", maker.conv("a", "x", 2, 4), 4);
  x = maker.op("Relu", "relu", {x});
  const std::string y = maker.op("Add", "sum", {maker.conv("b", x, 4, 4), x});
  x = maker.op("Mul", "gain", {y, maker.constant("g", {1, 4, 1, 1})});
  x = maker.op("MaxPool", "pool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  x = maker.op("AveragePool", "mean", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  x = maker.op("Identity", "same", {x});
  x = maker.op("ReduceMean", "rm", {x}, {{"axes", Ints{2, 3}}, {"keepdims", std::int64_t{1}}});
  x = maker.op("Reshape", "shape", {x, maker.shape("to", {-1, 4})});
  return algo::serialize_onnx(maker.ends(maker.op("MatMul", "fc", {x, maker.constant("fc.weight", {4, 3})})));
}

}  // namespace

std::vector<Bytes> onnx_seeds() {
  algo::OnnxModelMaker maker;
  std::vector<Bytes> seeds{many_operators(),
                           algo::serialize_onnx(maker.scores(maker.conv("c", "x", 2, 2), 32))};
  seeds.push_back(exported(R"({"kind":"mlp","hidden":[6,4]})", {4, 4, 1}));
  seeds.push_back(exported(R"({"kind":"conv","depth":2,"width":0.0625,"norm":true})", {8, 8, 1}));
  seeds.push_back(
      exported(R"({"kind":"mixer","patch":2,"dim":4,"token_dim":4,"channel_dim":4,"depth":2,"norm":"layer"})",
               {4, 4, 1}));
  return seeds;
}

namespace {

Bytes idx_file(std::uint32_t magic, const std::vector<std::uint32_t>& sizes, std::size_t payload) {
  Bytes bytes;
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(magic >> shift));
  for (const std::uint32_t size : sizes)
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
  bytes.resize(bytes.size() + payload, 3);
  return bytes;
}

Bytes gzipped(const Bytes& plain) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  WD_ASSERT(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) ==
            Z_OK);
  Bytes packed(deflateBound(&stream, plain.size()));
  stream.next_in = const_cast<Bytef*>(plain.data());  // zlib's older interface; it only reads
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  WD_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Bytes idx_pair(const Bytes& labels, const Bytes& images) {
  Bytes seed(2 + labels.size() + images.size());
  seed[0] = static_cast<std::uint8_t>(labels.size());
  seed[1] = static_cast<std::uint8_t>(labels.size() >> 8);
  std::copy(images.begin(), images.end(), std::copy(labels.begin(), labels.end(), seed.begin() + 2));
  return seed;
}

}  // namespace

std::vector<Bytes> idx_seeds() {
  const Bytes labels = idx_file(0x801, {3}, 3), images = idx_file(0x803, {3, 4, 5}, 60);
  return {idx_pair(labels, images), idx_pair(gzipped(labels), gzipped(images)),
          idx_pair(gzipped(idx_file(0x801, {200}, 200)), gzipped(idx_file(0x803, {200, 28, 28}, 156800)))};
}

std::vector<Bytes> cifar_sheet_seeds() {
  std::vector<Bytes> seeds;
  for (const std::uint32_t format : {PNG_FORMAT_RGB, PNG_FORMAT_RGBA}) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = 1024;
    image.height = 2;
    image.format = format;
    const Bytes pixels(PNG_IMAGE_SIZE(image), 9);
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    Bytes png(size);
    WD_ASSERT(png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr) != 0);
    png.resize(size);
    seeds.push_back(std::move(png));
  }
  const std::string labels = "[3, 7]";
  seeds.emplace_back(labels.begin(), labels.end());
  return seeds;
}

std::vector<Bytes> jpeg_seeds() {
  const Bytes picture = algo::smooth_picture(24, 17, 30);
  return {algo::encode_jpeg(24, 17, picture),
          algo::encode_jpeg(24, 17, picture, {JCS_RGB, 3, 60, true, false}),
          algo::encode_jpeg(24, 17, picture, {JCS_RGB, 3, 60, false, true}),
          algo::encode_jpeg(24, 17, Bytes(24 * 17, 99), {JCS_GRAYSCALE, 1, 80, false, false})};
}

/// Of both versions, with bytes, FP32 and whole numbers.
std::vector<Bytes> npy_seeds() {
  std::vector<Bytes> seeds;
  for (const auto& [version, type, bytes] :
       {std::tuple{1, "|u1", 12}, std::tuple{2, "<f4", 48}, std::tuple{1, "<i8", 96}}) {
    const std::string header =
        text("{'descr': '", type, "', 'fortran_order': False, 'shape': (2, 2, 3), }           \n");
    Bytes seed{0x93,
               'N',
               'U',
               'M',
               'P',
               'Y',
               static_cast<std::uint8_t>(version),
               0,
               static_cast<std::uint8_t>(header.size()),
               0};
    seed.resize(version == 1 ? 10 : 12);
    seed.insert(seed.end(), header.begin(), header.end());
    seed.resize(seed.size() + static_cast<std::size_t>(bytes), bytes == 96 ? 0 : 1);  // labels from 0
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

std::vector<Bytes> picture_seeds() {
  std::vector<Bytes> seeds{cifar_sheet_seeds().front(), jpeg_seeds().front()};
  for (const auto& [head, bytes] : {std::pair{"P6\n# c\n3 2\n255\n", 18}, std::pair{"P5 3 2 255 ", 6}}) {
    const std::string header = head;
    seeds.emplace_back(header.begin(), header.end());
    seeds.back().resize(header.size() + static_cast<std::size_t>(bytes), 77);
  }
  return seeds;
}

}  // namespace wd::fuzz
