// SPDX-License-Identifier: Apache-2.0
// Makes a report of made-up results: figures, page, table, and what is refused.
//
// With WD_REPORT_PAGE=FILE in the environment the page and, beside it, the table are left to look at.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <regex>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/report/comparison.hpp"
#include "cli/report/format.hpp"
#include "cli/report/page.hpp"
#include "cli/report/papers.hpp"
#include "cli/report/pgfplots.hpp"
#include "cli/report/roofline.hpp"
#include "cli/report/sample_results.hpp"
#include "cli/report/scatter.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/svg.hpp"
#include "cli/report/table.hpp"

using Catch::Contains;
using nlohmann::json;
using namespace wd::report;

namespace {

/// Empty if each element is closed in order; else what is wrong.
std::string imbalance(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "a tag does not end";
    const std::string tag = page.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos) return "a tag inside of <" + tag;
    if (tag[0] == '!' || tag.back() == '/') continue;
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" \n", 1) - (tag[0] == '/'));
    if (tag[0] != '/') {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing";
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

/// Whether `word` stands alone, as in ">nan<" and not in "finance".
bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !std::isalpha(static_cast<unsigned char>(text[at - 1]));
    const std::size_t after = at + word.size();
    if (starts && (after == text.size() || !std::isalpha(static_cast<unsigned char>(text[after]))))
      return true;
  }
  return false;
}

std::string page_of(const Results& results, const json& summary) {
  Exhibits exhibits;
  return make_page(results, summary, exhibits);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// As a browser_test.sh shows it: runs that differ, one without all stages, names that need escaping.
std::vector<NamedRun> sample_runs() {
  Results slower = sample(), trained = sample();
  for (json& layer : slower.run["layers"]) layer["cycles"] = 1.5 * layer.at("cycles").get<double>();
  slower.run["counters"]["cycles"] = 90000.5;
  slower.run["switches"] = 62;
  trained.run = trained.compile = trained.compress = nullptr;
  return {{"first", sample()}, {"slower & <b>hotter</b>", slower}, {"only_trained", trained}};
}

}  // namespace

TEST_CASE("summary: has every key of the interface, with its value", "[report]") {
  const json s = make_summary(sample(), "1.2.3");
  CHECK(s.at("version") == "1.2.3");
  CHECK(s.at("seed") == 7);
  CHECK(s.at("accuracy_fp32") == 0.881);
  CHECK(s.at("accuracy_hw") == 0.878);
  CHECK(s.at("weights") == 200000);
  CHECK(s.at("dense_fp32_bytes") == 4000000);
  CHECK(s.at("compressed_bytes") == 40000);
  CHECK(s.at("bits_per_weight") == 1.26);
  CHECK(s.at("offchip_ratio") == 100.0);
  CHECK(s.at("onchip_ratio") == 211.2);
  CHECK(s.at("energy_pj_per_image") == 1e7);
  CHECK(s.at("engines").size() == 4);
  CHECK(s.at("engines").at("golden").at("cycles").is_null());
  CHECK(s.at("engines").at("rtl") == json{{"images", 5.0},
                                          {"threads", 2},
                                          {"cycles", 60020},
                                          {"total_cycles", 0},
                                          {"seconds", 8.25},
                                          {"macs_per_second", 1.5e9},
                                          {"cycles_per_second", 3.2e4}});
  CHECK(s.at("ablation").size() == 13);
  CHECK(s.at("ablation").at("baseline") ==
        json{{"cycles", 60000.0}, {"energy_pj", 1e7}, {"offchip_pj", 1e7}});
}

TEST_CASE("summary: derived figures are those computed by hand", "[report][oracle]") {
  const json s = make_summary(sample(), "1");
  CHECK(s.at("tflops_per_watt_executed").get<double>() == Approx(0.5));  // 2 * 2.5e6 / 1e7
  CHECK(s.at("tflops_per_watt_dense").get<double>() == Approx(2.2));     // 2 * 1.1e7 / 1e7
  CHECK(s.at("activation_sparsity").get<double>() == Approx((3 * 0.1 + 8 * 0.5) / 11));
  CHECK(s.at("seconds_per_image").get<double>() == Approx(60000.5 / 500e6));
  CHECK(s.at("chip_watts").get<double>() == Approx(1e-5 / (60000.5 / 500e6)));
  CHECK(s.at("values_equal") == true);
  CHECK(s.at("cycles_equal") == true);
  CHECK(s.at("counters_equal") == false);  // run.json says equal, cosim.json does not
}

