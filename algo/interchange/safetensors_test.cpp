// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/safetensors.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_safetensors." + std::to_string(::getpid()));
  ~TemporaryFile() { std::filesystem::remove(path); }
};

Bytes file_of(const std::string& header, std::size_t data_bytes, std::int64_t length_error = 0) {
  const std::int64_t length = static_cast<std::int64_t>(header.size()) + length_error;
  Bytes bytes(8 + header.size() + data_bytes);
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < data_bytes; ++i) bytes[8 + header.size() + i] = static_cast<std::uint8_t>(i);
  return bytes;
}

void refused(const std::string& message, const std::string& header, std::size_t data_bytes) {
  INFO(header);
  CHECK_THROWS_WITH(parse_safetensors(file_of(header, data_bytes), "m.st"),
                    Contains("m.st: ") && Contains(message) && !Contains("\n"));
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return text("\"", name, R"(":{"dtype":")", dtype, R"(","shape":)", shape, R"(,"data_offsets":)", offsets,
              "}");
}

std::string in_braces(const std::string& first, const std::string& second = {}) {
  return text("{", first, second.empty() ? "" : ",", second, "}");
}

}  // namespace

TEST_CASE("safetensors: the published example, byte for byte", "[interchange][oracle]") {
  // The bytes that the reference implementation writes for one F32 tensor "attn.0" of shape [1, 2, 3].
  Bytes expected = file_of(R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})", 0);
  for (const std::uint32_t bits : {0u, 0x3f800000u, 0x40000000u, 0x40400000u, 0x40800000u, 0x40a00000u})
    for (int i = 0; i < 4; ++i) expected.push_back(static_cast<std::uint8_t>(bits >> 8 * i));
  REQUIRE(expected.size() == 96);
  REQUIRE(expected[0] == 64);

  NamedTensors tensors;
  tensors.add("attn.0", NamedTensor::of_floats({1, 2, 3}, {0, 1, 2, 3, 4, 5}));
  CHECK(serialize_safetensors(tensors) == expected);
  const NamedTensors back = parse_safetensors(expected, "m.st");
  CHECK(back.get("attn.0", "m.st").shape == Dims{1, 2, 3});
  CHECK(back.get("attn.0", "m.st").to_floats() == std::vector<float>{0, 1, 2, 3, 4, 5});

  const NamedTensors nothing;
  CHECK(serialize_safetensors(nothing) ==
        Bytes{8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' '});
  CHECK(parse_safetensors(serialize_safetensors(nothing), "m.st").size() == 0);
}

TEST_CASE("safetensors: what is written is read back", "[interchange][round-trip]") {
  const TemporaryFile file;
  NamedTensors tensors;
  tensors.metadata = {{"format", "pt"}, {"note", "quote \" and \u00e9"}};
  tensors.add("module.conv1.weight", NamedTensor::of_floats({2, 1, 3}, {1, -2, 3, 4.5f, 5, 6}));
  tensors.add("bn.num_batches_tracked", NamedTensor::of_integers({}, {12345678901}));
  tensors.add("empty", NamedTensor::of_floats({0, 4}, {}));
  auto storage = std::make_shared<Bytes>(Bytes{1, 2, 3});
  tensors.add("mask", {DType::u8, {3}, *storage, storage});
  write_safetensors(tensors, file.path);

  const NamedTensors back = read_safetensors(file.path);
  CHECK(back.metadata == tensors.metadata);
  REQUIRE(back.size() == tensors.size());
  for (const auto& [name, tensor] : tensors.all()) {
    const NamedTensor& other = back.get(name, "back");
    CHECK(other.dtype == tensor.dtype);
    CHECK(other.shape == tensor.shape);
    CHECK(std::equal(other.bytes.begin(), other.bytes.end(), tensor.bytes.begin(), tensor.bytes.end()));
    CHECK(reinterpret_cast<std::uintptr_t>(other.bytes.data()) % bytes_of(other.dtype) == 0);
  }
  CHECK(serialize_safetensors(back) == serialize_safetensors(tensors));
}

