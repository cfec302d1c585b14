// SPDX-License-Identifier: Apache-2.0
#include "flow/ablation/plan.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "flow/engines.hpp"

namespace wd::flow::ablation {
namespace {

using nlohmann::json;

/// What a variant, or an element of a sweep, changes.
struct Difference {
  std::string name;
  json config = json::object();  // a merge patch (RFC 7396) of the baseline's
  json design = json::object();  // knobs

  /// Knobs, and the configuration's keys with dots.
  Names changed() const {
    Names names;
    for (const auto& item : design.items()) names.push_back(item.key());
    add_leaves(config, "", names);
    return names;
  }

 private:
  static void add_leaves(const json& value, const std::string& path, Names& names) {
    for (const auto& item : value.items()) {
      const std::string name = path.empty() ? item.key() : path + "." + item.key();
      if (item.value().is_object() && !item.value().empty())
        add_leaves(item.value(), name, names);
      else
        names.push_back(name);
    }
  }
};

/// Whether one of two names of changed things is the other or part of it.
bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + ".") || b.starts_with(a + ".");
}

class Reader {
 public:
  /// @param ordered the same value, which tells the order of the variants
  Reader(const json& value, const nlohmann::ordered_json& ordered, const std::filesystem::path& base,
         const std::filesystem::path& folder, const std::string& origin)
      : reader_(value, origin), base_(base) {
    plan_.origin = origin;
    plan_.name = read_name(reader_);
    read_source(folder);
    reader_.read_between("images", 1, most_images, plan_.images);
    if (reader_.has("design")) set_knobs(design_, reader_.child("design"), origin + ": design");
    if (reader_.has("variants")) read_variants(reader_.child("variants"), ordered.at("variants"));
    if (reader_.has("sweep")) read_sweep(reader_.child("sweep"));
    reader_.refuse_unknown();
    add_rows();
  }

  Plan plan() && { return std::move(plan_); }

 private:
  void read_source(const std::filesystem::path& folder) {
    if (!reader_.has("config")) {
      plan_.model = reader_.has("model") ? base_ / reader_.get<std::string>("model") : folder;
      for (const char* key : {"networks", "seeds"})
        WD_REQUIRE(!reader_.has(key), plan_.origin, ": '", key,
                   "' is of studies that make their networks; give 'config' with it, or leave it out");
      reader_.read_between("accuracy_images", 1, most_images, plan_.accuracy_images);
      plan_.networks.push_back({baseline_name, {}});
      return;
    }
    WD_REQUIRE(
        !reader_.has("model"), plan_.origin,
        ": 'config' and 'model' exclude each other; give the configuration of networks to make, or the "
        "folder of one that is there");
    WD_REQUIRE(!reader_.has("accuracy_images"), plan_.origin,
               ": 'accuracy_images' is of a given model; a training's accuracy is that of all test images");
    const std::filesystem::path file = base_ / reader_.get<std::string>("config");
    config_ = parse_json(read_file(file), file.string() + ":");
    const bool random = reader_.has("networks") && reader_.get_word("networks", {"trained", "random"}) == 1;
    plan_.source = random ? Source::random : Source::trained;
    if (plan_.source == Source::trained)
      plan_.seeds = read_seeds(reader_);
    else
      WD_REQUIRE(!reader_.has("seeds"), plan_.origin,
                 ": 'seeds' are of trainings; leave them out, or let 'networks' be \"trained\"");
  }

  /// @param knobs an object
  static void set_knobs(Design& design, const json& knobs, const std::string& origin) {
    WD_REQUIRE(knobs.is_object(), origin, " is ", shown(knobs), ", must be an object of knobs and values");
    for (const auto& item : knobs.items()) {
      WD_REQUIRE(item.key() != "model", origin, ": 'model' is no knob of an ablation; make a study for each");
      explore::set_knob(design, item.key(), item.value(), {}, origin);
    }
  }

  void read_variants(const json& variants, const nlohmann::ordered_json& ordered) {
    WD_REQUIRE(variants.is_object(), plan_.origin, ": 'variants' is ", shown(variants),
               ", must be an object of differences");
    for (const auto& item : ordered.items()) {
      require_folder_name(item.key(), plan_.origin);
      const std::string where = text(plan_.origin, ": variants: ", item.key());
      WD_REQUIRE(item.key() != baseline_name, where,
                 ": is the name of the row without differences; choose another");
      JsonReader reader(variants.at(item.key()), where);
      Difference one{item.key()};
      if (reader.has("config")) one.config = reader.child("config");
      if (reader.has("design")) one.design = reader.child("design");
      reader.refuse_unknown();
      WD_REQUIRE(one.config.is_object(), where, ": 'config' is ", shown(one.config), ", must be an object");
      WD_REQUIRE(one.config.empty() || plan_.source != Source::given, where,
                 ": 'config' is of studies that make their networks; give the study 'config', too");
      Design tried = design_;
      set_knobs(tried, one.design, where + ": design");
      variants_.push_back(std::move(one));
    }
  }

  Difference element(const std::string& name) const {
    for (const Difference& one : variants_) {
      if (one.name != name) continue;
      WD_REQUIRE(!explore::is_on_or_off(name), plan_.origin, ": sweep: '", name,
                 "' is a variant of the study and a switch; give the variant another name");
      return one;
    }
    Names known;
    for (const std::string& knob : explore::knobs())
      if (explore::is_on_or_off(knob)) known.push_back(knob);
    WD_REQUIRE(explore::is_on_or_off(name), plan_.origin, ": sweep: '", name,
               "' is neither a variant of the study nor a switch; switches are ", join(known));
    return {name, json::object(), {{name, !explore::is_on(design_, name)}}};
  }

