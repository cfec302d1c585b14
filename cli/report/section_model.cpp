// SPDX-License-Identifier: Apache-2.0
#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/sections.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

std::vector<Band> phase_bands(const json& history) {
  std::vector<Band> bands;
  std::string previous;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto phase = history[i].at("phase").get<std::string>();
    const double start = static_cast<double>(i) + 0.5;
    if (phase != previous)
      bands.push_back({start, start, phase == "fp8" ? "FP8 activations" : "FP32 activations"});
    bands.back().to = start + 1;
    previous = phase;
  }
  return bands;
}

LineChart training_chart(const json& history, const std::string& title, const std::string& label) {
  LineChart chart;
  chart.title = title;
  chart.x_label = "epoch";
  chart.y_label = label;
  chart.bands = phase_bands(history);
  for (std::size_t i = 0; i < history.size(); ++i) chart.x.push_back(static_cast<double>(i + 1));
  return chart;
}

Series history_series(const json& history, const std::string& name, const char* key, double factor) {
  Series series{name, {}};
  for (const json& record : history) series.values.push_back(factor * number(record, key));
  return series;
}

/// One way to store the model.
struct Variant {
  std::string name;
  double bytes = 0;
  double file_bits = 0;    // whole file per stored weight; 0: not a file
  double weight_bits = 0;  // of the weights alone; 0: not known
  std::string what;
};

std::vector<Variant> variants(const json& compress) {
  const double weights = number(compress, "weights"), entropy = number(compress, "entropy_bits_per_weight");
  const auto file = [&](const std::string& name, const char* key, double bits, const std::string& what) {
    const double bytes = number(compress, key);
    return Variant{name, bytes, 8 * bytes / weights, bits, what};
  };
  return {{"dense FP32 model", number(compress, "dense_fp32_bytes"), 0, 32,
           "the same network unfolded, every parameter an FP32 number"},
          file("no Huffman code", "bytes_without_huffman", 0, "weight levels as fixed-length fields"),
          file("signs stored", "bytes_with_stored_signs", 0,
               "a sign bit for each non-zero weight, none generated"),
          file("unfolded", "bytes_without_folding", 0, "own weights for every iteration of a fold"),
          file("compressed file", "compressed_bytes", number(compress, "bits_per_weight"),
               "the file on disk: all elements on"),
          {"entropy bound", weights * entropy / 8, 0, entropy,
           "weights alone, each coded at the entropy of its set"},
          {"papers' formula", number(compress, "paper_bytes"), 0, number(compress, "paper_bits_per_weight"),
           "mask and sign bits, seed, FP32 normalization of folds; no entropy code"}};
}

std::string bytes_figure(Exhibits& out, const std::vector<Variant>& all, const json& compress) {
  BarChart chart;
  chart.title = "Size of the model";
  chart.value_label = "kilobytes (1000 bytes)";
  chart.unit = "kB";
  chart.series = {{"size", {}}};
  for (const Variant& v : all) {
    chart.labels.push_back(v.name);
    chart.series[0].values.push_back(v.bytes / 1000);
    chart.notes.push_back(grouped(v.bytes) + " B");
  }
  return out.figure(chart, "The compressed file is " + compact(number(compress, "offchip_ratio")) +
                               " times smaller than the dense FP32 model, which is what off-chip memory "
                               "and traffic shrink by.");
}

std::string bits_figure(Exhibits& out, const std::vector<Variant>& all, const json& compress) {
  BarChart chart;
  chart.title = "Bits per stored weight";
  chart.value_label = "bits per weight";
  chart.unit = "bits";
  chart.layout = Layout::stacked;
  chart.series = {{"whole file", {}}, {"weights alone", {}}};
  const auto add = [&](const std::string& name, double file, double weights) {
    chart.labels.push_back(name);
    chart.series[0].values.push_back(file);
    chart.series[1].values.push_back(weights);
  };
  for (const Variant& v : all)
    if (v.file_bits > 0) add(v.name, v.file_bits, 0);
  for (const Variant& v : all)
    if (v.weight_bits > 0 && v.weight_bits < 32)
      add(v.file_bits > 0 ? "compressed weights" : v.name, 0, v.weight_bits);
  return out.figure(chart,
                    "A file bar longer than that of the compressed file shows what its element saves; the "
                    "weights alone take " +
                        fixed(number(compress, "bits_per_weight"), 3) + " bits where their entropy is " +
                        fixed(number(compress, "entropy_bits_per_weight"), 3) + " and dense FP32 takes 32.");
}

