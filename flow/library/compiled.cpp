// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <whitedwarf/compiled.hpp>

#include "base/json.hpp"
#include "compiler/compile.hpp"
#include "flow/library/network_body.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/numerics/fp16.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/systemc/systemc_engine.hpp"

namespace whitedwarf {

struct Program::Body {
  wd::program::Program program;
};

namespace {

Program made_of(wd::program::Program program) {
  return Program(std::make_shared<const Program::Body>(Program::Body{std::move(program)}));
}

wd::arch::Arch architecture_of(const std::string& text) {
  if (text.empty()) return {};
  const std::string origin = "architecture";
  const nlohmann::json changes = wd::parse_json(
      std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), origin + ":");
  WD_REQUIRE(changes.is_object(), origin, ": must be a JSON object of architecture parameters");
  nlohmann::json all = wd::arch::to_json(wd::arch::Arch{});
  all.update(changes);
  return wd::arch::arch_from_json(all, origin);
}

std::unique_ptr<wd::sim::Engine> make_engine(const wd::program::Program& program, const RunOptions& options) {
  if (options.engine == "golden") return std::make_unique<wd::sim::GoldenEngine>(program);
  if (options.engine == "fast")
    return std::make_unique<wd::sim::FastEngine>(program, wd::arch::Switches{},
                                                 wd::sim::FastOptions{.threads = options.threads});
  WD_REQUIRE(options.engine == "systemc", "engine '", options.engine,
             "' is unknown; engines are golden,fast,systemc");
  const int chunk = wd::arch::Arch{}.chunk;
  WD_REQUIRE(program.arch.chunk == chunk, "'chunk' is ", program.arch.chunk, ", SystemC has ", chunk,
             "; take another engine");
  return std::make_unique<wd::sim::SystemCEngine>(program, wd::arch::Switches{});
}

}  // namespace

Program Program::read(const std::filesystem::path& path) { return made_of(wd::program::read_program(path)); }
void Program::write(const std::filesystem::path& path) const {
  wd::program::write_program(body().program, path);
}

std::size_t Program::instructions() const { return body().program.instrs.size(); }
std::size_t Program::memory_bytes() const { return body().program.memory.size(); }
int Program::classes() const { return static_cast<int>(body().program.classes); }
int Program::batch() const { return body().program.batch; }
std::size_t Program::image_bytes() const { return body().program.input_transform.image_bytes(); }
std::string Program::architecture() const { return wd::arch::to_json(body().program.arch).dump(); }

Program compile(const Network& network, const CompileOptions& options) {
  WD_REQUIRE(wd::program::is_batch(options.batch), "batch is ", options.batch, ", must be one of 1,2,4,8,16");
  return made_of(wd::compiler::compile(network.body().network, {.arch = architecture_of(options.architecture),
                                                                .fold = options.fold,
                                                                .space_to_depth = options.space_to_depth,
                                                                .huffman = options.huffman,
                                                                .weigh_cycles = options.weigh_cycles,
                                                                .on_chip_signs = options.on_chip_signs,
                                                                .batch = options.batch}));
}

RunResult run(const Program& program, std::span<const std::uint8_t> pixels, const RunOptions& options) {
  const wd::program::Program& its = program.body().program;
  const wd::program::InputTensor tensor(its);
  const std::size_t bytes = tensor.image_bytes(), batch = static_cast<std::size_t>(its.batch);
  WD_REQUIRE(!pixels.empty() && pixels.size() % bytes == 0, "pixels: ", pixels.size(),
             " bytes, must be a multiple of an image's ", bytes);
  const std::unique_ptr<wd::sim::Engine> engine = make_engine(its, options);
  engine->load();
  RunResult result;
  wd::arch::Counters total{};
  const std::size_t images = pixels.size() / bytes;
  for (std::size_t first = 0; first < images; first += batch) {
    WD_REQUIRE(options.stop == nullptr || !*options.stop, "interrupted");
    std::vector<wd::program::InputTensor::Image> frame;
    for (std::size_t i = first; i < std::min(first + batch, images); ++i)
      frame.push_back(pixels.subspan(i * bytes, bytes));
    const wd::sim::FrameResult done = engine->frame(tensor.encode(frame));
    for (std::size_t i = 0; i < frame.size() * its.classes; ++i)
      result.scores.push_back(wd::numerics::fp16_to_float(done.scores[i]));
    total += done.counters;
  }
  if (engine->timed())
    wd::arch::for_each_counter(total, [&](const char* name, std::uint64_t n) { result.counters[name] = n; });
  return result;
}

}  // namespace whitedwarf
