// SPDX-License-Identifier: Apache-2.0
// Waves of a run: the signals of a window of the first frame, of each engine that has some, as ENGINE.vcd or ENGINE.fst in the output folder.
//
// Errors    a window that is none or that the frame does not reach, engines without signals, a block that is not there: wd::Error
//           with the remedy, before the engine runs the frame.
// Test      cli/waves_test.sh
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "flow/chip.hpp"
#include "flow/engines.hpp"
#include "sim/wave_writer.hpp"

namespace wd::flow {

struct WavesOptions {
  std::optional<sim::SignalWindow> window;
  std::string format = "vcd";
  std::string scope;
  int depth = 0;

  void declare(OptionSink& sink) { declare(sink, of_a_frame); }
  /// @param help of --waves
  void declare(OptionSink& sink, const std::string& help);
  static constexpr const char* of_a_frame =
      "signals of these cycles of the first frame to ENGINE.vcd or .fst, from systemc and rtl";
  /// Refuses engines none of which has signals.
  void require(const Names& engines, const arch::Arch& arch) const;
};

/// The window for an option's value, "FROM:TO".
sim::SignalWindow cycle_window(const std::string& given, const std::string& shown);

/// Of a run's first frame.
class Waves {
 public:
  /// Readies the chip's engines. @param input of the first frame, which the fast simulator times to check the window
  Waves(const WavesOptions& options, const std::filesystem::path& folder, Chip& chip, const Names& engines,
        std::span<const std::uint8_t> input);
  ~Waves();

  /// Before the engine's first frame.
  void begin(sim::Engine& engine);
  /// After it: the file is there.
  void end(const sim::Engine& engine);

 private:
  struct File {
    std::filesystem::path path, partial;
    std::unique_ptr<sim::WaveWriter> writer;
  };

  std::optional<sim::SignalWindow> window_;
  std::filesystem::path folder_;
  std::string format_;
  std::map<std::string, File> files_;  // by engine, while they are written
};

}  // namespace wd::flow