std::string parts_figure(Exhibits& out, const json& compress) {
  BarChart chart;
  chart.title = "What the compressed file consists of";
  chart.value_label = "bytes";
  chart.unit = "bytes";
  chart.layout = Layout::stacked;
  chart.labels = {"compressed file"};
  const double total = number(compress, "compressed_bytes");
  double rest = total;
  for (const auto& [name, key] :
       {std::pair{"normalization", "norm_bytes"}, std::pair{"description", "description_bytes"},
        std::pair{"container", "container_bytes"}}) {
    chart.series.push_back({name, {number(compress, key)}});
    rest -= number(compress, key);
  }
  chart.series.insert(chart.series.begin(), {"weights", {rest}});
  return out.figure(chart, "Weights take " + percent(rest / total) + " of the file and normalization " +
                               percent(number(compress, "norm_bytes") / total) +
                               ": the longest part is what further compression must shrink.");
}

std::string code_figure(Exhibits& out, const json& layers) {
  BarChart chart;
  chart.title = "Code length of each weight set";
  chart.value_label = "bits per weight";
  chart.unit = "bits";
  chart.series = {{"code", {}}, {"entropy", {}}};
  for (const json& layer : layers) {
    chart.labels.push_back(layer.at("name").get<std::string>());
    chart.series[0].values.push_back(number(layer, "bits_per_weight"));
    chart.series[1].values.push_back(number(layer, "entropy_bits"));
  }
  return out.figure(chart,
                    "A pair of equal bars is a set coded as well as possible; small sets pay for their "
                    "code table.");
}

std::string size_table(Exhibits& out, const std::vector<Variant>& all) {
  std::vector<Row> rows;
  const auto bits = [](double value) { return value > 0 ? fixed_cell(value, 3) : Cell("–"); };
  for (const Variant& v : all)
    rows.push_back({v.name, grouped_cell(v.bytes), bits(v.file_bits), bits(v.weight_bits),
                    v.bytes > 0 ? Cell{compact(all[0].bytes / v.bytes) + "×", all[0].bytes / v.bytes} : "–",
                    v.what});
  return out.table(
      "Ways to store the model",
      {"Model", "#Bytes", "#File bits per weight", "#Bits, weights alone", "#Smaller by", "Means"}, rows);
}

std::string set_table(Exhibits& out, const json& layers) {
  std::vector<Row> rows;
  for (const json& layer : layers)
    rows.push_back({layer.at("name").get<std::string>(), grouped_cell(number(layer, "count")),
                    grouped_cell(number(layer, "bytes")), fixed_cell(number(layer, "bits_per_weight"), 3),
                    fixed_cell(number(layer, "entropy_bits"), 3),
                    percent_cell(number(layer, "nonzero_fraction"))});
  return out.table("Weight sets",
                   {"Weight set", "#Weights", "#Bytes", "#Bits per weight", "#Entropy (bits)", "#Non-zero"},
                   rows);
}

}  // namespace

std::string training_section(const Results& results, const json& summary, Exhibits& out) {
  const json& history = results.train.at("history");
  LineChart loss = training_chart(history, "Training loss", "cross-entropy (nats)");
  loss.series = {history_series(history, "loss", "loss", 1)};
  LineChart accuracy = training_chart(history, "Accuracy while training", "accuracy (%)");
  accuracy.unit = "%";
  accuracy.series = {history_series(history, "training images", "train_accuracy", 100),
                     history_series(history, "test images", "accuracy", 100)};
  const std::string loss_caption =
      loss.bands.size() < 2
          ? "The loss should fall, and flatten towards the last epoch."
          : "The loss should fall within each phase; the step where the shading changes is the price of "
            "FP8 activations.";
  std::string body = html_columns(
      out.figure(loss, loss_caption) +
      out.figure(accuracy, "Final test accuracy is " + percent(number(summary, "accuracy_fp32")) +
                               " with FP32 activations, " + percent(number(summary, "accuracy_fp8")) +
                               " with FP8, and " + percent(number(summary, "accuracy_hw")) +
                               " bit-exact on the chip model."));
  const std::string config = "<pre>" + escape(results.train.at("config").dump(2)) + "</pre>\n";
  body += html_details("Training configuration", config);
  return html_section("training", "Training", body);
}

std::string size_section(const Results& results, const json&, Exhibits& out) {
  const std::vector<Variant> all = variants(results.compress);
  const json& layers = results.compress.at("layers");
  return html_section(
      "size", "Model size",
      html_columns(bytes_figure(out, all, results.compress) + bits_figure(out, all, results.compress)) +
          size_table(out, all) +
          html_columns(code_figure(out, layers) +
                       html_block(parts_figure(out, results.compress) + set_table(out, layers))));
}

}  // namespace wd::report
