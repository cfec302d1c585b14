// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_bursts.hpp"

#include <span>

#include "base/error.hpp"
#include "hw/formats/stream/chip_decoder.hpp"

namespace wd::program {
namespace {

using stream::ChipDecoder;
using stream::ChipFault;

const char* cause(ChipFault fault) {
  switch (fault) {
    case ChipFault::none:
      break;
    case ChipFault::header:
      return "a field of its header is out of the decoder's range";
    case ChipFault::table:
      return "its code words are no complete code";
    case ChipFault::code:
      return "bits that begin no code word";
    case ChipFault::cut:
      return "it ends before its last weight";
    case ChipFault::overrun:
      return "a weight behind its last chunk";
    case ChipFault::excess:
      return "words behind its last weight";
  }
  return "";
}

void append(Bytes& memory, const ChipDecoder::Row& row, const arch::Arch& arch, const std::string& what) {
  WeightRow words(static_cast<std::size_t>(arch.pes_per_group));
  for (std::size_t pe = 0; pe < row.mask.size(); ++pe) {
    if (pe < words.size())
      words[pe] = {row.mask[pe], row.sign[pe]};
    else
      WD_REQUIRE(row.mask[pe] == 0 && row.sign[pe] == 0, what, "coded weights of channel ", pe,
                 " of a tile; the chip has ", words.size(), " PEs a group; compile the model again");
  }
  append_row(memory, words, arch);
}

WeightBurst decode(std::span<const std::uint8_t> beats, const arch::Arch& arch, const std::string& what) {
  WD_REQUIRE(has_decoder(arch), what, "a coded burst; a chip of 'decoders' ", arch.decoders, " and 'chunk' ",
             arch.chunk, " has no decoder for it; compile the model for this chip");
  DecodedRows decoded = decode_rows(beats, arch, what);
  WD_REQUIRE(decoded.fault == ChipFault::none, what, "the coded burst is corrupted: ", cause(decoded.fault),
             "; compile the model again");
  WD_REQUIRE(decoded.beats_used == beats.size() / beat_bytes, what, "the coded burst has ",
             beats.size() / beat_bytes - decoded.beats_used, " beats behind its last weight");
  WeightBurst burst;
  burst.activity = decoded.activity;
  burst.decoded = std::move(decoded.rows);
  burst.rows = packed_rows(burst.decoded, arch, what);
  return burst;
}

}  // namespace

stream::ChipDecoderShape decoder_shape(const arch::Arch& arch) {
  return {.decoders = arch.decoders, .freeze = arch.freeze_generator != 0};
}

DecodedRows decode_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                        const std::string& what) {
  DecodedRows decoded;
  ChipDecoder decoder(decoder_shape(arch));
  std::size_t at = 0;
  int rows = 0;
  for (decoder.start(); decoder.busy();) {
    if (const auto row = decoder.row()) {
      WD_REQUIRE(++rows <= arch.weight_rows, what, "a coded burst of more than the weight buffer's ",
                 arch.weight_rows, " rows");
      append(decoded.rows, *row, arch, what);
    }
    const bool beat = decoder.ready() && at < beats.size();
    if (at == beats.size()) decoder.end();
    decoder.clock(beat ? &beats[at] : nullptr);
    if (beat) at += beat_bytes;
  }
  decoded.activity = decoder.activity();
  decoded.fault = decoder.fault();
  decoded.beats_used = at / beat_bytes;
  if (decoded.fault == ChipFault::none)
    decoded.beats_used -= static_cast<std::size_t>(decoder.unused_beats());
  return decoded;
}

const WeightBurst& WeightBursts::at(const arch::Instr& load, const std::string& what) {
  const Key key{load.mem_addr, load.count, load.coded};
  if (const auto known = bursts_->find(key); known != bursts_->end()) return known->second;
  const std::span beats =
      std::span<const std::uint8_t>(program_->memory)
          .subspan(std::size_t{1} * load.mem_addr * beat_bytes, std::size_t{1} * load.count * beat_bytes);
  if (load.coded) return (*bursts_)[key] = decode(beats, program_->arch, what);
  WeightBurst burst;
  burst.rows = packed_rows(beats, program_->arch, what);
  burst.activity.cycles = static_cast<std::uint64_t>(load.count);
  return (*bursts_)[key] = std::move(burst);
}

}  // namespace wd::program
