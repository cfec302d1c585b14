// SPDX-License-Identifier: Apache-2.0
#include "flow/bench_codec.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::BenchCodecOptions&, const flow::BenchCodecReport& report) {
  std::string out =
      "mask                   code                encode M/s  decode M/s  bits/weight  over entropy\n";
  for (const flow::CodecRow& r : report.rows)
    out += line("%-22s %-18s %11.0f %11.0f %12.4f %12.4f\n", r.mask.c_str(), r.code.c_str(),
                r.encode_million_per_second, r.decode_million_per_second, r.bits_per_weight, r.over_entropy);
  return out;
}

}  // namespace

Command bench_codec_command() {
  return make_command("bench codec", "speed and size of the weight codes, and of zstd on the same weights",
                      "  whitedwarf bench codec\n", flow::bench_codec, show);
}

}  // namespace wd::cli