TEST_CASE("safetensors: a tensor outlives the file that it came from", "[interchange]") {
  NamedTensor kept;
  {
    NamedTensors tensors;
    tensors.add("a", NamedTensor::of_floats({2}, {7, 8}));
    kept = parse_safetensors(serialize_safetensors(tensors), "m.st").get("a", "m.st");
  }
  CHECK(kept.to_floats() == std::vector<float>{7, 8});
}

TEST_CASE("safetensors: a header length that lies is refused", "[interchange][bad-input][message]") {
  const std::string header = in_braces(entry("a", "F32", "[2]", "[0,8]"));
  CHECK_THROWS_WITH(
      parse_safetensors(file_of(header, 8, 1000), "m.st"),
      "m.st: says that its header is 1054 bytes long, but the file holds only 62 bytes; the file is "
      "cut short, damaged, or not a safetensors file");
  CHECK_THROWS_WITH(parse_safetensors(file_of(header, 8, 200'000'000), "m.st"),
                    Contains("a header has at most 100000000 bytes"));
  CHECK_THROWS_WITH(
      parse_safetensors(file_of(header, 8, -1 - static_cast<std::int64_t>(header.size())), "m.st"),
      Contains("18446744073709551615 bytes long"));
  CHECK_THROWS_WITH(parse_safetensors(file_of(header, 8, -4), "m.st"), Contains("its length field is wrong"));
  CHECK_THROWS_WITH(parse_safetensors(file_of(header, 8, 4), "m.st"), Contains("its length field is wrong"));
  CHECK_THROWS_WITH(
      parse_safetensors(file_of(header + "    ", 8, -4), "m.st"),
      Contains("the tensors end at byte 8 of 12 tensor bytes") && Contains("lies about its length"));
  CHECK_THROWS_WITH(parse_safetensors(Bytes{1, 2, 3}, "m.st"), Contains("is 3 bytes long, too short"));
  CHECK_THROWS_WITH(parse_safetensors(file_of("", 0), "m.st"), Contains("does not begin with '{'"));
}

TEST_CASE("safetensors: headers that the format does not allow are refused",
          "[interchange][bad-input][message]") {
  refused("is not JSON at its byte", "{\"a\":}", 8);
  refused("does not begin with '{'", "[1]", 0);
  refused("does not begin with '{'", " {}", 0);
  refused("'a' is 5, which the format does not have there", R"({"a":5})", 0);
  refused("'a', 'dtype' is 'F33', which is not known here", in_braces(entry("a", "F33", "[2]", "[0,8]")), 8);
  refused("tensor 'a' is given twice",
          in_braces(entry("a", "F32", "[2]", "[0,8]"), entry("a", "F32", "[2]", "[8,16]")), 16);
  refused("'a' has 'shape' twice", R"({"a":{"shape":[1],"shape":[1]}})", 0);
  refused("tensor 'a' has unknown key 'strides'", R"({"a":{"strides":[1]}})", 0);
  refused("tensor 'a' has no 'data_offsets'", R"({"a":{"dtype":"F32","shape":[1]}})", 4);
  refused("'a', 'shape' is -1", in_braces(entry("a", "F32", "[-1]", "[0,8]")), 8);
  refused("'a', 'shape' is 1.5", in_braces(entry("a", "F32", "[1.5]", "[0,8]")), 8);
  refused("'a', 'shape' is null", in_braces(entry("a", "F32", "null", "[0,8]")), 8);
  refused("'a', 'shape' is a list", in_braces(entry("a", "F32", "[[1]]", "[0,8]")), 8);
  refused("'a', 'shape' has more than 8 numbers",
          in_braces(entry("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]")), 4);
  refused("'a', 'shape' holds 18446744073709551615",
          in_braces(entry("a", "F32", "[18446744073709551615]", "[0,8]")), 8);
  refused("'a', 'data_offsets' has 1 numbers", in_braces(entry("a", "F32", "[1]", "[0]")), 4);
  refused("'a', 'data_offsets' has more than 2 numbers", in_braces(entry("a", "F32", "[1]", "[0,4,8]")), 4);
  refused("'__metadata__', 'k' is 3", R"({"__metadata__":{"k":3}})", 0);
  refused("'__metadata__', 'k' is an object", R"({"__metadata__":{"k":{}}})", 0);
  refused("'a?b' is true", R"({"a\nb":true})", 0);
}

