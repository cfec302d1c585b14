// SPDX-License-Identifier: Apache-2.0
// A program of one's own that trains a network, or loads one, compiles it and executes it on models of the chip.
//
// What      library_example train CONFIG DATA NETWORK: trains on the data set in the folder DATA, writes the network
//           library_example run NETWORK PIXELS PROGRAM: compiles the network, writes the program, runs the images of PIXELS (bytes of
//           height x width x channels, one image after the other) on each engine; prints a line of scores for each image, then the cycles
// Test      flow/library/example_test.sh
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>
#include <whitedwarf/compiled.hpp>
#include <whitedwarf/network.hpp>
#include <whitedwarf/version.hpp>

#if WHITEDWARF_VERSION_MAJOR != 0
#error "written for version 0"
#endif

namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

void train(const std::string& config, const std::string& data, const std::string& path) {
  whitedwarf::TrainOptions options;
  options.data = data;
  std::size_t steps = 0;
  options.progress = [&](const whitedwarf::TrainProgress& now) { steps = now.steps; };
  const whitedwarf::Training training = whitedwarf::train(contents_of(config), options);
  if (!training.network) throw std::runtime_error("no network for the chip: " + training.no_network);
  training.network->write(path);
  std::printf("%zu steps, %.4f\n", steps, training.accuracy_hardware.value_or(training.accuracy_fp32));
}

void run(const std::string& path, const std::string& pixels_path, const std::string& program_path) {
  const whitedwarf::Network network = whitedwarf::Network::read(path);
  const whitedwarf::Program program =
      whitedwarf::compile(network, {.architecture = R"({"pes_per_group": 16})"});
  program.write(program_path);
  const std::string bytes = contents_of(pixels_path);
  const std::vector<std::uint8_t> pixels(bytes.begin(), bytes.end());
  whitedwarf::RunResult last;
  for (const char* engine : {"golden", "fast", "systemc"}) {
    const whitedwarf::RunResult result = whitedwarf::run(program, pixels, {.engine = engine});
    if (!last.scores.empty() && result.scores != last.scores)
      throw std::runtime_error(std::string(engine) + ": other scores than before");
    if (!last.counters.empty() && result.counters != last.counters)
      throw std::runtime_error(std::string(engine) + ": other counters than before");
    last = result;
  }
  const std::size_t classes = static_cast<std::size_t>(program.classes());
  for (std::size_t i = 0; i < last.scores.size(); ++i)
    std::printf("%.9g%c", static_cast<double>(last.scores[i]), (i + 1) % classes == 0 ? '\n' : ',');
  std::printf("%llu cycles\n", static_cast<unsigned long long>(last.counters.at("cycles")));
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::string what = count == 5 ? arguments[1] : "";
    if (what != "train" && what != "run")
      throw std::runtime_error(
          "usage: library_example train CONFIG DATA NETWORK | run NETWORK PIXELS PROGRAM");
    (what == "train" ? train : run)(arguments[2], arguments[3], arguments[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "library_example: %s\n", error.what());
    return 1;
  }
  return 0;
}