TEST_CASE("page: is well-formed, self-contained and complete", "[report]") {
  const Results results = sample();
  const json summary = make_summary(results, "1.2.3");
  const std::string page = page_of(results, summary);
  CHECK(imbalance(page) == "");
  for (const char* id : {"headline", "training", "size", "sparsity", "cycles", "ablation", "energy",
                         "engines", "architecture"})
    CHECK_THAT(page, Contains(std::string("<section id=\"") + id + "\">"));
  for (const std::string& name : layer_names) CHECK_THAT(page, Contains(escape(name)));
  for (const char* text :
       {"1.1 V, 500 MHz", "gate-level simulation &lt;typical&gt;", "papers&#39; formula", "entropy bound",
        "layer stem: bit_ops 4 &lt; 5", "all_off", "no_folding", "memory_latency", "0.500", "2.200", "0.400",
        "1.760", "the table lacks it", "FP8 activations", "1.2.3"})
    CHECK_THAT(page, Contains(text));
  for (const char* text : {"<b>", "<script ", "href=\"http", "src="}) CHECK_THAT(page, !Contains(text));
  CHECK(count_of(page, "<script>") == 1);
  for (const char* word : {"nan", "inf", "-nan", "null"}) CHECK_FALSE(has_word(page, word));
  if (const char* path = std::getenv("WD_REPORT_PAGE")) {
    wd::write_file(path, page);
    wd::write_file(std::string(path) + ".txt", make_table(results, summary));
  }
}

TEST_CASE("page: every architecture parameter is listed, those that an old file lacks as what that means",
          "[report]") {
  Results results = sample();
  const auto row = [&](const char* name, int value) {
    return "<td>" + std::string(name) + "</td><td class=\"number\" data-value=\"" + std::to_string(value) +
           "\">" + std::to_string(value) + "</td>";
  };
  const std::string old = page_of(results, make_summary(results, "1"));
  for (const auto& [name, value] :
       {std::pair{"organisation", 0}, std::pair{"groups_per_walker", 1}, std::pair{"entries", 2},
        std::pair{"planes_per_row", 1}, std::pair{"sum_segment", 0}, std::pair{"latch_operand", 0}})
    CHECK_THAT(old, Contains(row(name, value)));
  wd::arch::Arch arch;
  arch.groups_per_walker = 1;  // what a file without the key means
  results.compile["arch"] = wd::arch::to_json(arch);
  const std::string page = page_of(results, make_summary(results, "1"));
  for (const auto& item : results.compile.at("arch").items())
    CHECK_THAT(page, Contains(row(item.key().c_str(), item.value().get<int>())));
}

TEST_CASE("page: every plot has a caption of one sentence", "[report]") {
  const Results results = sample();
  const std::string page = page_of(results, make_summary(results, "1"));
  std::size_t figures = 0;
  for (std::size_t at = page.find("<figure>"); at != std::string::npos;
       at = page.find("<figure>", at + 1), ++figures) {
    const std::string figure = page.substr(at, page.find("</figure>", at) - at);
    CHECK_THAT(figure, Contains("<svg"));
    const std::size_t from = figure.find("<figcaption>") + 12;
    const std::string caption = figure.substr(from, figure.find("</figcaption>") - from);
    CHECK(caption.size() > 40);
    CHECK(caption.back() == '.');
    CHECK(caption.find(". ") == std::string::npos);
  }
  CHECK(figures == 16);
}

TEST_CASE("table: is aligned text of about forty lines", "[report]") {
  const Results results = sample();
  const std::string table = make_table(results, make_summary(results, "1.2.3"));
  std::istringstream lines(table);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) CHECK(line.size() <= 100);
  CHECK(count >= 30);
  CHECK(count <= 45);
  for (const char* text : {"WhiteDwarf 1.2.3, seed 7", "0.500 TFLOPS/W", "100x smaller", "systemc", "all_off",
                           "counters DIFFERENT", "10 uJ", "120 us at 500 MHz"})
    CHECK_THAT(table, Contains(text));
}

TEST_CASE("results: what is missing or malformed is refused by file, key and subcommand",
          "[report][bad-input]") {
  Results results = sample();
  results.run.at("energy").at("blocks")[1].erase("picojoule");
  CHECK_THROWS_WITH(
      make_summary(results, "1"),
      "run.json: key 'energy.blocks[1].picojoule' is missing; run `whitedwarf run`, which writes this file");
  results = sample();
  results.train.erase("seed");
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    Contains("train.json: key 'seed' is missing; run `whitedwarf train`"));
  results = sample();
  results.compress["bits_per_weight"] = "1.2";
  CHECK_THROWS_WITH(
      make_summary(results, "1"),
      Contains("compress.json: key 'bits_per_weight' is \"1.2\", must be a number of at least 0"));
  results = sample();
  results.run["accuracy_hw"] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    Contains("run.json: key 'accuracy_hw'") && Contains("from 0 to 1"));
  results = sample();
  results.run["layers"] = json::array();
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    Contains("run.json: key 'layers' must be an array with at least one element"));
  results = sample();
  results.run["energy"]["chip_picojoule"] = 2e7;
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    Contains("energy.blocks add up to 1e+07 pJ, energy.chip_picojoule is 2e+07"));
  results = sample();
  results.ablation["entries"].erase(0);
  CHECK_THROWS_WITH(
      make_summary(results, "1"),
      Contains("ablation.json: the first of entries must be 'baseline'; run `whitedwarf ablate`"));
}

