// SPDX-License-Identifier: Apache-2.0
#include "cli/report/results.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "cli/report/result_keys.hpp"
#include "hw/arch/arch.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

struct Part {
  const char* file;
  const char* subcommand;
  json Results::*value;
  std::span<const Need> needs;
};

const Part parts[] = {{"train.json", "train", &Results::train, train_needs},
                      {"compress.json", "compress", &Results::compress, compress_needs},
                      {"compile.json", "compile", &Results::compile, compile_needs},
                      {"run.json", "run", &Results::run, run_needs},
                      {"cosim.json", "cosim", &Results::cosim, cosim_needs},
                      {"ablation.json", "ablate", &Results::ablation, ablation_needs}};

const char* expected(Kind kind) {
  switch (kind) {
    case Kind::number:
      return "a finite number";
    case Kind::amount:
      return "a number of at least 0";
    case Kind::positive:
      return "a number above 0";
    case Kind::whole:
      return "a whole number of at least 0";
    case Kind::amount_or_null:
      return "a number of at least 0, or null";
    case Kind::fraction:
      return "a number from 0 to 1";
    case Kind::fraction_or_null:
      return "a number from 0 to 1, or null";
    case Kind::text:
      return "a text";
    case Kind::text_or_null:
      return "a text or null";
    case Kind::flag:
      return "true or false";
    case Kind::flag_or_null:
      return "true, false or null";
    case Kind::texts:
      return "an array of texts";
    case Kind::object:
      return "a JSON object";
    case Kind::digest:
      return "a SHA-256";
    case Kind::engines:
      return "an array of engines: golden, fast, systemc, rtl";
    case Kind::phase:
      return "\"fp32\" or \"fp8\"";
  }
  return "";
}

