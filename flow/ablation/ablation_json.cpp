// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "base/json.hpp"
#include "flow/ablation/ablation.hpp"
#include "flow/ablation/effects.hpp"

namespace wd::flow::ablation {
namespace {

using nlohmann::ordered_json;

ordered_json sample_json(const Figures& figures) {
  ordered_json value = ordered_json::object();
  for (const Quantity& one : quantities()) value[one.name] = or_null(figures.*one.value);
  return value;
}

ordered_json row_json(const StudyResult& study, const RowResult& result) {
  const arch::Arch& chip = study.plan.rows.front().design.compile.arch;
  ordered_json value = {{"name", result.row.name},
                        {"off", result.row.changed},
                        {"arch", arch::changes(result.row.design.compile.arch, chip)},
                        {"network", result.network},
                        {"extrapolated", result.extrapolated()}};
  if (!result.refused.empty()) value["refused"] = result.refused;
  ordered_json errors = ordered_json::object(), blocks = ordered_json::object(),
               samples = ordered_json::array();
  for (const Quantity& one : quantities()) {
    const std::optional<Spread> spread = result.spread(one);
    value[one.name] = spread ? ordered_json(spread->mean) : ordered_json(nullptr);
    errors[one.name] = spread ? ordered_json(or_null(standard_error(*spread))) : ordered_json(nullptr);
  }
  for (const auto& [block, picojoule] : result.blocks()) blocks[block] = picojoule;
  for (const Figures& one : result.samples) samples.push_back(sample_json(one));
  value["standard_error"] = errors;
  if (const std::optional<Judgement> judged = study.accuracy_difference(result))
    value["accuracy_difference"] = {{"difference", judged->difference},
                                    {"half_width", or_null(judged->half_width)}};
  value["blocks"] = blocks;
  if (result.samples.size() > 1) value["samples"] = samples;
  value["command"] = result.command;
  return value;
}

/// Of one element, or of two together.
template <typename Effect>
ordered_json effect_json(const StudyResult& study, const char* key, const ordered_json& elements,
                         Effect effect) {
  ordered_json value = {{key, elements}};
  for (const Quantity& one : quantities()) {
    const auto values = study.swept(one);
    value[one.name] = values ? ordered_json(effect(*values)) : ordered_json(nullptr);
  }
  return value;
}

std::string csv_text(std::string value) {
  std::replace(value.begin(), value.end(), '"', '\'');
  return '"' + value + '"';
}

void add_number(std::ostream& out, const std::optional<double>& value) {
  out << ',';
  if (value) out << *value;
}

}  // namespace

std::optional<double> RowResult::mean(const Quantity& quantity) const {
  const std::optional<Spread> over = spread(quantity);
  return over ? std::optional(over->mean) : std::nullopt;
}

std::vector<std::pair<std::string, double>> RowResult::blocks() const {
  std::vector<std::pair<std::string, double>> mean;
  for (const Figures& one : samples) {
    if (mean.empty()) mean = std::vector(one.blocks.size(), std::pair<std::string, double>());
    for (std::size_t b = 0; b < one.blocks.size(); ++b) {
      mean[b].first = one.blocks[b].first;
      mean[b].second += one.blocks[b].second / static_cast<double>(samples.size());
    }
  }
  return mean;
}

Names RowResult::extrapolated() const { return samples.empty() ? Names{} : samples.front().extrapolated; }

std::optional<std::vector<double>> StudyResult::swept(const Quantity& quantity) const {
  std::vector<double> values;
  for (const RowResult& point : points) {
    const std::optional<double> mean = point.mean(quantity);
    if (!mean) return std::nullopt;
    values.push_back(*mean);
  }
  return values.empty() ? std::nullopt : std::optional(values);
}

std::optional<Judgement> StudyResult::accuracy_difference(const RowResult& row) const {
  const Quantity& accuracy = quantities().front();
  const std::optional<Spread> own = row.spread(accuracy), baseline = rows.front().spread(accuracy);
  if (row.network == rows.front().network || !own || !baseline) return std::nullopt;
  return judge(*own, *baseline, 0);
}

ordered_json StudyResult::to_json() const {
  ordered_json entries = ordered_json::array(), swept_points = ordered_json::array(),
               effects = ordered_json::array(), interactions = ordered_json::array();
  for (const RowResult& one : rows) entries.push_back(row_json(*this, one));
  for (const RowResult& one : points) swept_points.push_back(row_json(*this, one));
  ordered_json value = {{"name", plan.name},
                        {"seeds", plan.seeds},
                        {"images", plan.images},
                        {"batch", plan.rows.front().design.compile.batch},
                        {"inputs", inputs_json(inputs)},
                        {"table", table},
                        {"caveat", caveat},
                        {"commands_start_in", folder}};
  if (plan.source == Source::given) {
    value["program_sha256"] = program_sha256;
    value["compressed_sha256"] = compressed_sha256;
  }
  value["entries"] = entries;
  if (points.empty()) return value;
  for (std::size_t i = 0; i < plan.sweep.size(); ++i) {
    effects.push_back(effect_json(*this, "element", plan.sweep[i],
                                  [i](const auto& values) { return main_effect(values, i); }));
    for (std::size_t j = i + 1; j < plan.sweep.size(); ++j)
      interactions.push_back(effect_json(*this, "elements", {plan.sweep[i], plan.sweep[j]},
                                         [i, j](const auto& values) { return interaction(values, i, j); }));
  }
  value["sweep"] = {{"elements", plan.sweep},
                    {"effects", effects},
                    {"interactions", interactions},
                    {"points", swept_points}};
  return value;
}

std::string StudyResult::to_csv() const {
  std::ostringstream out;
  out.precision(10);
  std::vector<std::string> blocks;
  for (const RowResult& one : rows)
    if (blocks.empty())
      for (const auto& [block, picojoule] : one.blocks()) blocks.push_back(block);
  out << "table,name,changed";
  for (const Quantity& one : quantities()) out << ',' << one.name << ',' << one.name << "_standard_error";
  for (const std::string& block : blocks) out << ",energy_pj:" << block;
  out << ",extrapolated,refused\n";
  const auto add = [&](const char* table_name, const RowResult& row) {
    out << table_name << ',' << row.row.name << ',' << csv_text(join(row.row.changed));
    for (const Quantity& one : quantities()) {
      const std::optional<Spread> spread = row.spread(one);
      add_number(out, spread ? std::optional(spread->mean) : std::nullopt);
      add_number(out, spread ? standard_error(*spread) : std::nullopt);
    }
    const auto own = row.blocks();
    for (std::size_t b = 0; b < blocks.size(); ++b)
      add_number(out, b < own.size() ? std::optional(own[b].second) : std::nullopt);
    out << ',' << csv_text(join(row.extrapolated())) << ',' << csv_text(row.refused) << '\n';
  };
  for (const RowResult& one : rows) add("rows", one);
  for (const RowResult& one : points) add("sweep", one);
  return out.str();
}

std::string StudyResult::effects_csv() const {
  std::ostringstream out;
  out.precision(10);
  out << "element,with";
  for (const Quantity& one : quantities()) out << ',' << one.name;
  out << '\n';
  for (std::size_t i = 0; i < plan.sweep.size(); ++i)
    for (std::size_t j = i; j < plan.sweep.size(); ++j) {
      out << plan.sweep[i] << ',' << (j == i ? "" : plan.sweep[j]);
      for (const Quantity& one : quantities()) {
        const auto values = swept(one);
        add_number(out, !values  ? std::nullopt
                        : i == j ? std::optional(main_effect(*values, i))
                                 : std::optional(interaction(*values, i, j)));
      }
      out << '\n';
    }
  return out.str();
}

ordered_json AblationResult::to_json() const {
  return study ? study->to_json() : ordered_json(elements->to_json());
}

}  // namespace wd::flow::ablation
