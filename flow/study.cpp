// SPDX-License-Identifier: Apache-2.0
#include "flow/study.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "flow/study_trainings.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

json parse_file(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string() + ":");
}

void read_variants(const json& variants, StudyPlan& plan) {
  WD_REQUIRE(variants.is_object() && !variants.empty(), plan.origin,
             ": 'variants' must be an object of differences");
  for (const auto& item : variants.items()) {
    require_folder_name(item.key(), plan.origin);
    plan.variants.emplace_back(item.key(), item.value());
  }
}

void read_claims(const json& claims, StudyPlan& plan) {
  for (const json& item : claims) {
    JsonReader reader(item, plan.origin + ": claims");
    Claim claim{reader.get<std::string>("claim"), reader.get<std::string>("better"),
                reader.get<std::string>("than"), 0.0};
    reader.read_between("margin", -1, 1, claim.margin);  // of accuracies, which are fractions
    reader.refuse_unknown();
    for (const std::string& name : {claim.better, claim.than})
      WD_REQUIRE(std::any_of(plan.variants.begin(), plan.variants.end(),
                             [&](const auto& variant) { return variant.first == name; }),
                 plan.origin, ": claims: '", name, "' is no variant");
    WD_REQUIRE(claim.better != claim.than, plan.origin, ": claims: '", claim.better,
               "' is compared with itself; name two variants");
    plan.claims.push_back(std::move(claim));
  }
}

json claim_json(const StudyReport::JudgedClaim& judged) {
  const auto& [claim, judgement] = judged;
  return {{"claim", claim.text},
          {"better", claim.better},
          {"than", claim.than},
          {"margin", claim.margin},
          {"difference", judgement.difference},
          {"standard_error", or_null(judgement.standard_error)},
          {"degrees_of_freedom", or_null(judgement.degrees_of_freedom)},
          {"half_width", or_null(judgement.half_width)},
          {"verdict", verdict_text(judgement.verdict)}};
}

class StudyRun {
 public:
  StudyRun(const StudyOptions& options, const StudyPlan& plan, Context& context)
      : out_(options.common.out),
        plan_(plan),
        run_{options.common.threads, resolve_arch(options.arch), options.fresh},
        context_(context) {}

  /// Everything that can be refused without training.
  void check() const {
    std::vector<NamedConfig> configs;
    for (std::size_t v = 0; v < plan_.variants.size(); ++v) {
      configs.push_back({plan_.variants[v].first, plan_.config_of(v)});
      plan_.teacher_of(v);
    }
    require_same_data(configs, plan_.origin);
    require_different(configs, plan_.origin);
  }

  /// Of every variant, seed by seed. Errors: what is in the way: wd::Error.
  std::vector<Training> trainings(const std::string& images) const {
    const std::size_t seeds = plan_.seeds.size();
    std::vector<Training> list;
    for (std::size_t v = 0; v < plan_.variants.size(); ++v) {
      const std::optional<std::size_t> teacher = plan_.teacher_of(v);
      for (std::size_t s = 0; s < seeds; ++s) {
        const auto of = [&](std::size_t variant, const std::filesystem::path& from) {
          return study_training(out_, plan_.variants[variant].first, plan_.config_of(variant), plan_.seeds[s],
                                images, from);
        };
        list.push_back(of(v, teacher ? of(*teacher, {}).folder : std::filesystem::path()));
        if (teacher) list.back().teacher = *teacher * seeds + s;
        require_usable(list.back(), run_.fresh);
      }
    }
    return list;
  }