bool is_engine(const std::string& name) {
  return std::find(std::begin(engine_names), std::end(engine_names), name) != std::end(engine_names);
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

template <typename Condition>
bool all_of(const json& array, Condition holds) {
  if (!array.is_array()) return false;
  return std::all_of(array.begin(), array.end(), holds);
}

bool fits(const json& value, Kind kind) {
  const auto between = [&](double low, double high) {
    return value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() >= low &&
           value.get<double>() <= high;
  };
  constexpr double huge = 1e300;
  switch (kind) {
    case Kind::number:
      return between(-huge, huge);
    case Kind::amount:
      return between(0, huge);
    case Kind::positive:
      return between(1e-300, huge);
    case Kind::whole:
      return between(0, 1e18) && std::floor(value.get<double>()) == value.get<double>();
    case Kind::amount_or_null:
      return value.is_null() || between(0, huge);
    case Kind::fraction:
      return between(0, 1);
    case Kind::fraction_or_null:
      return value.is_null() || between(0, 1);
    case Kind::text:
      return value.is_string();
    case Kind::text_or_null:
      return value.is_null() || value.is_string();
    case Kind::flag:
      return value.is_boolean();
    case Kind::flag_or_null:
      return value.is_null() || value.is_boolean();
    case Kind::phase:
      return value == "fp32" || value == "fp8";
    case Kind::object:
      return value.is_object();
    case Kind::digest:
      return value.is_string() && is_digest(value.get<std::string>());
    case Kind::texts:
      return all_of(value, [](const json& element) { return element.is_string(); });
    case Kind::engines:
      return all_of(value, [](const json& element) {
        return element.is_string() && is_engine(element.get<std::string>());
      });
  }
  return false;
}

/// Walks one needed path; knows the file for its messages.
class Checker {
 public:
  Checker(const Results& results, const Part& part)
      : origin_((results.folder / part.file).string()),
        remedy_(text("; run `whitedwarf ", part.subcommand, "`, which writes this file")) {}

  void need(const json& value, std::string_view path, const std::string& done, Kind kind) const {
    if (path.empty()) {
      WD_REQUIRE(fits(value, kind), origin_, ": key '", done, "' is ", shown(value), ", must be ",
                 expected(kind), remedy_);
      return;
    }
    const std::size_t dot = path.find('.');
    std::string_view step = path.substr(0, dot);
    const std::string_view rest = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    const std::string prefix = done.empty() ? done : done + ".";
    WD_REQUIRE(value.is_object(), origin_, done.empty() ? "" : ": key '" + done + "'",
               ": must be a JSON object", remedy_);
    if (step == "*") {
      WD_REQUIRE(!value.empty(), origin_, ": key '", done, "' is empty", remedy_);
      for (const auto& item : value.items()) need(item.value(), rest, prefix + item.key(), kind);
      return;
    }
    const bool each = step.ends_with("[]");
    if (each) step.remove_suffix(2);
    const std::string name = prefix + std::string(step);
    const auto found = value.find(step);
    WD_REQUIRE(found != value.end(), origin_, ": key '", name, "' is missing", remedy_);
    if (!each) return need(*found, rest, name, kind);
    WD_REQUIRE(found->is_array() && !found->empty(), origin_, ": key '", name,
               "' must be an array with at least one element", remedy_);
    for (std::size_t i = 0; i < found->size(); ++i) need((*found)[i], rest, text(name, "[", i, "]"), kind);
  }

  /// With a remedy of its own.
  template <typename... Reason>
  [[noreturn]] void refuse(const Reason&... reason) const {
    fail(origin_, ": ", reason...);
  }

  template <typename... Reason>
  void require(bool condition, const Reason&... reason) const {
    WD_REQUIRE(condition, origin_, ": ", text(reason...), remedy_);
  }

 private:
  std::string origin_, remedy_;
};

void check_energy(const Checker& checker, const json& energy) {
  double sum = 0;
  for (const json& block : energy.at("blocks")) sum += number(block, "picojoule");
  const double chip = number(energy, "chip_picojoule");
  checker.require(std::abs(sum - chip) <= 1e-3 * chip, "energy.blocks add up to ", sum,
                  " pJ, energy.chip_picojoule is ", chip);
}

/// What layers take and what is between them make up the chip's.
void check_layer_energies(const Checker& checker, const json& run) {
  double sum = number(run.at("between_layers").at("energy"), "chip_picojoule");
  for (const json& layer : run.at("layers")) sum += number(layer.at("energy"), "chip_picojoule");
  const double chip = number(run.at("energy"), "chip_picojoule");
  checker.require(std::abs(sum - chip) <= 1e-3 * chip, "layers and between_layers add up to ", sum,
                  " pJ, energy.chip_picojoule is ", chip);
}

void check_sizes(const Checker& checker, const json& compress) {
  const double parts_known = number(compress, "norm_bytes") + number(compress, "description_bytes") +
                             number(compress, "container_bytes");
  checker.require(parts_known <= number(compress, "compressed_bytes"),
                  "norm_bytes, description_bytes and container_bytes add up to more than compressed_bytes");
}

void check_layers(const Checker& checker, const json& layers) {
  for (const json& layer : layers)
    checker.require(number(layer, "run_cycles") <= number(layer, "cycles"), "layers: ", layer.at("name"),
                    " has more run_cycles than cycles");
}

void check_entries(const Checker& checker, const json& entries) {
  std::set<std::string> names;
  for (const json& entry : entries) {
    const auto name = entry.at("name").get<std::string>();
    checker.require(names.insert(name).second, "entries has two named '", name, "'");
    for (const auto& [key, kind] : {std::pair{"arch", Kind::object}, std::pair{"extrapolated", Kind::texts}})
      if (entry.contains(key))  // old files lack them
        checker.need(entry.at(key), "", text("entries of ", name, ".", key), kind);
  }
  checker.require(entries[0].at("name") == "baseline", "the first of entries must be 'baseline'");
}

void check_engines(const Checker& checker, const json& run) {
  const json engines = run.is_object() ? run.value("engines", json()) : json();
  if (engines.is_object())
    for (const auto& item : engines.items())
      checker.require(is_engine(item.key()), "key 'engines': '", item.key(), "' is no engine");
  if (run.is_object() && engines.is_object() && !run.contains("layers"))
    checker.refuse(
        "has no figures per layer, which the engine fast counts; run `whitedwarf run` with --engines that "
        "include fast");
}

/// Figures of other images than the data set's.
void check_inputs(const Results& results) {
  for (const int stage : {3, 4, 5}) {
    const json& value = results.*parts[stage].value;
    const json inputs = value.is_object() ? value.value("inputs", json()) : json();
    if (inputs.is_string())
      Checker(results, parts[stage])
          .refuse("was made with ", inputs.get<std::string>(), "; run `whitedwarf ", parts[stage].subcommand,
                  "` again without --inputs and --data random");
  }
}

/// One step of the chain from the trained model to the figures.
struct Tie {
  int maker, user;  // of `parts`
  const char *key, *product;
};

constexpr Tie ties[] = {{0, 1, "model_sha256", "model"},     {1, 2, "compressed_sha256", "compressed model"},
                        {2, 3, "program_sha256", "program"}, {2, 4, "program_sha256", "program"},
                        {2, 5, "program_sha256", "program"}, {1, 5, "compressed_sha256", "compressed model"}};

/// Refuses to mix what stages made of different files; stages that are not there agree with all.
void check_ties(const Results& results) {
  for (const Tie& tie : ties) {
    const Part &maker = parts[tie.maker], &user = parts[tie.user];
    const json &made = results.*maker.value, &used = results.*user.value;
    if (maker.value == &Results::train && has_seeds(made)) continue;
    if (!made.is_null() && !used.is_null() && made.at(tie.key) != used.at(tie.key))
      Checker(results, user)
          .refuse("was made with another ", tie.product, " than ", maker.file, "; run `whitedwarf ",
                  user.subcommand, "` again");
  }
}

/// Refuses figures with elements switched off.
void check_switches(const Results& results) {
  for (const int stage : {3, 4}) {
    const Checker checker(results, parts[stage]);
    const json& value = results.*parts[stage].value;
    const std::string again =
        std::string("; run `whitedwarf ") + parts[stage].subcommand + "` again without --";
    if (value.at("switches") != arch::Switches{}.bits())
      checker.refuse("was made with switches off", again, "off");
    const json& window = value.at("window");
    if (window != 0 && window != results.compile.at("arch").value("window", json()))
      checker.refuse("was made with --window ", window, again, "window");
  }
}

/// A part's keys, and what its figures must add up to.
void check_part(const Results& results, const Part& part) {
  const Checker checker(results, part);
  const json& value = results.*part.value;
  if (part.value == &Results::train && has_seeds(value)) {
    checker.need(value, "accuracy_fp32.mean", "", Kind::fraction);
    checker.need(value, "runs[].seed", "", Kind::whole);
    return;
  }
  if (part.value == &Results::run) check_engines(checker, value);
  for (const Need& need : part.needs) checker.need(value, need.path, "", need.kind);
  if (part.value == &Results::compress) check_sizes(checker, value);
  if (part.value == &Results::ablation) check_entries(checker, value.at("entries"));
  if (part.value != &Results::run) return;
  check_layers(checker, value.at("layers"));
  check_energy(checker, value.at("energy"));
  check_layer_energies(checker, value);
}

/// A page of its own is of one training.
void refuse_seeds(const Results& results) {
  if (has_seeds(results.train))
    Checker(results, parts[0])
        .refuse(
            "is of several seeds; `whitedwarf report FOLDER --out PAGE` shows their means beside other "
            "runs, and a page of one is made in its own folder, seed_N");
}

json read_part(const std::filesystem::path& path, const Part& part) {
  return parse_json(read_file(path), path.string() + ":",
                    text("; run `whitedwarf ", part.subcommand, "` again"));
}

}  // namespace

