// SPDX-License-Identifier: Apache-2.0
// A network as a program for the chip, and the chip's models that execute it.
//
// Errors    what the commands refuse, with the same text: std::runtime_error.
// Test      flow/library/example_test.sh
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <whitedwarf/network.hpp>

namespace whitedwarf {

/// What compile() makes and run() takes. Copies share one program, which does not change.
class Program {
 public:
  /// A program (program.wdp).
  static Program read(const std::filesystem::path& path);
  void write(const std::filesystem::path& path) const;

  std::size_t instructions() const;
  std::size_t memory_bytes() const;
  int classes() const;
  int batch() const;                 // images that a frame computes together
  std::size_t image_bytes() const;   // height x width x channels
  std::string architecture() const;  // of the chip that it is for: JSON

  struct Body;
  explicit Program(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  const Body& body() const { return *body_; }

 private:
  std::shared_ptr<const Body> body_;
};

/// As the options of `whitedwarf compile`.
struct CompileOptions {
  std::string architecture{};  // JSON: parameters that differ from the defaults; empty: none
  int batch = 1;
  bool fold = true;
  bool space_to_depth = true;
  bool huffman = true;
  bool weigh_cycles = false;
  bool on_chip_signs = true;
};

Program compile(const Network& network, const CompileOptions& options = {});

struct RunOptions {
  std::string engine = "fast";              // golden, fast or systemc: the same scores from each
  unsigned threads = 0;                     // of `fast`; 0: all of the machine
  const std::atomic<bool>* stop = nullptr;  // set from elsewhere, it ends the run: std::runtime_error
};

struct RunResult {
  std::vector<float> scores;  // images x classes
  /// Of all frames, `cycles` among them; from `golden`, which has no timing, none.
  std::map<std::string, std::uint64_t> counters;
};

/// @param pixels bytes of images, height x width x channels each, one image after the other
RunResult run(const Program& program, std::span<const std::uint8_t> pixels, const RunOptions& options = {});

}  // namespace whitedwarf
