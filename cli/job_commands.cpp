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

/// All stages in order; each says one line when it is done.
json demo(Job& job) {
  WD_REQUIRE(job.seeds.empty(),
             "--seeds: demo makes one network; give --seed, or train several with train --seeds");
  check_arch(job);
  const json trained = stage_train(job);
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

std::string show_seeds(const json& r) {
  std::string out = "seed   FP32      FP8       chip      time\n";
  for (const json& run : r["runs"])
    out += text(run["seed"], "      ", percent(run["accuracy_fp32"]), "   ", percent(run["accuracy_fp8"]),
                "   ", run["accuracy_hw"].is_null() ? "-      " : percent(run["accuracy_hw"]), "   ",
                duration_text(run["seconds"]), "\n");
  for (const char* row : {"mean", "deviation"}) {
    out += std::string(row) + "  ";
    for (const char* key : {"accuracy_fp32", "accuracy_fp8", "accuracy_hw"})
      out += r[key].is_null() ? "-  " : percent(r[key][row]) + "   ";
    out += "\n";
  }
  return out;
}

std::string show_train(const Job& job, const json& r) {
  if (r.contains("runs")) return show_seeds(r);
  std::string out = text(
      "accuracy FP32   ", percent(r["accuracy_fp32"]), "\naccuracy FP8    ", percent(r["accuracy_fp8"]),
      "\naccuracy chip   ",
      r["accuracy_hw"].is_null() ? "none: " + r["no_hardware"].get<std::string>() : percent(r["accuracy_hw"]),
      "\nweights         ", r["weights"], ", ", r["bytes"], " bytes coded\ncycles/image    ",
      r["cycles"].is_null() ? "none: " + r["no_cycles"].get<std::string>() : number(r["cycles"], 0),
      "\ntime            ", duration_text(r["seconds"]), "\n");
  return out + "model           " +
         (r["no_network"] == "" ? job.file("model.wdm").string()
                                : "none: " + r["no_network"].get<std::string>()) +
         "\n";
}

std::string show_import(const Job& job, const json& r) {
  return text(
      "weights         ", r["weights"], r["masked"] == true ? ", masked\n" : ", dense\n", "accuracy FP32   ",
      percent(r["accuracy_fp32"]), "\naccuracy chip   ",
      r["accuracy_hw"].is_null() ? "none: " + r["no_hardware"].get<std::string>() : percent(r["accuracy_hw"]),
      "\nmodel           ",
      r["no_network"] == "" ? job.file("model.wdm").string() : "none: " + r["no_network"].get<std::string>(),
      "\n");
}

std::string show_export(const Job&, const json& r) {
  return text("written         ", r["file"].get<std::string>(), ", ", r["bytes"], " bytes, ", r["weights"],
              " weights\n");
}

std::string show_study(const Job& job, const json& r) {
  std::string out =
      "variant                    FP32 mean  deviation       chip  bits/weight  cycles/image  off-chip  "
      "on-chip\n";
  char line[200];
  const auto optional = [](const json& spread, int digits) {
    return spread.is_null() ? std::string("-") : number(spread["mean"], digits);
  };
  for (const auto& item : r["results"].items()) {
    const json& v = item.value();
    const std::string chip = v["accuracy_hw"].is_null() ? "-" : percent(v["accuracy_hw"]["mean"]);
    std::snprintf(line, sizeof line, "%-25s %8.2f %%  %7.2f %%  %9s  %11.3f  %12s  %8s  %7s\n",
                  item.key().c_str(), 100 * v["accuracy_fp32"]["mean"].get<double>(),
                  100 * v["accuracy_fp32"]["deviation"].get<double>(), chip.c_str(),
                  v["bits_per_weight"]["mean"].get<double>(), optional(v["cycles"], 0).c_str(),
                  optional(v["offchip_ratio"], 1).c_str(), optional(v["onchip_ratio"], 0).c_str());
    out += line;
  }
  for (const json& c : r["claims"]) {
    std::snprintf(line, sizeof line, "%+6.2f +- %.2f points  %s: ", 100 * c["difference"].get<double>(),
                  100 * c["standard_error"].get<double>(), c["verdict"].get<std::string>().c_str());
    out += line + c["claim"].get<std::string>() + "\n";
  }
  return out + "all figures: " + job.file("study.json").string() + "\n";
}

std::string show_sizes(const Job&, const json& r) {
  return text("weights         ", r["weights"], "\nby the papers   ", number(r["paper_mb"], 3),
              " MB = ", number(r["paper_mib"], 3), " MiB, ", number(r["bits_per_weight"], 4),
              " bits per weight, ", number(r["ratio"], 2), "x below dense ", r["baseline"].get<std::string>(),
              "\nreal bytes      ", r["real_bytes"], ", ", number(r["real_bits_per_weight"], 4),
              " bits per weight, ", number(r["real_ratio"], 2),
              "x (random masks of these densities, norms in FP16)\n",
              r.contains("model") ? text("model           ", r["model"].get<std::string>(), "\n") : "");
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

std::string show_bench_train(const json& r) {
  std::string out =
      "network       precision  threads   ms/step  forward  backward   update     fill   images/s  peak "
      "MiB\n";
  for (const json& e : r) {
    char line[200];
    const auto ms = [&](const char* key) { return e[key].get<double>(); };
    std::snprintf(line, sizeof line, "%-13s %-9s %8u %9.2f %8.2f %9.2f %8.2f %8.2f %10.1f %9.1f\n",
                  e["network"].get<std::string>().c_str(), e["precision"].get<std::string>().c_str(),
                  e["threads"].get<unsigned>(), ms("step_ms"), ms("forward_ms"),
                  ms("loss_ms") + ms("backward_ms"), ms("update_ms"), ms("fill_ms"), ms("images_per_second"),
                  ms("peak_mib"));
    out += line;
  }
  return out;
}

std::string show_bench_codec(const json& r) {
  std::string out =
      "mask                   code                encode M/s  decode M/s  bits/weight  over entropy\n";
  for (const json& e : r) {
    char line[200];
    std::snprintf(line, sizeof line, "%-22s %-18s %11.0f %11.0f %12.4f %12.4f\n",
                  e["mask"].get<std::string>().c_str(), e["code"].get<std::string>().c_str(),
                  e["encode_million_per_second"].get<double>(), e["decode_million_per_second"].get<double>(),
                  e["bits_per_weight"].get<double>(), e["over_entropy"].get<double>());
    out += line;
  }
  return out;
}

std::string show_bench(const Job& job, const json& r) {
  if (job.train_bench.on) return show_bench_train(r);
  if (job.codec_bench) return show_bench_codec(r);
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
      {"train", "train a network; continues from its checkpoint after an interruption",
       "  whitedwarf train --out run1\n  whitedwarf train --config algo/configs/hfn_fmnist.json --seed 3 "
       "--out run3\n  whitedwarf train --config algo/configs/mlp_fmnist.json --seeds 1,2,3 --out mlp\n"
       "  whitedwarf train --arch arch.json --out run4   predicts cycles for {\"pes_per_group\": 16}\n",
       flag_data | flag_train | flag_arch, stage_train, show_train},
      {"study",
       "several trainings that differ from a baseline, several seeds each, and the claims about them",
       "  whitedwarf study --config algo/studies/mask_orderings.json --out orderings\n",
       flag_data | flag_config | flag_arch, stage_study, show_study},
      {"import", "a network trained elsewhere (safetensors, ONNX) to model.wdm; measures it",
       "  whitedwarf import --config hfn50.json --file hfn50.safetensors --repository hidden_fold_networks "
       "--out r50\n"
       "  whitedwarf import --config net.json --file net.onnx --out net\n",
       flag_data | flag_config | flag_state, stage_import, show_import},
      {"export", "a training's checkpoint to safetensors (weights, masks, scores, norms) or ONNX (inference)",
       "  whitedwarf export --out run1 --file run1.safetensors --repository hidden_networks\n"
       "  whitedwarf export --out run1 --file run1.onnx\n",
       flag_state, stage_export, show_export},
      {"reca", "a cellular-automaton reservoir with a random forest, against the same forest without it",
       "  whitedwarf reca --config algo/reservoir/configs/reca_fmnist.json --out reca\n  whitedwarf reca "
       "--quick\n",
       flag_data | flag_train, stage_reca, show_reca},
      {"sizes", "a published network's size by the papers' formulas and in real coded bytes",
       "  whitedwarf sizes --net resnet50 --dataset cifar100 --fold 3,4\n"
       "  whitedwarf sizes --net resnet200 --dataset imagenet --fold 3,4 --baseline resnet34\n"
       "  whitedwarf sizes --net resnet152 --dataset imagenet --fold 3,4 --coats 0.7,0.9212,0.9685 --signs "
       "learned\n"
       "  whitedwarf sizes --net resnet152 --fold 3,4 --coats 0.95 --model --out r152   then compress --out "
       "r152\n",
       flag_sizes, stage_sizes, show_sizes},
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
      {"bench", "speed of every stage",
       "  whitedwarf bench --json\n"
       "  whitedwarf bench train                            training steps of several networks\n"
       "  whitedwarf bench train --networks mlp --precision bf16 --steps 100\n"
       "  whitedwarf bench codec                            weight codes: speed and size, zstd beside "
       "them\n",
       flag_bench, bench, show_bench},
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
