// SPDX-License-Identifier: Apache-2.0
#include "flow/recordings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "flow/chain.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

constexpr std::size_t most_recorded_bytes = std::size_t{1} << 30;
constexpr const char* engine_name = "fast";

/// Nothing, or an earlier recording: what else there is would be replaced.
bool may_be_replaced(const std::filesystem::path& file) {
  std::error_code code;
  const std::filesystem::file_status status = std::filesystem::symlink_status(file, code);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  return magic == sim::fast::recording_kind.magic;
}

/// What a program's values follow from.
std::string model_of(const std::filesystem::path& folder, const Chip& chip) {
  return source_of(Product::program, folder, chip.sha256()).value_or("program " + chip.sha256());
}

}  // namespace

void RecordingOptions::declare(OptionSink& sink) {
  sink.path("record", record, Takes::Place::new_file,
            "write which activations are not zero to this file, for --replay", "none");
  sink.exclude({"record", "replay"});
  sink.path("replay", replay, Takes::Place::file,
            "time the fast simulator's images from this file, recorded of the same model on any architecture",
            "none");
}

void RecordingOptions::require(const Names& engines) const {
  if (record.empty() && replay.empty()) return;
  WD_REQUIRE(std::find(engines.begin(), engines.end(), engine_name) != engines.end(),
             record.empty() ? "--replay" : "--record", " is of the fast simulator; give --engines ",
             engine_name);
  if (record.empty()) return;
  const std::filesystem::path folder = record.has_parent_path() ? record.parent_path() : ".";
  std::error_code code;
  WD_REQUIRE(std::filesystem::is_directory(folder, code) && access(folder.c_str(), W_OK) == 0,
             "--record: ", folder.string(), ": no folder that can be written to; make it first");
  WD_REQUIRE(!std::filesystem::is_directory(record, code), "--record: ", record.string(),
             " is a folder; name a file");
  WD_REQUIRE(may_be_replaced(record), "--record: ", record.string(),
             " is there and is not a recording; name another file");
  WD_REQUIRE(record.filename() != "run.json", "--record: ", record.string(),
             " is the name of run's results; name another file");
}

RunRecording::RunRecording(const RecordingOptions& options, const std::filesystem::path& folder,
                           const Chip& chip, const Frames& frames)
    : options_(options) {
  if (!used()) return;
  const program::Program& program = chip.program();
  const std::string model = model_of(folder, chip);
  if (!options_.replay.empty()) {
    read(program, model, frames);
    return;
  }
  const std::size_t each =
      sizeof(std::uint16_t) * std::max<std::size_t>(1, sim::fast::MapLayout(program).maps());
  WD_REQUIRE(frames.count() <= most_recorded_bytes / each, "--record: ", frames.images(), " images of ",
             each / static_cast<std::size_t>(program.batch), " bytes are more than ", most_recorded_bytes,
             "; give --images at most ",
             most_recorded_bytes / each * static_cast<std::size_t>(program.batch));
  recording_ = sim::fast::make_recording(program, model, frames.count());
  for (std::size_t f = 0; f < frames.count(); ++f) recording_.images[f] = frames.digest(f);
}

void RunRecording::read(const program::Program& program, const std::string& model, const Frames& frames) {
  const std::string origin = options_.replay.string();
  recording_ = sim::fast::decode_recording(Container::read(options_.replay, sim::fast::recording_kind));
  sim::fast::require_of(recording_, program, model, origin);
  WD_REQUIRE(frames.count() <= recording_.frames.size(), origin, ": has ",
             recording_.frames.size() * static_cast<std::size_t>(program.batch), " images, ", frames.images(),
             " are asked for; give --images, or record again");
  for (std::size_t f = 0; f < frames.count(); ++f)
    WD_REQUIRE(recording_.images[f] == frames.digest(f), origin, ": ", frames.name(f),
               ": not what was recorded; record again, or give the --data, --seed or --inputs of then");
}

sim::FrameResult RunRecording::frame(sim::Engine& engine, std::size_t frame,
                                     std::span<const std::uint8_t> input) {
  auto& fast = dynamic_cast<sim::FastEngine&>(engine);
  return options_.replay.empty() ? fast.record(input, recording_.frames[frame])
                                 : fast.replay(input, recording_.frames[frame]);
}

void RunRecording::write() const {
  if (!options_.record.empty()) sim::fast::encode_recording(recording_).write(options_.record);
}

}  // namespace wd::flow
