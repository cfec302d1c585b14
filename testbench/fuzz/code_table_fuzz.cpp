// SPDX-License-Identifier: Apache-2.0
// The tables of the Huffman and the tANS code.
//
// Shape     the first byte: bits 0 to 2 the coats, bit 3 signs, bit 4 tANS; then the table.
#include "base/error.hpp"
#include "hw/formats/stream/code_table.hpp"
#include "hw/formats/stream/tans.hpp"
#include "hw/formats/stream/token_decoder.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  if (data.empty()) return;
  const stream::WeightKinds kinds{1 + (data[0] & 7) % stream::max_coats, (data[0] & 8) != 0};
  const auto bytes = data.subspan(1);
  std::size_t at = 0, again_at = 0;
  Bytes written;
  if ((data[0] & 16) == 0) {
    const stream::CodeTable table = stream::read_table(bytes, at, kinds, "fuzz");
    table.write(written);
    WD_ASSERT(stream::read_table(written, again_at, kinds, "again").lengths == table.lengths);
    const stream::TokenDecoder decoder(table, "fuzz");
  } else {
    const stream::TansTable table = stream::read_tans(bytes, at, kinds, "fuzz");
    table.write(written);
    WD_ASSERT(stream::read_tans(written, again_at, kinds, "again").frequencies == table.frequencies);
    const stream::TansDecoder decoder(table);
  }
  WD_ASSERT(at <= bytes.size() && again_at == written.size());
}

}  // namespace wd::fuzz
