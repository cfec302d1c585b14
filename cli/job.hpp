// SPDX-License-Identifier: Apache-2.0
// What all stages of the main job share: the folder, the data, the seed, and the loaded engines.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "base/folder_lock.hpp"
#include "flow/context.hpp"
#include "sim/engine.hpp"

namespace wd::cli {

/// Set by SIGINT and SIGTERM; long stages leave a checkpoint and end.
extern std::atomic<bool> interrupted;

/// How `compress` codes.
struct CompressFlags {
  std::string norms = "fp16";  // or fp8
  std::string code = "auto";   // or plain, golomb, huffman, tans: of all weight sets
};

struct Job {
  flow::Context context{interrupted};
  std::filesystem::path out = "out";
  std::filesystem::path data;  // empty: the data set's default folder
  unsigned threads = 0;        // 0: all of the machine
  bool quick = false;
  std::uint64_t seed = 0;              // 0: the configuration's
  std::vector<std::uint64_t> seeds;    // of several trainings, one after the other
  std::filesystem::path config, arch;  // empty: built-in
  bool fresh = false;                  // ignore a checkpoint
  CompressFlags compress;
  bool fold = true;
  std::vector<std::string> engines{"golden", "fast", "systemc", "rtl"};
  std::size_t images = 10000, systemc_images = 100, rtl_images = 4, cosim_images = 2, ablation_images = 200;
  arch::Switches switches;

  std::filesystem::path file(const char* name) const { return out / name; }
  void write_json(const char* name, const nlohmann::json& value) const;

  /// Keeps a folder from other processes that train, until this one ends.
  void hold(const std::filesystem::path& folder);

  /// Of the data set that the folder's program was trained on, or of one by name.
  const algo::ImageSet& test_images() { return test_images(program().dataset); }
  const algo::ImageSet& test_images(const std::string& dataset);
  /// program.wdp of this folder, read once.
  const program::Program& program();
  /// Checksum of program.wdp, which ties the stages' results together.
  std::uint32_t program_crc() const;
  /// An engine on that program, made and loaded once per job (a process can hold only one SystemC kernel).
  sim::Engine& engine(const std::string& name);
  arch::Counters load_counters(const std::string& name) {
    engine(name);
    return loaded_.at(name);
  }
  /// Forgets program and engines after a new compilation.
  void forget_program();

 private:
  std::map<std::filesystem::path, std::unique_ptr<FolderLock>> held_;
  std::unique_ptr<algo::ImageSet> test_;
  std::unique_ptr<program::Program> program_;
  std::map<std::string, std::unique_ptr<sim::Engine>> engines_;
  std::map<std::string, arch::Counters> loaded_;
};

/// Engine names in the order of reports.
const std::vector<std::string>& engine_names();
std::unique_ptr<sim::Engine> make_engine(const std::string& name, const program::Program& program,
                                         const arch::Switches& switches);

/// The defaults with what --arch changes.
arch::Arch resolve_arch(const Job& job);

/// Refuses, before anything is trained, an architecture that the engines asked for do not have.
void check_arch(const Job& job);

// The stages, each writing its files into job.out and returning its JSON.
nlohmann::json stage_compress(Job& job);
nlohmann::json stage_compile(Job& job);
nlohmann::json stage_run(Job& job);
nlohmann::json stage_cosim(Job& job);
nlohmann::json stage_ablate(Job& job);
nlohmann::json stage_report(Job& job);
nlohmann::json bench(Job& job);

}  // namespace wd::cli