  StudyReport run(const std::vector<Training>& trainings, const algo::Dataset& data,
                  const std::string& images) const {
    const std::size_t seeds = plan_.seeds.size();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < trainings.size(); ++i)
      names.push_back(text(plan_.variants[i / seeds].first, " seed ", plan_.seeds[i % seeds]));
    const std::vector<TrainReport> runs = train_all(trainings, data, images, out_ / ".claims", run_, context_,
                                                    telling(std::move(names), context_));
    StudyReport report{plan_.name, plan_.seeds, run_.arch, {}, {}};
    for (std::size_t v = 0; v < plan_.variants.size(); ++v) {
      const auto first = runs.begin() + static_cast<std::ptrdiff_t>(v * seeds);
      StudyReport::Variant variant{
          plan_.variants[v].first, {first, first + static_cast<std::ptrdiff_t>(seeds)}, {}};
      variant.spreads = spreads_of(variant.runs);
      report.variants.push_back(std::move(variant));
    }
    for (const Claim& claim : plan_.claims)
      report.claims.push_back(
          {claim, judge(accuracy(report, claim.better), accuracy(report, claim.than), claim.margin)});
    return report;
  }

 private:
  static const Spread& accuracy(const StudyReport& report, const std::string& name) {
    for (const StudyReport::Variant& variant : report.variants)
      if (variant.name == name) return variant.spreads.accuracy_fp32;
    WD_ASSERT(false);
  }

  std::filesystem::path out_;
  const StudyPlan& plan_;
  TrainingRun run_;
  Context& context_;
};

}  // namespace

algo::TrainConfig StudyPlan::config_of(std::size_t variant) const {
  json merged = baseline;
  merged.merge_patch(variants[variant].second);
  return algo::config_from_json(merged, origin + ": " + variants[variant].first);
}

std::optional<std::size_t> StudyPlan::teacher_of(std::size_t variant) const {
  const std::string teacher = config_of(variant).distillation.teacher;
  if (teacher.empty()) return std::nullopt;
  const std::string where =
      origin + ": " + variants[variant].first + ": distillation: 'teacher' is '" + teacher;
  for (std::size_t v = 0; v < variants.size(); ++v) {
    if (variants[v].first != teacher) continue;
    WD_REQUIRE(!config_of(v).distillation.on(), where,
               "', which learns from a teacher itself; name a variant that learns from the labels alone");
    return v;
  }
  fail(where, "', which is no variant of this study; name one (its network with the same seed is taken)");
}

StudyPlan read_study(const std::filesystem::path& path) {
  WD_REQUIRE(!path.empty(), "--config is missing; name a study, like algo/studies/mask_orderings.json");
  const json value = parse_file(path);
  JsonReader reader(value, path.string());
  StudyPlan plan;
  plan.origin = path.string();
  plan.name = read_name(reader);
  plan.baseline = parse_file(path.parent_path() / reader.get<std::string>("baseline"));
  plan.seeds = read_seeds(reader);
  read_variants(reader.child("variants"), plan);
  if (reader.has("claims")) read_claims(reader.list("claims"), plan);
  reader.refuse_unknown();
  return plan;
}

void StudyOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  arch.declare(sink);
  sink.path("config", config, Takes::Place::file, "the study (JSON)");
  sink.flag("fresh", fresh, "train everything again, whatever trainings the folder holds");
}

StudyReport study(const StudyOptions& options, Context& context) {
  const StudyPlan plan = read_study(options.config);
  const StudyRun run(options, plan, context);
  OutputFolder folder(options.common.out, Hold::together);
  const StudyMark mark(options.common.out, "trainings", plan.name, options.config);
  run.check();
  refuse_fresh_on_slurm(options.fresh, context);
  const algo::Dataset data = open_data(plan.config_of(0), options.data);
  const std::string images = images_key(data);
  const std::vector<Training> trainings = run.trainings(images);
  context.begin_work();
  folder.make();
  mark.make();
  const StudyReport report = run.run(trainings, data, images);
  write_json(options.common.file("study.json"), report.to_json());
  return report;
}

json StudyReport::to_json() const {
  json results = json::object(), judged = json::array();
  for (const Variant& variant : variants) {
    json& result = results[variant.name] = variant.spreads.to_json();
    result["runs"] = json::array();
    for (const TrainReport& run : variant.runs) result["runs"].push_back(run.row_json());
  }
  for (const JudgedClaim& claim : claims) judged.push_back(claim_json(claim));
  return {{"name", name},
          {"seeds", seeds},
          {"arch", arch::to_json(arch)},
          {"results", results},
          {"claims", judged}};
}

}  // namespace wd::flow
