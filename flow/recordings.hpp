// SPDX-License-Identifier: Apache-2.0
// Recordings of the fast simulator for `run`: what --record writes, what --replay takes.
//
// Errors    a recording of another model, of other images or of fewer than asked for; one that would be too large: wd::Error naming the
//           file, before anything runs.
// Test      cli/replay_test.sh
#pragma once

#include <filesystem>
#include <memory>

#include "flow/chip.hpp"
#include "flow/engines.hpp"
#include "flow/frames.hpp"
#include "sim/fast/recording.hpp"

namespace wd::flow {

struct RecordingOptions {
  std::filesystem::path record, replay;

  void declare(OptionSink& sink);
  /// Refuses both at once, engines without the fast simulator, and a file to write that is there and no recording.
  void require(const Names& engines) const;
};

/// Of a run; frames of several threads at once.
class RunRecording {
 public:
  /// @param folder of the program, whose records say what it was made from
  RunRecording(const RecordingOptions& options, const std::filesystem::path& folder, const Chip& chip,
               const Frames& frames);

  bool used() const { return !options_.record.empty() || !options_.replay.empty(); }
  /// Records or replays. @param engine a fast simulator
  sim::FrameResult frame(sim::Engine& engine, std::size_t frame, std::span<const std::uint8_t> input);
  /// The file, where there is one to be written.
  void write() const;

 private:
  void read(const program::Program& program, const std::string& model, const Frames& frames);

  RecordingOptions options_;
  sim::fast::Recording recording_;
};

}  // namespace wd::flow
