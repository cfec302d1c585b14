// SPDX-License-Identifier: Apache-2.0
#include "flow/compress.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "algo/compress/random_masks.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "compiler/compile.hpp"
#include "flow/chain.hpp"
#include "flow/engines.hpp"
#include "flow/fast_run.hpp"

namespace wd::flow {
namespace {

NormCost cost_of(const model::Network& own, const model::Network& rounded, const CompressOptions& options,
                 Context& context) {
  if (own.dataset == compress::no_dataset) return {};
  const algo::ImageSet& set =
      context.test_images(own.dataset, options.data.data, own.input_transform.image_height);
  const auto measured = [&](const model::Network& network) {
    return run_fast(context, compiler::compile(network, {}), {}, set, most_images, options.common.threads);
  };
  const FastRun fp16 = measured(own), fp8 = measured(rounded);
  return {fp8.images, fp16.accuracy(), fp8.accuracy()};
}

}  // namespace

void CompressOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  sink.choice("norms", norms, {"fp16", "fp8"},
              "format of the norms (fp8: half the bytes, measures what it costs in accuracy)");
  sink.choice("code", code, {"auto", "plain", "golomb", "huffman", "tans"},
              "code of the weights (auto: the smallest of plain, golomb and huffman)");
}

nlohmann::json CompressResult::to_json() const {
  nlohmann::json value = report.to_json();
  value["model_sha256"] = model_sha256;
  value["compressed_sha256"] = compressed_sha256;
  value["seconds"] = seconds;
  if (!norm_cost) return value;
  value["accuracy_fp16_norms"] = or_null(norm_cost->accuracy_fp16);
  value["accuracy_fp8_norms"] = or_null(norm_cost->accuracy_fp8);
  if (norm_cost->accuracy_fp8) value["images"] = norm_cost->images;
  return value;
}

CompressResult compress(const CompressOptions& options, Context& context) {
  const std::filesystem::path& out = options.common.out;
  HashedFile file = read_product(Product::model, out);
  const auto begin = std::chrono::steady_clock::now();
  const model::Network network = model::decode_model(
      Container::parse(std::move(file.bytes), model::model_kind, file_of(Product::model, out).string()));
  require_chain(Product::model, out, file.sha256);
  OutputFolder folder(out);
  stream::CompressOptions coding;
  if (options.norms == "fp8") coding.norms = stream::NormFormat::fp8;
  if (options.code != "auto") coding.mode = stream::mode_named(options.code);
  compress::Compressed made = compress::compress(network, file_of(Product::compressed, out).string(), coding);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  CompressResult result{std::move(made.report), file.sha256, {}, seconds, {}};
  // Before anything is written: images may be missing.
  if (coding.norms == stream::NormFormat::fp8)
    result.norm_cost = cost_of(network, made.network, options, context);
  folder.make();
  result.compressed_sha256 = write_product(Product::compressed, out, made.file);
  write_json(options.common.file("compress.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
