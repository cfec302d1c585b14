// SPDX-License-Identifier: Apache-2.0
#include "flow/compress.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

/// Files that are alike but for one thing.
std::string show_sizes(const compress::CompressReport& r) {
  const auto row = [&](const char* label, std::uint64_t bytes, const char* what) {
    return line("%-16s%12llu  %6.1fx  %s\n", label, static_cast<unsigned long long>(bytes),
                static_cast<double>(r.dense_fp32_bytes) / static_cast<double>(bytes), what);
  };
  const compress::Ablations& a = r.ablations;
  return row("file bytes", r.compressed_bytes, "as written") +
         row("", a.huffman, "every set with a Huffman table of its own") +
         row("", a.golomb, "every set in Golomb code") +
         row("", a.tans, "every set in tANS (software only)") +
         row("", a.huffman_off, "fixed fields instead of codes") +
         row("", a.freezing_off, "frozen weights coded too") +
         row("", a.sign_generation_off, "random signs stored") + row("", a.folding_off, "folds unrolled");
}

std::string show_norm_cost(const flow::NormCost& cost) {
  if (!cost.accuracy_fp8)
    return "\nFP8 norms       no accuracy: the masks are random, there is no data set\n";
  return text("\nFP8 norms       ", percent(*cost.accuracy_fp8), " instead of ", percent(*cost.accuracy_fp16),
              " on ", cost.images, " images\n");
}

std::string show(const flow::CompressOptions& options, const flow::CompressResult& result) {
  const compress::CompressReport& r = result.report;
  const stream::CompressedSize& size = r.size;
  const std::string head =
      text("compressed      ", r.compressed_bytes, " bytes (", options.common.file("model.wdz").string(),
           ")\ndense FP32      ", r.dense_fp32_bytes, " bytes, ", line("%.1f", r.offchip_ratio),
           "x\nbits per weight ", line("%.4f", size.bits_per_weight()), " (entropy ",
           line("%.4f", size.entropy_bits_per_weight()), ", papers' formula ",
           line("%.4f", r.paper.bits_per_weight), ")\nof these        weights ", size.weight_bytes(),
           ", norms ", size.norm_bytes, " (", options.norms, "), description ", size.description_bytes,
           ", container ", size.container_bytes, " bytes\n\n");
  return head + show_sizes(r) + (result.norm_cost ? show_norm_cost(*result.norm_cost) : "");
}

}  // namespace

Command compress_command() {
  return make_command("compress", "model.wdm to the entropy-coded model.wdz",
                      "  whitedwarf compress --out run1\n  whitedwarf compress --out run1 --norms fp8\n",
                      flow::compress, show);
}

}  // namespace wd::cli