TEST_CASE("results: are read from a folder, or refused by path", "[report][round trip]") {
  const auto folder = std::filesystem::temp_directory_path() / "wd_report_test";
  std::filesystem::remove_all(folder);
  wd::make_output_folder(folder);
  const Results results = sample();
  const auto put = [&](const char* name, const json& value) { wd::write_file(folder / name, value.dump()); };
  put("train.json", results.train), put("compress.json", results.compress),
      put("compile.json", results.compile);
  put("run.json", results.run), put("cosim.json", results.cosim);
  CHECK_THROWS_WITH(load_results(folder),
                    Contains("wd_report_test/ablation.json: no such file; run `whitedwarf ablate`"));
  put("ablation.json", results.ablation);
  CHECK(make_summary(load_results(folder), "1") == make_summary(results, "1"));
  wd::write_file(folder / "cosim.json", std::string_view("{\"images\": 3"));
  CHECK_THROWS_WITH(load_results(folder),
                    Contains("cosim.json: is not JSON") && Contains("run `whitedwarf cosim` again"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("results: stages of different files are not mixed, and the stage to run again is named",
          "[report][bad-input]") {
  const auto refused = [](const Results& results, const std::string& message) {
    CHECK_THROWS_WITH(make_summary(results, "1"), Contains(message));
  };
  Results results = sample();
  results.train["model_sha256"] = digest('f');
  refused(results,
          "compress.json: was made with another model than train.json; run `whitedwarf compress` again");
  results = sample();
  results.compress["compressed_sha256"] = digest('f');
  refused(
      results,
      "compile.json: was made with another compressed model than compress.json; run `whitedwarf compile`");
  for (json Results::*stage : {&Results::run, &Results::cosim, &Results::ablation}) {
    results = sample();
    (results.*stage)["program_sha256"] = digest('f');
    refused(results, "was made with another program than compile.json; run `whitedwarf ");
  }
  results = sample();
  results.ablation["compressed_sha256"] = digest('f');
  refused(results, "ablation.json: was made with another compressed model than compress.json");
}

TEST_CASE("results: figures with elements switched off are refused", "[report][bad-input]") {
  for (json Results::*stage : {&Results::run, &Results::cosim}) {
    Results results = sample();
    (results.*stage)["switches"] = 62;
    CHECK_THROWS_WITH(make_summary(results, "1"), Contains("was made with switches off; run `whitedwarf ") &&
                                                      Contains("again without --off"));
    results = sample();
    (results.*stage)["window"] = 1;
    CHECK_THROWS_WITH(make_summary(results, "1"), Contains("was made with --window 1; run `whitedwarf ") &&
                                                      Contains("again without --window"));
    (results.*stage)["window"] = 2;  // the architecture's
    CHECK_NOTHROW(make_summary(results, "1"));
  }
}

TEST_CASE("results: figures of other images than the data set's are refused", "[report][bad-input]") {
  for (json Results::*stage : {&Results::run, &Results::cosim, &Results::ablation}) {
    Results results = sample();
    (results.*stage)["inputs"] = "random images of seed 3";
    results.run["accuracy_hw"] = nullptr;
    CHECK_THROWS_WITH(make_summary(results, "1"),
                      Contains("was made with random images of seed 3; run `whitedwarf ") &&
                          Contains("again without --inputs and --data random"));
  }
}

TEST_CASE("results: a run without the engine that counts per layer is told its remedy",
          "[report][bad-input]") {
  Results results = sample();
  for (const char* key : {"counters", "onchip", "load", "layers", "energy"}) results.run.erase(key);
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    "run.json: has no figures per layer, which the engine fast counts; run "
                    "`whitedwarf run` with --engines that include fast");
}

TEST_CASE("results: values of the wrong type are refused", "[report][bad-input]") {
  const auto refused = [](json Results::*part, const char* pointer, const json& value,
                          const std::string& message) {
    Results results = sample();
    (results.*part)[json::json_pointer(pointer)] = value;
    CHECK_THROWS_WITH(make_summary(results, "1"), Contains(message));
  };
  refused(&Results::train, "/config", "demo", "train.json: key 'config' is \"demo\", must be a JSON object");
  refused(&Results::train, "/config", json::array({1}), "must be a JSON object");
  refused(&Results::train, "/seed", 1.5,
          "train.json: key 'seed' is 1.5, must be a whole number of at least 0");
  refused(&Results::train, "/seed", -1, "must be a whole number");
  refused(&Results::train, "/seed", json::array({1}), "must be a whole number");
  refused(&Results::train, "/model_sha256", nullptr,
          "train.json: key 'model_sha256' is null, must be a SHA-256");
  refused(&Results::compress, "/compressed_sha256", "b", "must be a SHA-256");
  refused(&Results::compile, "/arch/window", "8",
          "compile.json: key 'arch.window' is \"8\", must be a whole number");
  refused(&Results::compile, "/instructions", 1.5, "must be a whole number");
  refused(&Results::run, "/equal/cycles", "true",
          "run.json: key 'equal.cycles' is \"true\", must be true, false or null");
  refused(&Results::run, "/engines/verilog", sample_engine(1, 1, 1),
          "run.json: key 'engines': 'verilog' is no engine");
  refused(&Results::run, "/engines/rtl/images", 0.5, "must be a whole number");
  refused(&Results::cosim, "/engines", json::array({"fast", "verilog"}), "cosim.json: key 'engines'");
  refused(&Results::cosim, "/tiles", true, "must be a whole number");
  refused(&Results::ablation, "/entries/3/offchip_pj", -1, "must be a number of at least 0");
}

TEST_CASE("summary: what was not compared is neither equal nor different", "[report]") {
  Results results = sample();
  for (const char* key : {"values", "cycles", "counters"}) results.run["equal"][key] = nullptr;
  results.cosim["cycles_equal"] = nullptr;
  const json s = make_summary(results, "1");
  CHECK(s.at("values_equal") == true);  // of the co-simulation
  CHECK(s.at("cycles_equal").is_null());
  CHECK(s.at("counters_equal") == false);
  CHECK_THAT(make_table(results, s), Contains("values equal  cycles not compared  counters DIFFERENT"));
  CHECK_THAT(page_of(results, s), Contains("cycles not compared"));
}

TEST_CASE("ablation: other arrays are named with all their parameters, and what is extrapolated",
          "[report][message]") {
  Results results = sample();
  const json s = make_summary(results, "1");
  CHECK_THAT(make_table(results, s), !Contains("extrapolated") && !Contains("Other arrays"));
  json& entry = results.ablation["entries"][11];
  entry["name"] = "single_planes";
  entry["off"] = {"planes_per_row", "window"};
  entry["arch"] = {{"planes_per_row", 1}, {"window", 4}};
  entry["extrapolated"] = {"entries 4 (known: 2)"};
  CHECK_THAT(page_of(results, s), Contains("<td>planes_per_row 1, window 4</td>") &&
                                      Contains("the chip of the power table did not have its parameters: "
                                               "single_planes: entries 4 (known: 2)."));
  std::istringstream words(make_table(results, s));  // in lines of 96 characters
  std::string table;
  for (std::string word; words >> word;) table += word + " ";
  CHECK_THAT(table, Contains("single_planes: planes_per_row 1, window 4. ") &&
                        Contains("single_planes: entries 4 (known: 2). "));
  entry["extrapolated"] = {2};
  CHECK_THROWS_WITH(
      make_summary(results, "1"),
      Contains("key 'entries of single_planes.extrapolated' is a list, must be an array of texts"));
}

TEST_CASE("ablation: off-chip traffic counts in the total", "[report][oracle]") {
  const Results results = sample();
  const json s = make_summary(results, "1");
  // no_folding, the thirteenth: 1e7 * 1.15^12 = 5.350e7 on the chip, 9e7 outside; the baseline has 1e7 of each.
  CHECK_THAT(make_table(results, s),
             Contains("53.50") && Contains("90.00") && Contains("143.50") && Contains("7.18"));
  CHECK_THAT(page_of(results, s),
             Contains("7.18×") && Contains("Energy of chip and memory traffic per image"));
}

TEST_CASE("charts: eight series have eight colours", "[report]") {
  BarChart bars;
  bars.title = "blocks";
  bars.layout = Layout::stacked;
  bars.labels = {"a"};
  for (int i = 0; i < 8; ++i) bars.series.push_back({"block " + std::to_string(i), {1}});
  const std::string chart = bar_chart(bars), style = chart_style();
  for (int i = 0; i < 8; ++i) {
    CHECK_THAT(chart, Contains("<rect class=\"s" + std::to_string(i) + "\""));
    CHECK(count_of(style, "--s" + std::to_string(i) + ":#") == 2);  // light and dark
    CHECK_THAT(style, Contains(".s" + std::to_string(i) + "{fill:"));
  }
}

TEST_CASE("ablation: rows of a study need no row with all switches off", "[report]") {
  Results results = sample();
  json& entries = results.ablation["entries"];
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].at("name") == "all_off") entries.erase(i);
  const std::string page = page_of(results, make_summary(results, "1.2.3"));
  CHECK(imbalance(page) == "");
  CHECK_THAT(page, Contains("switched off alone.") && !Contains("with all switches off it is"));
  // Its name is what tells a study: its rows are not elements that are off.
  results.ablation["name"] = "batches";
  const json s = make_summary(results, "1.2.3");
  const std::string study = page_of(results, s), table = make_table(results, s);
  CHECK(imbalance(study) == "");
  CHECK_THAT(study, Contains("Cycles per image, rows of the study batches") && !Contains("switched off") &&
                        !Contains("switches change cycles"));
  CHECK_THAT(table, Contains("Rows of the study batches") && !Contains("switched off"));
}

