#include <atomic>
#include <cstdio>
#include <iostream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "flow/blocks.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/inputs.hpp"
int main(int argc, char** argv) {
  using namespace wd;
  using namespace wd::flow;
  std::atomic<bool> stop{false};
  Context context(stop, [](const std::string& l) { std::cerr << l << "\n"; });
  try {
    const std::string lib = argv[1];
    BlockRequest request;
    request.source = "/tmp/blocks";
    request.keep = argv[3];
    request.wires = {1, 1};
    request.library_sha256 = sha256(read_file(lib));
    const silicon::Library library = silicon::read_library(lib);
    Chip& chip = load_chip(context, argv[2], {});
    InputOptions in;
    if (std::getenv("RANDOM_DATA")) in.data.data = "random";
    const Inputs inputs = open_inputs(in, chip.program().dataset, chip.program().input_transform, 1, context);
    const Frames frames(chip.program(), *inputs, static_cast<std::size_t>(chip.program().batch));
    const auto input = frames.input(0);
    const std::string stim = chip.sha256() + sha256(input);
    request.stimulus_sha256 = sha256({reinterpret_cast<const std::uint8_t*>(stim.data()), stim.size()});
    std::filesystem::create_directories(request.keep);
    Names names;
    for (int i = 5; i < argc; ++i) names.push_back(argv[i]);
    for (const BlockResult& r :
         measure_blocks(library, names, {chip.program(), input}, std::atoi(argv[4]), 1, request, context)) {
      std::printf(
          "%-14s cells %.0f area %.0f um2 leak %.1f nW worst %.2f ns glitch %.2f residual %.3f held %+.3f "
          "compared %llu cycles %llu unmatched %llu\n",
          r.power.block.c_str(), r.power.cells.value_or(0), r.power.area_um2, r.power.leakage_nw,
          r.power.worst_path_ns.value_or(0), r.power.glitch_share.value_or(0), r.power.residual.value_or(0),
          r.power.held_out_error.value_or(0), (unsigned long long)r.compared, (unsigned long long)r.cycles,
          (unsigned long long)r.unmatched);
      for (const auto& e : r.power.events)
        std::printf("   %-16s %10.1f fJ x %.0f\n", e.event.c_str(), e.fj, *e.count);
      std::printf("   sum %.1f fJ\n", r.energy_fj);
    }
  } catch (const wd::Error& e) {
    std::cerr << "ERROR " << e.what() << "\n";
    return 1;
  }
}
