// SPDX-License-Identifier: Apache-2.0
#include "flow/ablation/ablation.hpp"

#include <algorithm>

#include "algo/compress/random_masks.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "base/sha256.hpp"
#include "flow/ablation/networks.hpp"
#include "flow/chip_network.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow::ablation {
namespace {

constexpr const char *random_word = "random", *mark_kind = "ablation";
constexpr std::size_t together = 128;  // designs of a step, after which progress shows

Plan plan_of(const AblationOptions& options) {
  Plan plan = read_plan(options.config, options.elements.common.out);
  if (options.images != 0) plan.images = options.images;
  return plan;
}

std::vector<const Row*> wanted_rows(const Plan& plan, const std::string& row) {
  if (!row.empty()) return {&plan.row(row)};
  std::vector<const Row*> wanted;
  for (const std::vector<Row>* list : {&plan.rows, &plan.points})
    for (const Row& one : *list) wanted.push_back(&one);
  return wanted;
}

std::string command_of(const AblationOptions& options, const std::string& row) {
  const AblateOptions& shared = options.elements;
  std::string command = "whitedwarf ablate " + shell_word(options.config.string()) + " --out " +
                        shell_word(shared.common.out.string());
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) command += text(" --", name, " ", shell_word(value));
  };
  add("data", shared.inputs.data.data.string());
  if (shared.inputs.seed != 0) command += text(" --seed ", shared.inputs.seed);
  add("inputs", shared.inputs.inputs.string());
  if (shared.power.table != sim::default_power_table) add("power-table", shared.power.table);
  if (options.images != 0) command += text(" --ablation-images ", options.images);
  return command + " --row " + shell_word(row);
}

/// Images of networks without a data set are random, unless others are asked for.
InputOptions inputs_of(const AblationOptions& options, const Plan& plan) {
  InputOptions inputs = options.elements.inputs;
  WD_REQUIRE(
      plan.source != Source::trained || inputs.data.data != random_word, plan.origin,
      ": its networks are trained, for which --data random has no images; name the data set's folder, or let "
      "'networks' be \"random\"");
  const bool own = plan.source != Source::given && has_own_images(plan.networks.front().config);
  WD_REQUIRE(!own || (!inputs.data.data.empty() && inputs.data.data != random_word), plan.origin,
             ": only the files of data set ", plan.networks.front().config.dataset,
             " say how large its images are and how many classes there are; name their folder by --data");
  if (plan.source == Source::random && own) inputs.data.data.clear();  // they told the size
  if (plan.source == Source::random && inputs.data.data.empty() && inputs.inputs.empty())
    inputs.data.data = random_word;
  return inputs;
}

/// Opens images as the evaluation will, so that what is wrong with them is refused now.
void check_inputs(const Plan& plan, const InputOptions& inputs, const MakeOptions& make, Context& context) {
  if (plan.source == Source::given) return;  // nothing is made before they are opened
  const algo::TrainConfig& config = plan.networks.front().config;
  open_inputs(inputs, plan.source == Source::trained ? config.dataset : compress::no_dataset,
              transform_of(config, images_of(plan, make)), plan.images, context);
}

/// All rows on all networks, network by network: those of a network share programs and maps.
class RowEvaluator {
 public:
  RowEvaluator(const AblationOptions& options, const Plan& plan, const std::vector<const Row*>& wanted,
               const Networks& networks, const InputOptions& inputs, const sim::PowerTable& table,
               Context& context)
      : plan_(plan),
        wanted_(wanted),
        networks_(networks),
        study_(of_models(plan, networks)),
        kept_(options.elements.common.out / "ablation.kept"),
        evaluator_(study_, {inputs, options.elements.common.threads, options.elements.whole}, table, kept_,
                   context),
        accountant_(evaluator_, table) {}

  const explore::Evaluator& evaluator() const { return evaluator_; }

  std::vector<RowResult> results() {
    std::vector<RowResult> results(wanted_.size());
    std::vector<Job> jobs;
    for (std::size_t n = 0; n < networks_.samples.size(); ++n)
      for (std::size_t s = 0; s < networks_.samples[n].size(); ++s)
        for (std::size_t r = 0; r < wanted_.size(); ++r) {
          if (wanted_[r]->network != n) continue;
          const Sample& sample = networks_.samples[n][s];
          results[r].samples.push_back(of_training(sample));
          if (sample.model)
            jobs.push_back({r, s, wanted_[r]->design}), jobs.back().design.model = *sample.model;
          else
            results[r].refused = sample.training->no_network.empty() ? sample.training->no_hardware
                                                                     : sample.training->no_network;
        }
    evaluate(jobs, results);
    return results;
  }

 private:
  struct Job {
    std::size_t row, sample;
    Design design;
  };

  static explore::Plan of_models(const Plan& plan, const Networks& networks) {
    explore::Plan study;
    study.name = plan.name;
    study.origin = plan.origin;
    study.models = networks.models;
    study.images = plan.images;
    study.accuracy_images = plan.accuracy_images;
    return study;
  }

  static Figures of_training(const Sample& sample) {
    Figures figures;
    if (!sample.training) return figures;
    figures.accuracy_fp32 = sample.training->accuracy_fp32;
    figures.accuracy = sample.training->accuracy_hw.value_or(sample.training->accuracy_fp8);
    return figures;
  }