TEST_CASE("charts: bars on both sides of 0 reach from it to their values", "[report][oracle]") {
  BarChart bars;
  bars.title = "effects";
  bars.value_label = "%";
  bars.both_sides = true;
  bars.labels = {"a", "b", "c"};
  bars.series = {{"effect", {10, -30, 0}}};
  const std::string svg = bar_chart(bars);
  CHECK(imbalance(svg) == "");
  // Two bars, the second one three times as wide, ending where the first one begins.
  const std::regex rectangle(R"re(<rect class="s0" x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)")re");
  std::vector<std::pair<double, double>> found;
  for (std::sregex_iterator at(svg.begin(), svg.end(), rectangle), end; at != end; ++at)
    found.emplace_back(std::stod((*at)[1]), std::stod((*at)[2]));
  REQUIRE(found.size() == 2);
  CHECK(found[1].second == Approx(3 * found[0].second).epsilon(0.01));
  CHECK(found[1].first + found[1].second == Approx(found[0].first).margin(0.2));
  CHECK_THAT(pgfplots(bars), Contains("(-30,1)") && !Contains("xmin=0"));
}

TEST_CASE("papers: a column of means has their standard errors behind it", "[report][oracle]") {
  Exhibits exhibits;
  exhibits.table("means", {"Row", "#Cycles", "#Bytes"},
                 {{"a", Cell("12 ± 1", 12.25, 0.5), Cell("3", 3)}, {"b", Cell("7", 7), Cell("4", 4)}});
  CHECK(csv_of(exhibits.all().front()) ==
        "Row,Cycles,standard error of Cycles,Bytes\r\na,12.25,0.5,3\r\nb,7,,4\r\n");
}

