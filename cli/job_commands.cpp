// SPDX-License-Identifier: Apache-2.0
// The table of subcommands.
#include <cstdio>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "cli/job_command.hpp"
#include "cli/report/page.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/table.hpp"
#include "flow/chip_network.hpp"
#include "flow/train.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

std::string percent(const json& fraction) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f %%", 100 * fraction.get<double>());
  return buffer;
}

std::string number(const json& value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value.get<double>());
  return buffer;
}

std::string to_text(const json& whole) { return std::to_string(whole.get<std::uint64_t>()); }

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

json train_for_demo(const Job& job) {
  flow::TrainOptions options;
  options.common = {job.out, job.threads};
  options.data.data = job.data;
  options.arch.arch = job.arch;
  options.config = job.config;
  options.quick = job.quick;
  options.fresh = job.fresh;
  options.seed = job.seed;
  flow::require_chip_network(flow::resolve_config(options), resolve_arch(job));
  flow::Context context(interrupted, say);
  return flow::train_network(options, context).to_json();
}

/// All stages in order; each says one line when it is done.
json demo(Job& job) {
  WD_REQUIRE(job.seeds.empty(),
             "--seeds: demo makes one network; give --seed, or train several with train --seeds");
  check_arch(job);
  const json trained = train_for_demo(job);
  say(text("train     ", percent(trained["accuracy_fp32"]), " FP32, ", percent(trained["accuracy_fp8"]),
           " FP8, ", duration_text(trained["seconds"])));
  const json compressed = stage_compress(job);
  say(text("compress  ", compressed["compressed_bytes"], " bytes, ", number(compressed["bits_per_weight"], 3),
           " bits per weight, ", number(compressed["offchip_ratio"], 1), "x smaller than dense FP32"));
  const json compiled = stage_compile(job);
  say(text("compile   ", compiled["instructions"], " instructions, ", compiled["weight_rows"],
           " weight rows"));
  const json ran = stage_run(job);
  say(text("run       ", percent(ran["accuracy_hw"]), " bit-exact on ", ran["images"], " images"));
  const json compared = stage_cosim(job);
  say(text("cosim     ", compared["tiles"], " tiles equal"));
  stage_ablate(job);
  return stage_report(job);
}

std::string show_summary(const Job& job, const json& summary) {
  return report::make_table(report::load_results(job.out), summary) +
         "\nreport: " + job.file("report.html").string() + "\n";
}

std::string show_compress(const Job& job, const json& r) {
  const auto other = [&](const char* key) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%12s  %6.1fx  ", to_text(r[key]).c_str(),
                  r["dense_fp32_bytes"].get<double>() / r[key].get<double>());
    return std::string(buffer);
  };
  std::string out = text(
      "compressed      ", r["compressed_bytes"], " bytes (", job.file("model.wdz").string(),
      ")\ndense FP32      ", r["dense_fp32_bytes"], " bytes, ", number(r["offchip_ratio"], 1),
      "x\nbits per weight ", number(r["bits_per_weight"], 4), " (entropy ",
      number(r["entropy_bits_per_weight"], 4), ", papers' formula ", number(r["paper_bits_per_weight"], 4),
      ")\nof these        weights ", r["weight_bytes"], ", norms ", r["norm_bytes"], " (",
      r["norms"].get<std::string>(), "), description ", r["description_bytes"], ", container ",
      r["container_bytes"], " bytes\n\nfile bytes      ", other("compressed_bytes"), "as written\n");
  for (const auto& [key, what] : std::initializer_list<std::pair<const char*, const char*>>{
           {"bytes_with_own_tables", "every set with a Huffman table of its own"},
           {"bytes_with_golomb", "every set in Golomb code"},
           {"bytes_with_tans", "every set in tANS (software only)"},
           {"bytes_without_huffman", "fixed fields instead of codes"},
           {"bytes_without_freezing", "frozen weights coded too"},
           {"bytes_with_stored_signs", "random signs stored"},
           {"bytes_without_folding", "folds unrolled"}})
    out += "                " + other(key) + what + "\n";
  if (r.contains("accuracy_fp16_norms") && r["accuracy_fp16_norms"].is_null())
    out += "\nFP8 norms       no accuracy: the masks are random, there is no data set\n";
  else if (r.contains("accuracy_fp16_norms"))
    out += text("\nFP8 norms       ", percent(r["accuracy_fp8_norms"]), " instead of ",
                percent(r["accuracy_fp16_norms"]), " on ", r["images"], " images\n");
  return out;
}

std::string show_compile(const Job& job, const json& r) {
  return text("instructions    ", r["instructions"], "\nweight rows     ", r["weight_rows"],
              r["resident"] == true ? ", all on chip" : ", streamed", "\nmemory image    ", r["memory_bytes"],
              " bytes\nlisting         ", job.file("program.txt").string(), "\n");
}

std::string show_run(const Job&, const json& r) {
  std::string out = text("engine    images  accuracy   cycles/image  MAC/s per core  cycles/s per core\n");
  for (const auto& [name, e] : r["engines"].items()) {
    char line[160];
    std::snprintf(line, sizeof line, "%-8s %7zu  %8s  %13s  %14.3g  %17s\n", name.c_str(),
                  e["images"].get<std::size_t>(), percent(e["accuracy"]).c_str(),
                  e["cycles"].is_null() ? "-" : number(e["cycles"], 1).c_str(),
                  e["macs_per_second"].get<double>(),
                  e["cycles_per_second"].is_null() ? "-" : number(e["cycles_per_second"], 0).c_str());
    out += line;
  }
  return out + text("values equal: ", r["equal"]["values"], ", cycles equal: ", r["equal"]["cycles"],
                    ", counters equal: ", r["equal"]["counters"], "\n");
}