  void read_sweep(const json& value) {
    if (value == "switches") {
#define ARCH_SWITCH(name, sv, value, meaning) plan_.sweep.push_back(#name);
#include "hw/arch/switches.def"
    } else {
      plan_.sweep = reader_.get<Names>("sweep");
    }
    const Names& names = plan_.sweep;
    WD_REQUIRE(!names.empty(), plan_.origin,
               ": 'sweep' is empty; name switches or variants, or leave it out");
    WD_REQUIRE(names.size() <= most_elements, plan_.origin, ": 'sweep' has ", names.size(),
               " elements, which are 2^", names.size(), " points; at most ", most_elements,
               " are tried together, make several studies of it");
    for (const std::string& name : names) {
      WD_REQUIRE(std::count(names.begin(), names.end(), name) == 1, plan_.origin, ": 'sweep' names '", name,
                 "' twice; name it once");
      elements_.push_back(element(name));
    }
    for (std::size_t a = 0; a < elements_.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        for (const std::string& one : elements_[a].changed())
          for (const std::string& other : elements_[b].changed())
            WD_REQUIRE(!overlap(one, other), plan_.origin, ": sweep: '", names[b], "' and '", names[a],
                       "' both change '", one, "'; leave one of them out");
  }

  /// The baseline with these differences. @param name of the row, and of its network if it is a new one
  Row row(const std::string& name, const std::vector<const Difference*>& differences) {
    const std::string where = text(plan_.origin, ": ", name);
    Row row{name, {}, 0, design_};
    json config = config_;
    Names folder;
    for (const Difference* one : differences) {
      for (const std::string& changed : one->changed()) row.changed.push_back(changed);
      set_knobs(row.design, one->design, where + ": design");
      config.merge_patch(one->config);
      if (!one->config.empty()) folder.push_back(one->name);
    }
    const std::string fault = explore::design_fault(row.design);
    WD_REQUIRE(fault.empty(), where, ": no such chip can be built: ", fault, "; change the row's 'design'");
    if (plan_.source != Source::given) {
      std::string its;
      for (const std::string& part : folder) its += (its.empty() ? "" : "__") + part;
      row.network = network(its.empty() ? baseline_name : its, algo::config_from_json(config, where));
    }
    return row;
  }

  std::size_t network(const std::string& name, const algo::TrainConfig& config) {
    WD_REQUIRE(!config.distillation.on(), plan_.origin, ": ", name,
               ": 'distillation' is of `train` and `study`; train the network and ablate its folder");
    const std::string content = content_of(config).dump();
    const auto [at, fresh] = networks_.try_emplace(content, plan_.networks.size());
    if (!fresh) return at->second;
    WD_REQUIRE(std::none_of(plan_.networks.begin(), plan_.networks.end(),
                            [&](const NamedConfig& known) { return known.name == name; }),
               plan_.origin, ": variants: ", name,
               ": is also the folder of a combination of the sweep; give the variant another name");
    plan_.networks.push_back({name, config});
    return at->second;
  }

  void add_rows() {
    std::map<std::string, std::string> seen;  // names by content
    const auto add = [&](const Row& row) {
      const std::string content = text(row.network, explore::content_of(row.design));
      const auto [at, fresh] = seen.try_emplace(content, row.name);
      WD_REQUIRE(fresh, plan_.origin, ": variants '", at->second, "' and '", row.name,
                 "' are the same; leave one out, or give it a difference");
      plan_.rows.push_back(row);
    };
    add(row(baseline_name, {}));
    for (const Difference& one : variants_) add(row(one.name, {&one}));
    for (std::size_t n = 0; !elements_.empty() && n < std::size_t{1} << elements_.size(); ++n) {
      std::vector<const Difference*> applied;
      std::string name;
      for (std::size_t i = 0; i < elements_.size(); ++i) {
        if ((n >> i & 1) == 0) continue;
        applied.push_back(&elements_[i]);
        name += (name.empty() ? "" : "+") + elements_[i].name;
      }
      plan_.points.push_back(row(name.empty() ? baseline_name : name, applied));
    }
    if (plan_.source != Source::given) require_same_data(plan_.networks, plan_.origin);
  }

  JsonReader reader_;
  std::filesystem::path base_;
  Plan plan_;
  json config_;    // of the baseline's training
  Design design_;  // of the baseline
  std::vector<Difference> variants_, elements_;
  std::map<std::string, std::size_t> networks_;  // by content
};

}  // namespace

const Row& Plan::row(const std::string& wanted) const {
  // Elements may be named in any order.
  const auto parts_of = [](const std::string& of) {
    std::multiset<std::string> parts;
    std::istringstream in(of);
    for (std::string part; std::getline(in, part, '+');) parts.insert(part);
    return parts;
  };
  const auto elements = parts_of(wanted);
  Names known;
  for (const std::vector<Row>* list : {&rows, &points})
    for (const Row& one : *list) {
      if (one.name == wanted || (list == &points && parts_of(one.name) == elements)) return one;
      if (list == &rows) known.push_back(one.name);
    }
  fail("--row is '", wanted, "', which ", origin, " has not; it has ", join(known),
       sweep.empty() ? std::string() : ", and elements of its sweep joined by '+': " + join(sweep));
}

Plan read_plan(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const json value = parse_json(read_file(path), path.string() + ":");
  const auto ordered = nlohmann::ordered_json::parse(read_file(path));
  return Reader(value, ordered, path.parent_path(), folder, path.string()).plan();
}

}  // namespace wd::flow::ablation
