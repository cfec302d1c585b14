// SPDX-License-Identifier: Apache-2.0
#include "algo/data/md5.hpp"

#include <catch2/catch.hpp>

#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("md5: the test suite of RFC 1321, A.5", "[data][oracle]") {
  CHECK(md5_of(bytes_of("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5_of(bytes_of("a")) == "0cc175b9c0f1b6a831c399e269772661");
  CHECK(md5_of(bytes_of("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5_of(bytes_of("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(md5_of(bytes_of("abcdefghijklmnopqrstuvwxyz")) == "c3fcd3d76192e4007dfb496cca67e13b");
  CHECK(md5_of(bytes_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")) ==
        "d174ab98d277d9f5a5611c2c9f419d9f");
  CHECK(md5_of(bytes_of("1234567890123456789012345678901234567890123456789012345678901234567890"
                        "1234567890")) == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("md5: lengths around a block's end, as md5sum gives them", "[data][oracle]") {
  const auto [length, digest] =
      GENERATE(table<std::size_t, std::string>({{55, "ef1772b6dff9a122358552954ad0df65"},
                                                {56, "3b0c8ac703f828b04c6c197006d17218"},
                                                {57, "652b906d60af96844ebd21b674f35e93"},
                                                {63, "b06521f39153d618550606be297466d5"},
                                                {64, "014842d480b571495a4a0363793f7367"},
                                                {65, "c743a45e0d2e6a95cb859adae0248435"},
                                                {119, "8a7bd0732ed6a28ce75f6dabc90e1613"},
                                                {120, "5f61c0ccad4cac44c75ff505e1f1e537"},
                                                {1000, "cabe45dcc9ae5b66ba86600cca6b8ba8"}}));
  const std::string text(length, 'a');
  CHECK(md5_of(bytes_of(text)) == digest);
  Md5 pieces;  // the same message in uneven parts
  for (std::size_t at = 0, piece = 1; at < length; at += piece, piece = piece % 97 + 13)
    pieces.update(bytes_of(text).subspan(at, std::min(piece, length - at)));
  CHECK(pieces.finish() == digest);
}

TEST_CASE("md5: a file's digest is that of its bytes; a missing file is refused", "[data][bad-input]") {
  const TemporaryFolder folder;
  const std::string text(200000, 'x');
  write_file(folder.path / "file", text);
  CHECK(md5_of_file(folder.path / "file") == md5_of(bytes_of(text)));
  CHECK_THROWS_WITH(md5_of_file(folder.path / "none"), Contains("none: cannot be opened"));
  CHECK_THROWS_WITH(md5_of_file(folder.path), Contains("is not a regular file"));
}