  void evaluate(const std::vector<Job>& jobs, std::vector<RowResult>& results) {
    Progress progress("ablate", static_cast<double>(jobs.size()));
    for (std::size_t first = 0; first < jobs.size(); first += together) {
      std::vector<Design> designs;
      for (std::size_t j = first; j < std::min(jobs.size(), first + together); ++j)
        designs.push_back(jobs[j].design);
      const std::vector<explore::Evaluation> evaluations = evaluator_.evaluate(designs);
      for (std::size_t i = 0; i < designs.size(); ++i) {
        RowResult& result = results[jobs[first + i].row];
        if (!evaluations[i].refused.empty()) {
          result.refused = evaluations[i].refused;
          continue;
        }
        Figures& figures = result.samples[jobs[first + i].sample];
        const Figures trained = figures;
        figures = accountant_.of(designs[i], evaluations[i]);
        figures.accuracy = trained.accuracy;
        figures.accuracy_fp32 = trained.accuracy_fp32;
        if (plan_.accuracy_images != 0) figures.accuracy = evaluations[i].metrics.accuracy;
      }
      progress.update(static_cast<double>(first + designs.size()));
    }
  }

  const Plan& plan_;
  const std::vector<const Row*>& wanted_;
  const Networks& networks_;
  explore::Plan study_;
  explore::KeptResults kept_;
  explore::Evaluator evaluator_;
  Accountant accountant_;
};

StudyResult run_study(const AblationOptions& options, Context& context) {
  StudyResult result;
  result.plan = plan_of(options);
  const Plan& plan = result.plan;
  const CommonOptions& common = options.elements.common;
  const std::vector<const Row*> wanted = wanted_rows(plan, options.row);
  const sim::PowerTable table = options.elements.power.load();
  const InputOptions inputs = inputs_of(options, plan);
  MakeOptions make{common.out, options.elements.inputs.data, {common.threads, {}, options.fresh}, {}};
  for (const Row* row : wanted) {
    try {
      explore::corner_of(row->design, table);
    } catch (const Error& error) {
      fail(plan.origin, ": ", row->name, ": ", error.what());
    }
  }
  refuse_fresh_on_slurm(options.fresh, context);
  WD_REQUIRE(options.row.empty() || !context.shares_work(),
             "--row is one row, --slurm shares many; leave one of them out");
  OutputFolder folder(common.out, Hold::together);
  std::optional<StudyMark> mark;
  if (options.row.empty()) mark.emplace(common.out, mark_kind, plan.name, options.config);
  if (plan.source == Source::trained ||
      (plan.source == Source::random && has_own_images(plan.networks[0].config)))
    make.images = open_data(plan.networks[0].config, make.data);
  check_networks(plan, wanted, make);
  check_inputs(plan, inputs, make, context);
  context.begin_work();
  if (plan.source != Source::given) {
    folder.make();
    if (mark) mark->make();
  }
  const Networks networks = make_networks(plan, wanted, make, context);
  RowEvaluator evaluation(options, plan, wanted, networks, inputs, table, context);
  folder.make();
  if (mark) mark->make();
  std::vector<RowResult> results = evaluation.results();
  for (std::size_t r = 0; r < results.size(); ++r) {
    results[r].row = *wanted[r];
    results[r].network = plan.networks[wanted[r]->network].name;
    results[r].command = command_of(options, wanted[r]->name);
    const bool is_point = options.row.empty() && r >= plan.rows.size();
    (is_point ? result.points : result.rows).push_back(std::move(results[r]));
  }
  const explore::Evaluator& evaluator = evaluation.evaluator();
  const Design& baseline = plan.rows.front().design;
  if (!networks.models.empty()) result.inputs = evaluator.inputs_source();
  if (plan.source == Source::given) {
    result.compressed_sha256 = evaluator.model_sha256(0);
    result.program_sha256 =
        sha256(program::encode_program(evaluator.program(baseline), plan.name).serialize());
  }
  result.table = table.name;
  result.folder = std::filesystem::current_path().string();
  result.caveat = sim::estimate_power(table, sim::CounterAmounts(), baseline.compile.arch, baseline.switches,
                                      explore::corner_of(baseline, table))
                      .caveat();
  result.computed = evaluator.computed();
  const std::string json = result.to_json().dump(1) + "\n";
  write_file(common.out / (options.row.empty() ? "ablation.json" : "row.json"), json);
  if (!options.row.empty()) return result;
  write_file(common.file("ablation.csv"), result.to_csv());
  if (!plan.sweep.empty()) write_file(common.file("ablation-effects.csv"), result.effects_csv());
  return result;
}

}  // namespace

void AblationOptions::declare(OptionSink& sink) {
  elements.declare(sink);
  sink.path("config", config, Takes::Place::file, "the study (JSON)",
            "the switches and arrays of --out's program");
  sink.whole("ablation-images", images, 1, most_images, "test images per ablation",
             "200; of a study its 'images', 16");
  sink.text("row", row, "this row of the study alone, to row.json", "all rows");
  sink.flag("fresh", fresh, "train everything again, whatever trainings the folder holds");
  sink.call_values({{"row", "ROW"}});
  for (const char* name : {"row", "fresh"}) sink.need(name, {"config"});
}

AblationResult ablate(const AblationOptions& options, Context& context) {
  if (!options.config.empty()) return {std::nullopt, run_study(options, context)};
  WD_REQUIRE(!context.shares_work(),
             "--slurm is of studies; name one, like algo/studies/ablation.json, or leave it out");
  StudyMark::require_none(options.elements.common.out, mark_kind);
  return {flow::ablate(options.elements, context), std::nullopt};
}

}  // namespace wd::flow::ablation
