// SPDX-License-Identifier: Apache-2.0
#include "cli/job.hpp"

#include <zlib.h>

#include "algo/data/dataset.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/systemc_engine.hpp"

namespace wd::cli {

std::atomic<bool> interrupted{false};

void Job::write_json(const char* name, const nlohmann::json& value) const {
  make_output_folder(out);
  write_file(file(name), value.dump(1) + "\n");
}

void Job::hold(const std::filesystem::path& folder) {
  make_output_folder(folder);
  std::unique_ptr<FolderLock>& lock = held_[std::filesystem::canonical(folder)];
  if (!lock) lock = std::make_unique<FolderLock>(folder);
}

const algo::ImageSet& Job::test_images(const std::string& dataset) {
  if (!test_) test_ = std::make_unique<algo::ImageSet>(algo::open_split(dataset, data, false));
  return *test_;
}

const program::Program& Job::program() {
  if (!program_) program_ = std::make_unique<program::Program>(program::read_program(file("program.wdp")));
  return *program_;
}

std::uint32_t Job::program_crc() const {
  const Bytes bytes = read_file(file("program.wdp"));
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

sim::Engine& Job::engine(const std::string& name) {
  auto& engine = engines_[name];
  if (!engine) {
    engine = make_engine(name, program(), switches);
    loaded_[name] = engine->load();
  }
  return *engine;
}

void Job::forget_program() {
  engines_.clear();
  loaded_.clear();
  program_.reset();
}

const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names{"golden", "fast", "systemc", "rtl"};
  return names;
}

std::unique_ptr<sim::Engine> make_engine(const std::string& name, const program::Program& program,
                                         const arch::Switches& switches) {
  if (name == "golden") return std::make_unique<sim::GoldenEngine>(program);
  if (name == "fast") return std::make_unique<sim::FastEngine>(program, switches);
  if (name == "systemc") return std::make_unique<sim::SystemCEngine>(program, switches);
  if (name == "rtl") return std::make_unique<sim::RtlEngine>(program, switches);
  fail("engine '", name, "' is unknown; engines are golden, fast, systemc, rtl");
}

}  // namespace wd::cli