TEST_CASE("comparison: trainings of several seeds stand with their means", "[report][oracle]") {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("wd_report_seeds_" + std::to_string(::getpid()));
  std::filesystem::create_directories(root / "seeds");
  const json run{{"seed", 1}};
  json train{{"seeds", {1, 2, 3}}, {"runs", {run, run, run}}};
  train["accuracy_fp32"] = {{"mean", 0.75}, {"deviation", 0.01}};
  train["compressed_bytes"] = {{"mean", 1234}, {"deviation", 5}};
  wd::write_file(root / "seeds/train.json", train.dump());
  const std::vector<NamedRun> runs = load_runs({(root / "seeds").string()});
  const json value = comparison_json(runs, "1").at("runs").at(0);
  CHECK(value.at("name") == "seeds (mean of 3 seeds)");
  CHECK(value.at("accuracy_fp32") == 0.75);
  CHECK(value.at("compressed_bytes") == 1234);
  CHECK_THROWS_WITH(load_results(root / "seeds"),
                    Contains("train.json: is of several seeds; `whitedwarf report"));
  train["accuracy_fp32"]["mean"] = 2;
  wd::write_file(root / "seeds/train.json", train.dump());
  CHECK_THROWS_WITH(load_runs({(root / "seeds").string()}), Contains("key 'accuracy_fp32.mean' is 2"));
  std::filesystem::remove_all(root);
}

