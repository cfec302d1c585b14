// SPDX-License-Identifier: Apache-2.0
#include "cli/job_command.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "base/error.hpp"

namespace wd::cli {
namespace {

namespace po = boost::program_options;

std::string join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

/// Values as boost stores them, before they are checked.
struct Raw {
  std::string out = "out", data, config, arch, engines, off, seeds, bench, norms, code;
  long long threads = 0, seed = 0, images = -1, systemc_images = -1, rtl_images = -1, cosim_images = -1,
            ablation_images = -1, window = 0;
};

void describe_bench(po::options_description& options, Raw& raw) {
  auto add = options.add_options();
  add("what", po::value(&raw.bench),
      "may be given without its name: train, the training step of several networks; codec, the weight codes "
      "and zstd (default: every stage)");
}

po::options_description describe(const JobCommand& command, Raw& raw) {
  po::options_description options("Options");
  auto add = options.add_options();
  add("out", po::value(&raw.out), "folder for all files (default: out)");
  add("threads", po::value(&raw.threads),
      "threads; 0, the default, takes all of the machine; results do not change");
  add("json", "print JSON on standard output");
  add("help", "print this help");
  if (command.flags & flag_data) add("data", po::value(&raw.data), "folder with the data set's files");
  if (command.flags & flag_train) {
    add("config", po::value(&raw.config), "training configuration (JSON)");
    add("seed", po::value(&raw.seed), "seed of all random numbers (default: the configuration's)");
    add("seeds", po::value(&raw.seeds),
        "train and reca: comma-separated seeds; train fills OUT/seed_N, reca OUT/reca-seed-N.json");
    add("quick", "less training: everything in under two minutes");
    add("fresh", "start again instead of continuing from checkpoint.wdc");
  }
  if (command.flags & flag_compress) {
    add("norms", po::value(&raw.norms),
        "fp16 (default), or fp8: half the bytes, measures what it costs in accuracy");
    add("code", po::value(&raw.code),
        "auto (default: the smallest that the chip decodes), plain, golomb, huffman or tans");
  }
  if (command.flags & flag_compile)
    add("arch", po::value(&raw.arch), "architecture parameters that differ from the defaults (JSON)");
  if (command.flags & flag_compile) add("no-fold", "give every iteration of a fold its own weights");
  if (command.flags & flag_engines) {
    add("engines", po::value(&raw.engines), "comma-separated: golden,fast,systemc,rtl (default: all)");
    add("images", po::value(&raw.images), "test images for golden and fast (default: all)");
    add("systemc-images", po::value(&raw.systemc_images), "test images for SystemC (default: 100)");
    add("rtl-images", po::value(&raw.rtl_images), "test images for the RTL (default: 4)");
    add("cosim-images", po::value(&raw.cosim_images),
        "images compared tile by tile in lockstep (default: 2)");
  }
  if (command.flags & flag_switches) {
    add("off", po::value(&raw.off), "comma-separated switches to turn off, see docs/isa.md");
    add("window", po::value(&raw.window), "rows in flight (default: the architecture's)");
  }
  if (command.flags & flag_ablate)
    add("ablation-images", po::value(&raw.ablation_images), "test images per ablation (default: 200)");
  if (command.flags & flag_bench) describe_bench(options, raw);
  return options;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

/// A comma-separated choice of `known` names. @param what they are, in messages: "engine"
std::vector<std::string> choose(const std::string& flag, const std::string& what, const std::string& list,
                                const std::vector<std::string>& known) {
  const std::vector<std::string> names = split(list);
  WD_REQUIRE(!names.empty(), flag, ": names no ", what, "; ", what, "s are ", join(known));
  for (const std::string& name : names) {
    WD_REQUIRE(std::count(known.begin(), known.end(), name) == 1, flag, ": '", name, "' is unknown; ", what,
               "s are ", join(known));
    WD_REQUIRE(std::count(names.begin(), names.end(), name) == 1, flag, ": '", name, "' is named twice");
  }
  return names;
}

void set_seeds(Job& job, const std::string& list) {
  for (const std::string& part : split(list)) {
    const bool digits =
        !part.empty() && part.size() <= 18 && part.find_first_not_of("0123456789") == std::string::npos;
    WD_REQUIRE(digits && std::stoull(part) >= 1, "--seeds: '", part,
               "' is no seed; give numbers from 1, like 1,2,3");
    job.seeds.push_back(std::stoull(part));
    WD_REQUIRE(std::count(job.seeds.begin(), job.seeds.end(), job.seeds.back()) == 1, "--seeds: ", part,
               " is named twice");
  }
}

void turn_off(arch::Switches& switches, const std::string& list) {
  for (const std::string& name : split(list)) {
    bool known = false;
    std::string all;
#define ARCH_SWITCH(switch_name, sv, value, meaning) \
  all += " " #switch_name;                           \
  if (name == #switch_name) {                        \
    switches.switch_name = false;                    \
    known = true;                                    \
  }
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
    WD_REQUIRE(known, "--off: '", name, "' is unknown; switches are", all);
  }
}

void set_count(std::size_t& target, long long value, const char* flag) {
  if (value == -1) return;
  WD_REQUIRE(value >= 1 && value <= 10000, flag, " is ", value, ", must be 1 to 10000");
  target = static_cast<std::size_t>(value);
}

void apply_compress(const Raw& raw, const po::variables_map& seen, CompressFlags& compress) {
  if (seen.count("norms")) compress.norms = choose("--norms", "format", raw.norms, {"fp16", "fp8"}).at(0);
  if (seen.count("code"))
    compress.code = choose("--code", "code", raw.code, {"auto", "plain", "golomb", "huffman", "tans"}).at(0);
}

void apply(const Raw& raw, const po::variables_map& seen, Job& job) {
  job.out = raw.out;
  WD_REQUIRE(raw.threads >= 0 && raw.threads <= 256, "--threads is ", raw.threads, ", must be 0 to 256");
  job.threads = static_cast<unsigned>(raw.threads);
  if (seen.count("data")) job.data = raw.data;
  if (seen.count("config")) job.config = raw.config;
  apply_compress(raw, seen, job.compress);
  WD_REQUIRE(!seen.count("seed") || raw.seed >= 1, "--seed is ", raw.seed, ", must be at least 1");
  job.seed = static_cast<std::uint64_t>(raw.seed);
  set_seeds(job, raw.seeds);
  WD_REQUIRE(!(seen.count("seed") && seen.count("seeds")), "--seed and --seeds exclude each other; give one");
  job.quick = seen.count("quick") != 0;
  job.fresh = seen.count("fresh") != 0;
  WD_REQUIRE(!(job.quick && seen.count("config")), "--quick and --config exclude each other; give one");
  if (seen.count("arch")) job.arch = raw.arch;
  job.fold = seen.count("no-fold") == 0;
  if (seen.count("engines")) job.engines = choose("--engines", "engine", raw.engines, engine_names());
  set_count(job.images, raw.images, "--images");
  set_count(job.systemc_images, raw.systemc_images, "--systemc-images");
  set_count(job.rtl_images, raw.rtl_images, "--rtl-images");
  set_count(job.cosim_images, raw.cosim_images, "--cosim-images");
  set_count(job.ablation_images, raw.ablation_images, "--ablation-images");
  turn_off(job.switches, raw.off);
  const int most = arch::Arch{}.window;
  WD_REQUIRE(raw.window >= 0 && raw.window <= most, "--window is ", raw.window, ", must be 1 to ", most);
  job.switches.window = static_cast<int>(raw.window);
  WD_REQUIRE(!seen.count("what"), "bench: '", raw.bench, "' is unknown; it can be train or codec");
}

}  // namespace

bool parse_flags(const JobCommand& command, const std::vector<std::string>& arguments, Job& job, bool& json) {
  Raw raw;
  const po::options_description options = describe(command, raw);
  po::variables_map seen;
  try {
    // Options, and one word where a command has a `what`: others are refused, no abbreviation is guessed.
    po::positional_options_description words;
    if (command.flags & flag_bench) words.add("what", 1);
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(options).positional(words).style(style).run(), seen);
    po::notify(seen);
  } catch (const po::error& error) {
    fail(error.what(), "; `whitedwarf ", command.name, " --help` lists the options");
  }
  if (seen.count("help")) {
    std::ostringstream out;
    out << "whitedwarf " << command.name << " - " << command.summary << "\n\n"
        << options << "\nExamples\n"
        << command.examples;
    WD_REQUIRE(std::fputs(out.str().c_str(), stdout) >= 0 && std::fflush(stdout) == 0,
               "standard output cannot be written");
    return false;
  }
  json = seen.count("json") != 0;
  apply(raw, seen, job);
  return true;
}

}  // namespace wd::cli