void check(const Results& results) {
  refuse_seeds(results);
  check_engines(Checker(results, parts[3]), results.run);
  check_inputs(results);
  for (const Part& part : parts) check_part(results, part);
  Checker(results, parts[3])
      .require(!results.run.at("accuracy_hw").is_null(),
               "key 'accuracy_hw' is null, must be a number from 0 to 1");
  check_ties(results);
  check_switches(results);
}

Results load_results(const std::filesystem::path& folder) {
  Results results;
  results.folder = folder;
  for (const Part& part : parts) {
    const std::filesystem::path path = folder / part.file;
    std::error_code code;
    WD_REQUIRE(std::filesystem::exists(path, code) || part.value != &Results::train ||
                   !std::filesystem::exists(folder / "import.json", code),
               path.string(), ": no such file; the report is of a training, which an imported network lacks");
    WD_REQUIRE(std::filesystem::exists(path, code), path.string(), ": no such file; run `whitedwarf ",
               part.subcommand, "`, which writes it",
               part.value == &Results::train
                   ? "; a network of random masks has no training, and so no "
                     "page of its own: `whitedwarf report RUN --out PAGE` compares such runs"
                   : "");
    results.*part.value = read_part(path, part);
    if (part.value == &Results::train) refuse_seeds(results);
  }
  check(results);
  return results;
}

Results load_present(const std::filesystem::path& folder) {
  Results results;
  results.folder = folder;
  std::string known;
  bool found = false;
  for (const Part& part : parts) {
    if (part.value == &Results::cosim || part.value == &Results::ablation)
      continue;  // nothing is taken from them
    known += (known.empty() ? "" : ", ") + std::string(part.file);
    const std::filesystem::path path = folder / part.file;
    std::error_code code;
    if (!std::filesystem::exists(path, code)) continue;
    results.*part.value = read_part(path, part);
    check_part(results, part);
    found = true;
  }
  WD_REQUIRE(found, folder.string(), ": has none of ", known,
             "; name a folder with results of `whitedwarf demo` or "
             "single stages");
  check_ties(results);
  return results;
}

json needs_json() {
  json list = json::array();
  for (const Part& part : parts)
    for (const Need& need : part.needs)
      list.push_back({{"file", part.file}, {"path", need.path}, {"must_be", expected(need.kind)}});
  return list;
}

}  // namespace wd::report