TEST_CASE("charts: no data, unequal rows and negative bars are refused", "[report][bad-input]") {
  CHECK_THROWS_WITH(line_chart({"loss", "epoch", "nats", "", {}, {{"loss", {}}}, {}, {}, {}}),
                    Contains("the plot 'loss' has no data"));
  BarChart bars;
  bars.title = "sizes";
  CHECK_THROWS_WITH(bar_chart(bars), Contains("the plot 'sizes' has no data"));
  bars.labels = {"a", "b"};
  bars.series = {{"size", {1}}};
  CHECK_THROWS_WITH(bar_chart(bars), Contains("has 1 values in 'size', must have 2"));
  bars.series = {{"size", {1, -1}}};
  CHECK_THROWS_WITH(bar_chart(bars), Contains("a negative bar at 'b'"));
  bars.series = {{"size", {0, 0}}};
  CHECK(imbalance(bar_chart(bars)) == "");
  CHECK(imbalance(line_chart({"loss", "epoch", "nats", "", {1}, {{"loss", {2}}}, {}, {}, {}})) == "");
}

TEST_CASE("format: numbers and names read as people write them", "[report]") {
  CHECK(grouped(1234567.4) == "1,234,567");
  CHECK(grouped(-123) == "-123");
  CHECK(compact(0.5) == "0.5");
  CHECK(compact(123456) == "123.5k");
  CHECK(compact(999990) == "1M");
  CHECK(percent(0.8784) == "87.8 %");
  CHECK(escape("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
  CHECK(shortened("stage1.projection.conv1", 11) == "stage…conv1");
  CHECK_THROWS_WITH(fixed(std::numeric_limits<double>::infinity(), 1), Contains("not a finite number"));
}

TEST_CASE("chart file: plain colours of the light palette, all dots and the line", "[report]") {
  Scatter chart{
      "front",
      "cycles",
      "energy, pJ",
      {{"others", {{2, 30, "a"}, {3, 25, "b"}}}, {"not beaten", {{1, 20, "c"}, {2, 10, "d"}}, true}}};
  const std::string svg = scatter_chart(chart), file = chart_file(svg);
  CHECK(count_of(svg, "<circle") == 4);
  CHECK(count_of(svg, "<polyline") == 1);
  CHECK(count_of(file, "var(") == 0);
  CHECK_THAT(file, Contains(".s0{fill:#0072b2}.s1{fill:#e69f00}") && Contains(".chart text{fill:#1c2024}") &&
                       Contains("<title>d</title>"));
  CHECK(imbalance(file).empty());
  // The line has steps: from (1, 20) at the height of 20 to x = 2, then down.
  const std::size_t at = svg.find("points=\"") + 8;
  double x1, y1, x2, y2, x3, y3;
  REQUIRE(std::sscanf(svg.c_str() + at, "%lf,%lf %lf,%lf %lf,%lf", &x1, &y1, &x2, &y2, &x3, &y3) == 6);
  CHECK((y1 == y2 && x2 == x3 && x1 < x2 && y2 < y3));
  chart.groups.clear();
  CHECK_THROWS_WITH(scatter_chart(chart), Contains("'front' has no points"));
}

TEST_CASE("roofline: points and bounds are those computed by hand", "[report][oracle]") {
  const Results results = sample();
  const Roofs roofs = roofs_of(results.compile.at("arch"));
  CHECK(roofs.operands_per_cycle == 1024);  // 4 x 4 groups of 64 PEs
  CHECK(roofs.bytes_per_cycle == 16);       // 128 bits
  const std::vector<RooflineLayer> layers = roofline_layers(results.run);
  REQUIRE(layers.size() == layer_names.size());
  // The stem: 500,000 operands, 4,000 bytes, 9,000 cycles; the third layer has no traffic.
  const Scatter chart = roofline_chart("roofline", {{"layers", roofs, layers}});
  REQUIRE(chart.groups.at(0).points.size() == layers.size());
  CHECK(chart.groups[0].points[0].x == Approx(125));
  CHECK(chart.groups[0].points[0].y == Approx(55.5556));
  CHECK(chart.groups[0].points[2].x ==
        1000);  // the right edge: the first power of ten well behind all points and the ridge at 64
  CHECK_THAT(chart.groups[0].points[2].tooltip, Contains("no traffic"));
  CHECK(layers[0].least_for_work(roofs) == Approx(488.28125));
  CHECK(layers[0].least_for_traffic(roofs) == Approx(250));
  REQUIRE(chart.roofs.size() == 1);
  const std::vector<ScatterPoint>& corners = chart.roofs[0].points;
  REQUIRE(corners.size() == 3);
  CHECK(corners[0].y == Approx(16 * corners[0].x));  // on the slope
  CHECK(corners[1].x == Approx(64));                 // where the roofs meet: 1024 / 16
  CHECK(corners[1].y == 1024);
  CHECK(corners[2].x == 1000);
  CHECK(corners[2].y == 1024);
  // A chip of half the PEs has roofs of its own, the same chip again has not.
  CHECK(roofline_chart("roofline", {{"a", roofs, layers}, {"b", {512, 16}, layers}, {"c", roofs, layers}})
            .roofs.size() == 2);
  Exhibits exhibits;
  roofline_part(results.run, results.compile.at("arch"), exhibits);
  const Exhibit& table = exhibits.all().back();
  CHECK(table.rows[0][9].text == "work");
  CHECK(table.rows[0][10].value == Approx(488.28125 / 9000));
  CHECK_FALSE(table.rows[2][4].value);
}

TEST_CASE("roofline: a chart needs a layer with products", "[report][bad-input]") {
  CHECK_THROWS_WITH(scatter_chart(roofline_chart("pools", {{"layers", {1024, 16}, {{"pool", 0, 100, 50}}}})),
                    Contains("chart 'pools' has no points"));
}

TEST_CASE("energy by layer: what layers and blocks take adds up, or the file is refused",
          "[report][bad-input]") {
  Results results = sample();
  results.run["between_layers"]["energy"]["chip_picojoule"] = 3e6;
  CHECK_THROWS_WITH(make_summary(results, "1"), Contains("layers and between_layers add up to 1.155e+07 pJ, "
                                                         "energy.chip_picojoule is 1e+07"));
  results = sample();
  results.run["layers"][0].erase("energy");
  CHECK_THROWS_WITH(make_summary(results, "1"),
                    Contains("run.json: key 'layers[0].energy' is missing; run `whitedwarf run`"));
}

TEST_CASE("papers: every table and plot of the page, with all digits and escaped names", "[report][oracle]") {
  const Results results = sample();
  Exhibits exhibits;
  const std::string page = make_page(results, make_summary(results, "1"), exhibits);
  std::size_t tables = 0, plots = 0;
  for (const Exhibit& exhibit : exhibits.all()) (exhibit.svg.empty() ? tables : plots) += 1;
  CHECK(tables == count_of(page, "<table>"));
  CHECK(plots == count_of(page, "<figure>"));
  const auto folder = std::filesystem::temp_directory_path() / "wd_papers_test";
  std::filesystem::remove_all(folder);
  write_papers(folder, exhibits.all());
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  CHECK(files == 2 * tables + 4 * plots);
  std::filesystem::remove_all(folder);
  const Exhibit small{
      "x",
      "A & B",
      {"Name", "#Share, %"},
      {{"a_b \"c\", 50 % <d>", percent_cell(1.0 / 3)}, {"{~^\\$#|}", "–"}, {"é 2 × µ\n", compact_cell(0.1)}},
      "",
      ""};
  CHECK(csv_of(small) ==
        "Name,\"Share, %\"\r\n\"a_b \"\"c\"\", 50 % <d>\",0.3333333333333333\r\n{~^\\$#|},\r\n\"é 2 × "
        "µ\n\",0.1\r\n");
  CHECK_THAT(
      latex_of(small),
      Contains("\\begin{tabular}{lr}\n\\toprule\nName & Share, \\% \\\\\n\\midrule\n") &&
          Contains("a\\_b \\textquotedbl{}c\\textquotedbl{}, 50 \\% \\textless{}d\\textgreater{} & 33.3 \\% "
                   "\\\\\n") &&
          Contains(
              "\\{\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\$\\#\\textbar{}\\} & -- \\\\\n") &&
          Contains("é 2 $\\times$ $\\mu$  & 0.1 \\\\\n\\bottomrule\n\\end{tabular}\n"));
}

TEST_CASE("comparison: figures of each run, empty where a run lacks the stage", "[report][oracle]") {
  const std::vector<NamedRun> runs = sample_runs();
  const json compared = comparison_json(runs, "1.2.3");
  CHECK(compared.at("runs").size() == 3);
  CHECK(compared.at("runs")[0].at("cycles") == 60000.5);
  CHECK(compared.at("runs")[1].at("cycles") == 90000.5);
  CHECK(compared.at("runs")[2].at("cycles").is_null());
  CHECK(compared.at("runs")[2].at("accuracy_fp32") == 0.881);
  CHECK(compared.at("runs")[0].at("tflops_per_watt_dense") == Approx(2.2));
  Exhibits exhibits;
  const std::string page = comparison_page(runs, exhibits);
  CHECK(imbalance(page) == "");
  CHECK_THAT(page,
             Contains("slower &amp; &lt;b&gt;hotter&lt;/b&gt;") && !Contains("<b>") && Contains("Roofline"));
  CHECK_THAT(comparison_text(runs), Contains("Cycles per image") && Contains("90,0"));
  if (const char* path = std::getenv("WD_REPORT_PAGE"))
    wd::write_file(std::string(path) + ".comparison.html", page);
}

TEST_CASE("comparison: folders are read with what they have", "[report][bad-input]") {
  const auto root = std::filesystem::temp_directory_path() / "wd_comparison_test";
  std::filesystem::remove_all(root);
  for (const char* name : {"a/run", "b/run", "c"}) wd::make_output_folder(root / name);
  const auto path = [&](const char* name) { return (root / name).string(); };
  CHECK_THROWS_WITH(
      load_runs({path("c")}),
      Contains("/c: has none of train.json, compress.json, compile.json, run.json; name a folder"));
  wd::write_file(root / "a/run/train.json", sample_train().dump());
  wd::write_file(root / "b/run/run.json", sample_run().dump());
  wd::write_file(root / "c/run.json", sample_run().dump());
  const std::vector<NamedRun> runs = load_runs({path("a/run"), path("b/run/"), path("c")});
  CHECK(runs[0].name == path("a/run"));  // two are called "run"
  CHECK(runs[2].name == "c");
  CHECK(runs[0].results.run.is_null());
  CHECK(runs[1].results.train.is_null());
  CHECK_THROWS_WITH(load_runs({path("c"), path("a/../c/")}), Contains("twice; name each folder once"));
  CHECK_THROWS_WITH(load_runs({path("c"), ""}), Contains("--runs has an empty name"));
  json other = sample_compile();
  other["program_sha256"] = digest('f');
  wd::write_file(root / "c/compile.json", other.dump());
  CHECK_THROWS_WITH(load_runs({path("c")}),
                    Contains("run.json: was made with another program than compile.json"));
  wd::write_file(root / "c/run.json", std::string_view("{}"));
  CHECK_THROWS_WITH(load_runs({path("c")}), Contains("c/run.json: key '") && Contains("is missing"));
  std::filesystem::remove_all(root);
}

TEST_CASE("charts: more names than fit under bars stand beside them", "[report]") {
  BarChart chart;
  chart.title = "many layers";
  chart.value_label = "cycles";
  chart.bars = Bars::vertical;
  chart.series = {{"cycles", {}}};
  const auto turned = [&](std::size_t labels, double width) {
    chart.labels.assign(labels, "stage1.fold.conv1");
    chart.series[0].values.assign(labels, 5);
    return count_of(bar_chart(chart, width), "rotate(-40.0");
  };
  CHECK(turned(15, narrow_width) == 15);
  CHECK(turned(16, narrow_width) == 0);
  CHECK(turned(30, chart_width) == 30);
  CHECK(turned(31, chart_width) == 0);
}

TEST_CASE("pgfplots: a chart's numbers and names", "[report][oracle]") {
  CHECK_THAT(
      pgfplots(LineChart{
          "loss & more", "epoch", "nats", "", {1, 2}, {{"a_b", {0.5, 0.25}}, {"c", {1, 2}}}, {}, {}, {}}),
      Contains("title={loss \\& more}, xlabel={epoch}, ylabel={nats}") &&
          Contains("\\addplot coordinates {(1,0.5)(2,0.25)};\n\\addlegendentry{a\\_b}\n"));
  BarChart bars;
  bars.title = "sizes";
  bars.value_label = "%";
  bars.labels = {"x,y", "z"};
  bars.series = {{"size", {3, 4.5}}};
  CHECK_THAT(pgfplots(bars), Contains("[xbar=0pt, xmin=0, y=14pt, bar width=10pt, enlarge y "
                                      "limits={abs=0.7}, title={sizes}, xlabel={\\%}") &&
                                 Contains("ytick={0,...,1}, yticklabels={{x,y},{z}}") &&
                                 Contains("{(3,0)(4.5,1)};"));
  bars.bars = Bars::vertical;
  bars.layout = Layout::stacked;
  CHECK_THAT(pgfplots(bars),
             Contains("[ybar stacked, ymin=0, x=20pt, bar width=16pt, ") && Contains("{(0,3)(1,4.5)};"));
  Scatter scatter{"s",  "x",
                  "y",  {{"a", {{10, 2, "", "", 0.5}, {20, 3, ""}}}, {"b", {{1, 1, ""}}, true}},
                  true, {{"roof", {{1, 1, ""}, {5, 5, ""}}}}};
  CHECK_THAT(pgfplots(scatter), Contains("xmode=log, ymode=log") &&
                                    Contains("[gray, no marks, forget plot] coordinates {(1,1)(5,5)};") &&
                                    Contains("y explicit] coordinates {(10,2) +- (0,0.5)(20,3)};") &&
                                    Contains("+[const plot, mark=*]"));
}
