// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "base/sha256.hpp"
#include "flow/chip.hpp"
#include "flow/engines.hpp"
#include "flow/frames.hpp"
#include "hw/arch/isa.hpp"
#include "python/arguments.hpp"
#include "python/arrays.hpp"
#include "python/files.hpp"
#include "python/long_work.hpp"

namespace wd::python {
namespace {

namespace py = pybind11;

struct ProgramFile {
  std::filesystem::path path;
  std::string sha256;
  std::uint32_t crc;
  program::Program program;
};

ProgramFile read_program_file(const std::filesystem::path& path) {
  const py::gil_scoped_release unlocked;
  Bytes bytes = read_file(path);
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
  std::string sum = sha256(bytes);
  return {path, std::move(sum), crc,
          program::decode_program(Container::parse(std::move(bytes), program::program_kind, path.string()))};
}

/// What an engine made of images.
struct Outcome {
  std::string engine;
  bool timed = false;
  std::size_t images = 0;
  int batch = 1;
  std::uint32_t classes = 0;
  std::vector<std::uint16_t> scores;  // FP16, image by image
  std::vector<arch::Counters> frames;
  arch::Counters load;
};

/// The chip of the call before, if it is the same: its engines are loaded.
flow::Chip& chip_for(flow::Context& context, const ProgramFile& file, const arch::Switches& switches) {
  if (context.chip && context.chip->sha256() == file.sha256 && context.chip->switches() == switches)
    return *context.chip;
  context.chip = std::make_shared<flow::Chip>(file.program, file.sha256, file.crc, switches);
  return *context.chip;
}

Outcome run(const ProgramFile& file, const std::string& engine_name, const algo::ImageSet& images,
            const arch::Switches& switches, flow::Context& context) {
  flow::require_engines({engine_name}, file.program.arch, file.path.string());
  arch::check(switches, file.program.arch, file.path.string());
  flow::Chip& chip = chip_for(context, file, switches);
  sim::Engine& engine = chip.engine(engine_name);
  const flow::Frames frames(chip.program(), images, images.count());
  Outcome outcome{engine_name,
                  engine.timed(),
                  frames.images(),
                  file.program.batch,
                  file.program.classes,
                  {},
                  {},
                  chip.load_counters(engine_name)};
  Progress progress("run " + engine_name, static_cast<double>(frames.count()));
  for (std::size_t i = 0; i < frames.count(); ++i) {
    context.check_stop();
    const sim::FrameResult frame = engine.frame(frames.input(i));
    outcome.scores.insert(outcome.scores.end(), frame.scores.begin(), frame.scores.end());
    outcome.frames.push_back(frame.counters);
    progress.update(static_cast<double>(i + 1));
  }
  outcome.scores.resize(outcome.images * outcome.classes);  // without the places that no image fills
  return outcome;
}

Outcome run_on(const ProgramFile& file, const py::object& images, const std::string& engine,
               const py::object& progress, const py::kwargs& given) {
  flow::OptionTable table;
  flow::SwitchOptions options;
  options.declare(table);
  set_options(table, given, "Program.run");
  const algo::ImageSet set = image_set_of(images, py::none(), file.program.input_transform);
  Outcome outcome;
  do_long_work(progress,
               [&](flow::Context& context) { outcome = run(file, engine, set, options.switches, context); });
  return outcome;
}

py::array scores_of(const Outcome& outcome) {
  return fp16_array(outcome.scores, {static_cast<py::ssize_t>(outcome.images), outcome.classes});
}

py::array classes_of(const Outcome& outcome) {
  std::vector<std::int64_t> best;
  for (std::size_t i = 0; i < outcome.images; ++i)
    best.push_back(static_cast<std::int64_t>(
        flow::best_class(std::span(outcome.scores).subspan(i * outcome.classes, outcome.classes))));
  return array_of(std::span<const std::int64_t>(best), {static_cast<py::ssize_t>(best.size())});
}

/// By name, of each frame; empty for an engine without timing.
py::dict counters_of(const Outcome& outcome) {
  py::dict all;
  if (!outcome.timed) return all;
  const auto frames = static_cast<py::ssize_t>(outcome.frames.size());
#define ARCH_COUNTER(name, sv, unit, meaning)                                        \
  {                                                                                  \
    std::vector<std::uint64_t> values;                                               \
    for (const arch::Counters& frame : outcome.frames) values.push_back(frame.name); \
    all[#name] = array_of(std::span<const std::uint64_t>(values), {frames});         \
  }
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return all;
}

py::array instructions_of(const ProgramFile& file) {
  std::vector<std::uint64_t> words;
  for (const arch::Instr& instr : file.program.instrs)
    for (const std::uint64_t word : arch::encode(instr)) words.push_back(word);
  return array_of(std::span<const std::uint64_t>(words),
                  {static_cast<py::ssize_t>(file.program.instrs.size()),
                   static_cast<py::ssize_t>(arch::InstrWord().size())});
}

std::string listing_of(const ProgramFile& file) {
  std::string lines;
  for (const arch::Instr& instr : file.program.instrs) lines += arch::disassemble(instr) + "\n";
  return lines;
}

Shape image_shape(const ProgramFile& file) {
  const model::InputTransform& transform = file.program.input_transform;
  return {transform.image_height, transform.image_width, transform.image_channels()};
}

void bind_outcome(py::module_& module) {
  py::class_<Outcome>(module, "Outcome", "What an engine made of images.")
      .def_readonly("engine", &Outcome::engine)
      .def_readonly("batch", &Outcome::batch, "Images of a frame.")
      .def_property_readonly("scores", scores_of, "float16, images x classes.")
      .def_property_readonly("classes", classes_of,
                             "int64: the class of the largest score, the first of equals.")
      .def_property_readonly(
          "counters", counters_of,
          "uint64 arrays by name, one value a frame: `cycles` and what the chip counts. Empty for an "
          "engine without timing.")
      .def_property_readonly(
          "load_counters", [](const Outcome& o) { return loads(arch::to_json(o.load)); },
          "Of loading the weights that stay on the chip.")
      .def("__repr__", [](const Outcome& o) {
        return text("<whitedwarf.Outcome of ", o.engine, ": ", o.images, " images>");
      });
}

}  // namespace

void bind_program(py::module_& module) {
  bind_outcome(module);
  py::class_<ProgramFile>(module, "Program", "A compiled program: program.wdp.")
      .def(py::init(&read_program_file), py::arg("path"))
      .def_readonly("path", &ProgramFile::path, "The file it was read from.")
      .def_readonly("sha256", &ProgramFile::sha256)
      .def_property_readonly("name", [](const ProgramFile& f) { return f.program.network; })
      .def_property_readonly("dataset", [](const ProgramFile& f) { return f.program.dataset; })
      .def_property_readonly("classes", [](const ProgramFile& f) { return f.program.classes; })
      .def_property_readonly(
          "batch", [](const ProgramFile& f) { return f.program.batch; }, "Images of a frame.")
      .def_property_readonly(
          "arch", [](const ProgramFile& f) { return loads(arch::to_json(f.program.arch)); },
          "All architecture parameters.")
      .def_property_readonly(
          "image_shape", [](const ProgramFile& f) { return py::tuple(py::cast(image_shape(f))); },
          "H, W, C of the images that run() takes.")
      .def_property_readonly("instructions", instructions_of,
                             "uint64, instructions x 6 words, word 0 the least significant.")
      .def_property_readonly("listing", listing_of, "The instructions as assembly, a line each.")
      .def_property_readonly(
          "memory",
          [](const ProgramFile& f) {
            return array_of(std::span<const std::uint8_t>(f.program.memory),
                            {static_cast<py::ssize_t>(f.program.memory.size()) / program::beat_bytes,
                             program::beat_bytes});
          },
          "uint8, beats x 16: the memory image.")
      .def("run", run_on, py::arg("images"), py::arg("engine") = "fast", py::kw_only(),
           py::arg("progress") = py::none(),
           "Runs the program on images, uint8 (N, H, W, C), on the engine golden, fast, systemc or "
           "rtl.\n\nOther keywords are "
           "those switches of the chip that `run` has: off=[...], window=.")
      .def("__repr__", [](const ProgramFile& f) {
        return text("<whitedwarf.Program '", f.program.network, "': ", f.program.instrs.size(),
                    " instructions>");
      });
}

}  // namespace wd::python