std::string show_cosim(const Job&, const json& r) {
  return text(r["images"], " images, ", r["tiles"], " tiles and ", r["convolutions"],
              " layer outputs compared: all equal\n");
}

std::string show_ablate(const Job&, const json& r) {
  std::string out = "variant                  cycles/image      energy nJ/image\n";
  for (const json& e : r["entries"]) {
    char line[120];
    std::snprintf(line, sizeof line, "%-22s %14.1f %20.1f\n", e["name"].get<std::string>().c_str(),
                  e["cycles"].get<double>(), e["energy_pj"].get<double>() / 1000);
    out += line;
  }
  return out;
}

std::string show_bench(const Job&, const json& r) {
  std::string out = "stage           figure  unit                  peak MiB  measured\n";
  for (const json& e : r) {
    char line[200];
    std::snprintf(line, sizeof line, "%-10s %11.4g  %-20s %9.1f  %s\n", e["stage"].get<std::string>().c_str(),
                  e["figure"].get<double>(), e["unit"].get<std::string>().c_str(),
                  e["peak_mib"].get<double>(), e["measured"].get<std::string>().c_str());
    out += line;
  }
  return out;
}

constexpr const char* demo_examples =
    "  whitedwarf demo                      the whole job on Fashion-MNIST, files in ./out\n"
    "  whitedwarf demo --quick --out /tmp/q less training, under two minutes\n"
    "  whitedwarf demo --seed 2 --json      another seed, summary.json on standard output\n\n"
    "summary.json: accuracy_fp32, accuracy_hw, weights, dense_fp32_bytes, compressed_bytes, "
    "bits_per_weight,\n"
    "offchip_ratio, engines {name: images, cycles, seconds, macs_per_second, cycles_per_second}, "
    "values_equal,\n"
    "cycles_equal, counters_equal, ablation {switch: cycles, energy_pj}, energy_pj_per_image,\n"
    "tflops_per_watt_executed, tflops_per_watt_dense, seed, version\n";

}  // namespace

const std::vector<JobCommand>& job_commands() {
  static const std::vector<JobCommand> list{
      {"demo", "train, compress, compile, run on all engines, compare, report", demo_examples,
       flag_data | flag_train | flag_compile | flag_engines | flag_ablate, demo, show_summary},
      {"compress", "model.wdm to the entropy-coded model.wdz",
       "  whitedwarf compress --out run1\n  whitedwarf compress --out run1 --norms fp8\n",
       flag_data | flag_compress, stage_compress, show_compress},
      {"compile", "model.wdz to program.wdp for an architecture",
       "  whitedwarf compile --out run1\n  whitedwarf compile --out run1 --arch arch.json   with "
       "{\"pes_per_group\": 16}\n",
       flag_compile, stage_compile, show_compile},
      {"run", "program.wdp on the test images, on each engine",
       "  whitedwarf run --out run1\n  whitedwarf run --out run1 --engines golden,fast --images 500\n"
       "  whitedwarf run --out run1 --engines fast --off skip_zero_bits\n",
       flag_data | flag_engines | flag_switches, stage_run, show_run},
      {"cosim", "engines in lockstep, tile by tile; locates the first difference",
       "  whitedwarf cosim --out run1\n  whitedwarf cosim --out run1 --engines fast,rtl --cosim-images 1\n",
       flag_data | flag_engines | flag_switches, stage_cosim, show_cosim},
      {"ablate", "cycles and energy with each switch off",
       "  whitedwarf ablate --out run1 --ablation-images 50\n", flag_data | flag_ablate, stage_ablate,
       show_ablate},
      {"report", "summary.json and report.html from the stages' files", "  whitedwarf report --out run1\n", 0,
       stage_report, show_summary},
      {"bench", "speed of every stage", "  whitedwarf bench --json\n", flag_bench, bench, show_bench},
  };
  return list;
}

/// Refuses to mix stages of different programs, or a run with switches off, in one report.
void require_one_job(const report::Results& results) {
  const std::pair<const char*, const json*> stages[] = {
      {"run.json", &results.run}, {"cosim.json", &results.cosim}, {"ablation.json", &results.ablation}};
  for (const auto& [name, stage] : stages) {
    const std::string file = (results.folder / name).string();
    WD_REQUIRE(stage->contains("program_crc") &&
                   stage->at("program_crc") == results.compile.value("program_crc", json()),
               file, ": was made with another program than compile.json; run that stage again");
    WD_REQUIRE(!stage->contains("switches") || stage->at("switches") == arch::Switches{}.bits(), file,
               ": was made with switches off; run that stage again without --off");
  }
}

json stage_report(Job& job) {
  const report::Results results = report::load_results(job.out);
  require_one_job(results);
  const json summary = report::make_summary(results, WD_VERSION);
  write_file(job.file("report.html"), report::make_page(results, summary));
  job.write_json("summary.json", summary);
  return summary;
}

}  // namespace wd::cli
