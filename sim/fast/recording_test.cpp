// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/recording.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

using namespace wd;
using Catch::Contains;
using namespace sim::fast;

namespace {

Recording sample() {
  std::mt19937 random(9);
  Recording recording{"model", 2, 10, 36, {{0, 0, 1, 3, 8, 2}, {4, 0, 2, 5, 2, 1}}, {}, {11, 12, 13}};
  std::size_t maps = 0, saturations = 0;
  for (const MapTensor& tensor : recording.tensors) {
    maps += tensor.maps();
    saturations += tensor.saturations();
  }
  CHECK(maps == 3 * 8 * 2 + 2 * 5 * 2);
  CHECK(saturations == 2 * 2 + 2);  // blocks of 16 pixels
  for (int f = 0; f < 3; ++f) {
    FrameMaps frame{std::vector<std::uint16_t>(maps), std::vector<std::uint16_t>(saturations),
                    std::vector<std::uint16_t>(20)};
    for (auto* values : {&frame.maps, &frame.scores})
      for (std::uint16_t& value : *values) value = static_cast<std::uint16_t>(random());
    if (f != 1) frame.saturations[static_cast<std::size_t>(f)] = static_cast<std::uint16_t>(1 + 255 * f / 2);
    recording.frames.push_back(frame);
  }
  return recording;
}

Recording again(const Container& container) {
  return decode_recording(Container::parse(container.serialize(), recording_kind, "maps.wda"));
}

}  // namespace

TEST_CASE("recording: what is written is read", "[sim][round-trip]") {
  const Recording recording = sample(), read = again(encode_recording(recording));
  CHECK(read.model == recording.model);
  CHECK(read.batch == 2);
  CHECK(read.classes == 10);
  CHECK(read.acc_bits == 36);
  CHECK(read.tensors == recording.tensors);
  CHECK(read.frames == recording.frames);
  CHECK(read.images == recording.images);
}

TEST_CASE("recording: damaged files are refused by name, with the remedy", "[sim][bad-input]") {
  const Container whole = encode_recording(sample());
  const auto refused = [&](const std::string& section, auto change, const std::string& message) {
    Container container = whole;
    Bytes bytes = container.get(section);
    change(bytes);
    container.set(section, bytes);
    CHECK_THROWS_WITH(again(container), Contains("maps.wda: section '" + section + "'") &&
                                            Contains(message) && Contains("record again"));
  };
  const auto shorter = [](Bytes& bytes) { bytes.resize(bytes.size() - 4); };
  refused("maps", shorter, "must be 3 frames of 68");
  refused("scores", shorter, "must be 3 frames of 20");
  refused("saturations", shorter, "cut off");
  refused(
      "saturations", [](Bytes& bytes) { bytes[0] = 3; }, "out of range or order");
  refused(
      "saturations",
      [](Bytes& bytes) {
        bytes[12] = 0;
        bytes[16] = 0;
      },
      "out of range or order");
  refused(
      "saturations", [](Bytes& bytes) { bytes[4] = 6; }, "out of range or order");
  refused(
      "saturations", [](Bytes& bytes) { bytes[8] = 0; }, "out of range or order");
  const auto refused_meta = [&](auto change, const std::string& message) {
    Container container = whole;
    nlohmann::json meta = container.get_json("meta");
    change(meta);
    container.set_json("meta", meta);
    CHECK_THROWS_WITH(again(container), Contains("maps.wda: section 'meta'") && Contains(message));
  };
  refused_meta([](auto& meta) { meta["batch"] = 3; }, "'batch' is 3");
  refused_meta([](auto& meta) { meta["classes"] = 0; }, "'classes' is 0");
  refused_meta([](auto& meta) { meta["tensors"][0][4] = 1024; }, "a tensor has 1024, must be 1 to 1023");
  refused_meta([](auto& meta) { meta["tensors"][0].erase(0); }, "must be 6 numbers");
  refused_meta([](auto& meta) { meta["more"] = 1; }, "unknown key 'more'");
  Bytes bytes = whole.serialize();
  bytes.resize(bytes.size() / 2);
  CHECK_THROWS_WITH(Container::parse(bytes, recording_kind, "maps.wda"),
                    Contains("maps.wda") && Contains("truncated"));
  bytes = whole.serialize();
  bytes[4] = 2;
  CHECK_THROWS_WITH(Container::parse(bytes, recording_kind, "maps.wda"),
                    Contains("version 2") && Contains("record again"));
  bytes = whole.serialize();
  bytes.back() ^= 1;
  CHECK_THROWS_WITH(Container::parse(bytes, recording_kind, "maps.wda"), Contains("checksum of section"));
}
