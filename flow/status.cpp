// SPDX-License-Identifier: Apache-2.0
#include "flow/status.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

/// A stage behind the training: its result file, and the file that it reads with the key of that file's SHA-256.
struct RecordedStage {
  const char *command, *record, *input, *key;
};

constexpr RecordedStage chain[] = {{"compress", "compress.json", "model.wdm", "model_sha256"},
                                   {"compile", "compile.json", "model.wdz", "compressed_sha256"},
                                   {"run", "run.json", "program.wdp", "program_sha256"}};
constexpr RecordedStage others[] = {{"cosim", "cosim.json", "program.wdp", "program_sha256"},
                                    {"ablate", "ablation.json", "program.wdp", "program_sha256"},
                                    {"platform", "platform.json", "program.wdp", "program_sha256"},
                                    {"power", "power.json", "program.wdp", "program_sha256"},
                                    {"study", "study.json", nullptr, nullptr},
                                    {"explore", "explore.json", nullptr, nullptr},
                                    {"reca", "reca.json", nullptr, nullptr},
                                    {"report", "report.html", nullptr, nullptr}};

std::string number(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

class OutputRecords {
 public:
  explicit OutputRecords(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code code;
    WD_REQUIRE(std::filesystem::is_directory(path_, code), path_.string(),
               ": no such folder; name one with --out, or begin with `whitedwarf demo --quick`");
  }

  bool has(const char* file) const {
    std::error_code code;  // a link to nowhere, or to itself: as if there were none
    return std::filesystem::exists(path_ / file, code);
  }

  json record(const char* file) const {
    const std::string origin = (path_ / file).string();
    json value = parse_json(read_file(path_ / file), origin + ":");
    WD_REQUIRE(value.is_object(), origin, ": is ", shown(value),
               ", must be an object; run its command again");
    return value;
  }

  StageStatus training() const {
    if (has("train.json")) return {"train", "done", trained(record("train.json"))};
    if (has("import.json")) return {"import", "done", trained(record("import.json"))};
    if (has("checkpoint.wdc")) return {"train", "stopped", "the same call goes on from checkpoint.wdc"};
    if (has("model.wdm")) return {"train", "done", "model.wdm comes from elsewhere"};
    return {"train", "missing", ""};
  }

  StageStatus stage_of(const RecordedStage& stage) const {
    if (!has(stage.record)) return {stage.command, "missing", ""};
    if (std::string_view(stage.record).ends_with(".html")) return {stage.command, "done", stage.record};
    const json value = record(stage.record);
    if (stage.key == nullptr || !value.contains(stage.key) || !has(stage.input))
      return {stage.command, "done", figures(stage.command, value)};
    if (value[stage.key] != sha256(read_file(path_ / stage.input)))
      return {stage.command, "outdated", text(stage.record, " is of another ", stage.input)};
    return {stage.command, "done", figures(stage.command, value)};
  }

 private:
  static std::optional<double> real(const json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
  }

  static std::string trained(const json& value) {
    std::string note;
    const auto add = [&](const char* key, const char* what) {
      const auto accuracy = real(value, key);
      if (accuracy) note += (note.empty() ? "" : ", ") + number(100 * *accuracy, "%.2f %% ") + what;
    };
    add("accuracy_fp32", "FP32");
    add("accuracy_hw", "on the chip");
    return note;
  }

  static std::string figures(const std::string& command, const json& value) {
    if (command == "compress" && real(value, "compressed_bytes") && real(value, "offchip_ratio"))
      return number(*real(value, "compressed_bytes"), "%.0f bytes, ") +
             number(*real(value, "offchip_ratio"), "%.1fx");
    if (command == "run" && value.contains("equal") && value["equal"].is_object()) {
      std::string note;
      for (const char* what : {"values", "cycles", "counters"}) {
        const json equal = value["equal"].value(what, json());
        if (equal.is_boolean())
          note += text(note.empty() ? "" : ", ", what, equal.get<bool>() ? " equal" : " DIFFERENT");
      }
      return note;
    }
    return "";
  }

  std::filesystem::path path_;
};

/// What a person types next.
std::string next_of(const std::string& command, const std::filesystem::path& out) {
  return "whitedwarf " + command + (out == CommonOptions().out ? "" : " --out " + shell_word(out.string()));
}

}  // namespace

void StatusOptions::declare(OptionSink& sink) {
  sink.path("out", out, Takes::Place::folder, "the folder that is looked at", out.string());
}

StatusResult status(const StatusOptions& options, Context&) {
  const OutputRecords folder(options.out);
  StatusResult result;
  std::vector<StageStatus> more;
  for (const RecordedStage& stage : others)
    if (folder.has(stage.record)) more.push_back(folder.stage_of(stage));
  result.stages.push_back(folder.training());
  for (const RecordedStage& stage : chain) result.stages.push_back(folder.stage_of(stage));
  const bool begun = result.stages[0].state != "missing";
  if (!begun && !more.empty()) result.stages.clear();  // a study's, or one of a program alone
  for (const StageStatus& stage : result.stages)
    if (result.next.empty() && stage.state != "done") result.next = next_of(stage.command, options.out);
  if (result.next.empty() && begun && !folder.has("report.html"))
    for (const char* wanted : {"cosim", "ablate", "report"})
      for (const RecordedStage& stage : others)
        if (result.next.empty() && stage.command == std::string(wanted) && !folder.has(stage.record))
          result.next = next_of(wanted, options.out);
  result.stages.insert(result.stages.end(), more.begin(), more.end());
  return result;
}

json StatusResult::to_json() const {
  json list = json::array();
  for (const StageStatus& stage : stages)
    list.push_back({{"command", stage.command}, {"state", stage.state}, {"note", stage.note}});
  return {{"stages", list}, {"next", next}};
}

}  // namespace wd::flow