TEST_CASE("safetensors: tensors that do not tile the data are refused", "[interchange][bad-input][message]") {
  refused("tensor 'a' lies at bytes 0 to 8 of 4", in_braces(entry("a", "F32", "[2]", "[0,8]")), 4);
  refused("tensor 'a' lies at bytes 8 to 0", in_braces(entry("a", "F32", "[2]", "[8,0]")), 8);
  refused("tensor 'a' has shape [3] of F32 but 8 bytes", in_braces(entry("a", "F32", "[3]", "[0,8]")), 8);
  refused("tensor 'a' has shape [4294967296, 4294967296]",
          in_braces(entry("a", "U8", "[4294967296,4294967296]", "[0,0]")), 0);
  refused("tensor 'a' has shape [4611686018427387904] of F32 but 0 bytes",
          in_braces(entry("a", "F32", "[4611686018427387904]", "[0,0]")), 0);
  refused("tensor 'b' begins at byte 12, must begin at 8",
          in_braces(entry("b", "F32", "[1]", "[12,16]"), entry("a", "F32", "[2]", "[0,8]")), 16);
  refused("tensor 'b' begins at byte 4, must begin at 8",
          in_braces(entry("a", "F32", "[2]", "[0,8]"), entry("b", "F32", "[1]", "[4,8]")), 8);
  refused("the tensors end at byte 8 of 9 tensor bytes", in_braces(entry("a", "F32", "[2]", "[0,8]")), 9);
}

TEST_CASE("safetensors: files that are none are refused by path", "[interchange][bad-input][message]") {
  CHECK_THROWS_WITH(read_safetensors("/nonexistent/m.st"),
                    "/nonexistent/m.st: cannot be opened (No such file or "
                    "directory); check the path");
  CHECK_THROWS_WITH(read_safetensors("/tmp"), Contains("/tmp: is not a regular file"));
  CHECK_THROWS_WITH(read_safetensors("/dev/zero"), Contains("/dev/zero: is not a regular file"));
  const TemporaryFile large;
  write_file(large.path, std::string_view("x"));
  std::filesystem::resize_file(large.path, std::uintmax_t{17} << 30);  // a hole: takes no space
  CHECK_THROWS_WITH(read_safetensors(large.path),
                    Contains("is 18253611008 bytes large, at most 17179869184 are read"));
}

TEST_CASE("safetensors: names that the format cannot hold are not written", "[interchange][message]") {
  NamedTensors reserved, garbled;
  reserved.add("__metadata__", NamedTensor::of_floats({1}, {1}));
  garbled.add("a\xff", NamedTensor::of_floats({1}, {1}));
  CHECK_THROWS_WITH(serialize_safetensors(reserved), "a tensor may not be called '__metadata__'; rename it");
  CHECK_THROWS_WITH(serialize_safetensors(garbled),
                    Contains("a tensor's name or the metadata is not UTF-8 text"));
}

TEST_CASE("safetensors: damaged bytes are read or refused, never worse", "[interchange][round-trip]") {
  NamedTensors tensors;
  tensors.metadata = {{"format", "pt"}};
  tensors.add("a.weight", NamedTensor::of_floats({2, 2}, {1, 2, 3, 4}));
  tensors.add("b", NamedTensor::of_integers({1}, {5}));
  const Bytes good = serialize_safetensors(tensors);
  for (std::uint64_t round = 0; round < 3000; ++round) {
    INFO("round " << round);
    Bytes bad = good;
    for (int change = 0; change < 3; ++change) {
      const std::uint64_t bits =
          random_bits(7, RandomStream::scores, 3 * round + static_cast<std::uint64_t>(change));
      bad[bits % bad.size()] = static_cast<std::uint8_t>(bits >> 40);
    }
    if (round % 3 == 0) bad.resize(random_bits(9, RandomStream::scores, round) % bad.size());
    try {
      const NamedTensors read = parse_safetensors(bad, "m.st");
      for (const auto& [name, tensor] : read.all()) CHECK(tensor.to_floats().size() == tensor.count());
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Contains("m.st: ") && !Contains("\n"));
    }
  }
}
