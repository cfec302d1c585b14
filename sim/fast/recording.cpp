// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/recording.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::sim::fast {
namespace {

using nlohmann::json;

constexpr std::size_t tensor_numbers = 6;
/// layer, turn, iterations, height, width, blocks: what programs can have.
constexpr int least[tensor_numbers] = {0, 0, 1, 1, 1, 1};
constexpr int most[tensor_numbers] = {4095, 16383, 2 * arch::most_iterations, 65535 + 1023, 1023, 511 + 511};
constexpr std::size_t most_tensors = 65536;

constexpr const char* remedy = "; record again with `whitedwarf run --engines fast --record`";

MapTensor tensor_of(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_array() && value.size() == tensor_numbers, origin, ": section 'meta': a tensor is ",
             shown(value), ", must be ", tensor_numbers, " numbers", remedy);
  int numbers[tensor_numbers];
  for (std::size_t i = 0; i < tensor_numbers; ++i) {
    const json& number = value[i];
    const bool fits = number.is_number_integer() && number >= least[i] && number <= most[i];
    WD_REQUIRE(fits, origin, ": section 'meta': a tensor has ", shown(number), ", must be ", least[i], " to ",
               most[i], remedy);
    numbers[i] = number.get<int>();
  }
  return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
}

/// Of a frame.
struct Sizes {
  std::size_t maps = 0, saturations = 0, scores = 0;

  explicit Sizes(const Recording& recording) : scores(std::size_t{1} * recording.batch * recording.classes) {
    for (const MapTensor& tensor : recording.tensors) {
      maps += tensor.maps();
      saturations += tensor.saturations();
    }
  }
};

template <typename T>
void require_size(const std::vector<T>& values, std::size_t frames, std::size_t each, const char* section,
                  const std::string& origin) {
  const bool right = each == 0 ? values.empty() : values.size() % each == 0 && values.size() / each == frames;
  WD_REQUIRE(right, origin, ": section '", section, "' has ", values.size(), " values, must be ", frames,
             " frames of ", each, remedy);
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <typename T>
std::vector<T> part(const std::vector<T>& of, std::size_t frame, std::size_t each) {
  const auto first = of.begin() + static_cast<std::ptrdiff_t>(frame * each);
  return {first, first + static_cast<std::ptrdiff_t>(each)};
}

void read_saturations(const std::vector<std::uint32_t>& words, std::size_t each, Recording& recording,
                      const std::string& origin) {
  WD_REQUIRE(words.size() % 3 == 0, origin, ": section 'saturations' is cut off", remedy);
  for (FrameMaps& frame : recording.frames) frame.saturations.resize(each);
  std::pair<std::uint32_t, std::uint32_t> before;
  for (std::size_t i = 0; i < words.size(); i += 3) {
    const std::pair at{words[i], words[i + 1]};
    const std::uint32_t count = words[i + 2];
    WD_REQUIRE(at.first < recording.frames.size() && at.second < each && (i == 0 || before < at) &&
                   count >= 1 && count <= arch::block * arch::block,
               origin, ": section 'saturations': ", count, " of frame ", at.first, ", place ", at.second,
               ", are out of range or order", remedy);
    recording.frames[at.first].saturations[at.second] = static_cast<std::uint16_t>(count);
    before = at;
  }
}

}  // namespace

Recording make_recording(const program::Program& program, const std::string& model, std::size_t frames) {
  Recording recording{model, program.batch, program.classes, program.arch.acc_bits, {}, {}, {}};
  recording.tensors = MapLayout(program).tensors();
  recording.frames.resize(frames);
  recording.images.resize(frames);
  return recording;
}

void require_of(const Recording& recording, const program::Program& program, const std::string& model,
                const std::string& origin) {
  WD_REQUIRE(recording.model == model, origin, ": was recorded of another model", remedy);
  WD_REQUIRE(recording.batch == program.batch, origin, ": has frames of ", recording.batch,
             " images, the program's have ", program.batch, "; compile with --batch ", recording.batch,
             ", or record again with `whitedwarf run --record`");
  WD_REQUIRE(
      recording.classes == program.classes && recording.tensors == MapLayout(program).tensors(), origin,
      ": was recorded of other layers, as by a program that was compiled with another --no-fold", remedy);
  WD_REQUIRE(recording.acc_bits <= program.arch.acc_bits, origin, ": its sums are known to fit ",
             recording.acc_bits, " accumulator bits, the program's architecture has ", program.arch.acc_bits,
             remedy);
}

Container encode_recording(const Recording& recording) {
  Container container(recording_kind);
  json tensors = json::array();
  for (const MapTensor& t : recording.tensors)
    tensors.push_back({t.layer, t.turn, t.iterations, t.height, t.width, t.blocks});
  container.set_json("meta", {{"model", recording.model},
                              {"batch", recording.batch},
                              {"classes", recording.classes},
                              {"acc_bits", recording.acc_bits},
                              {"tensors", tensors}});
  std::vector<std::uint16_t> maps, scores;
  std::vector<std::uint32_t> saturations;
  for (std::size_t f = 0; f < recording.frames.size(); ++f) {
    const FrameMaps& frame = recording.frames[f];
    append(maps, frame.maps);
    append(scores, frame.scores);
    for (std::size_t i = 0; i < frame.saturations.size(); ++i)
      if (frame.saturations[i] != 0)
        for (const std::size_t word : {f, i, std::size_t{frame.saturations[i]}})
          saturations.push_back(static_cast<std::uint32_t>(word));
  }
  container.set_array("maps", maps);
  container.set_array("saturations", saturations);
  container.set_array("scores", scores);
  container.set_array("images", recording.images);
  return container;
}

Recording decode_recording(const Container& container) {
  const std::string& origin = container.origin();
  const json meta = container.get_json("meta");
  JsonReader reader(meta, origin + ": section 'meta'");
  Recording recording;
  recording.model = reader.get<std::string>("model");
  recording.batch = reader.get<int>("batch");
  WD_REQUIRE(program::is_batch(recording.batch), origin, ": section 'meta': 'batch' is ", recording.batch,
             ", must be 1, 2, 4, 8 or 16", remedy);
  recording.classes = reader.get_between<std::uint32_t>("classes", 1, 65536);
  recording.acc_bits = reader.get_between<int>("acc_bits", 24, 48);
  const json& tensors = reader.list("tensors");
  WD_REQUIRE(tensors.size() <= most_tensors, origin, ": section 'meta': ", tensors.size(),
             " tensors are more than ", most_tensors, remedy);
  for (const json& tensor : tensors) recording.tensors.push_back(tensor_of(tensor, origin));
  reader.refuse_unknown();
  recording.images = container.get_array<std::uint64_t>("images");
  const std::size_t frames = recording.images.size();
  const Sizes sizes(recording);
  const auto maps = container.get_array<std::uint16_t>("maps"),
             scores = container.get_array<std::uint16_t>("scores");
  require_size(maps, frames, sizes.maps, "maps", origin);
  require_size(scores, frames, sizes.scores, "scores", origin);
  recording.frames.resize(frames);
  for (std::size_t f = 0; f < frames; ++f) {
    recording.frames[f].maps = part(maps, f, sizes.maps);
    recording.frames[f].scores = part(scores, f, sizes.scores);
  }
  read_saturations(container.get_array<std::uint32_t>("saturations"), sizes.saturations, recording, origin);
  return recording;
}

}  // namespace wd::sim::fast
