// SPDX-License-Identifier: Apache-2.0
#include "flow/option_table.hpp"

#include <algorithm>

namespace wd::flow {

void OptionTable::add(Option option) {
  const auto same = std::find_if(options_.begin(), options_.end(),
                                 [&](const Option& other) { return other.name == option.name; });
  if (same == options_.end()) return options_.push_back(std::move(option));
  WD_ASSERT(same->help == option.help && same->takes.kind == option.takes.kind);
  same->set = [first = same->set, second = option.set](const std::string& value, const std::string& shown) {
    first(value, shown);
    second(value, shown);
  };
}

void OptionTable::call_values(const std::vector<std::pair<std::string, std::string>>& called) {
  for (const auto& one : called) {
    const auto found = std::find_if(options_.begin(), options_.end(),
                                    [&](const Option& option) { return option.name == one.first; });
    WD_ASSERT(found != options_.end());
    found->takes.called = one.second;
  }
}

void OptionTable::require_rules(const std::function<bool(const std::string& name)>& is_given) const {
  for (const Names& names : excluded_) {
    Names both;
    for (const std::string& name : names)
      if (is_given(name)) both.push_back("--" + name);
    if (both.size() > 1) fail(both[0], " and ", both[1], " exclude each other; give one");
  }
  for (const auto& [name, others] : needs_) {
    const bool fits = std::any_of(others.begin(), others.end(), is_given);
    WD_REQUIRE(fits || !is_given(name), "--", name, " is of --", others[0], "; give --", others[0],
               ", too, or leave it out");
  }
}

nlohmann::json OptionTable::to_json() const {
  using Kind = Takes::Kind;
  constexpr const char* kinds[] = {"nothing", "whole", "number", "word", "text", "path"};
  constexpr const char* places[] = {"file", "folder", "new file", "new folder"};
  nlohmann::json options = nlohmann::json::array(), needs = nlohmann::json::object();
  for (const Option& option : options_) {
    const Takes& takes = option.takes;
    nlohmann::json one{{"name", option.name},
                       {"help", option.help},
                       {"default", option.otherwise},
                       {"takes", kinds[static_cast<int>(takes.kind)]},
                       {"several", takes.several}};
    if (takes.kind == Kind::whole) one.update({{"low", takes.low}, {"high", takes.high}});
    if (takes.kind == Kind::number) one.update({{"low", takes.least}, {"high", takes.most}});
    if (takes.kind == Kind::word) one["words"] = takes.words;
    if (takes.kind == Kind::path) one["place"] = places[static_cast<int>(takes.place)];
    if (!takes.form.empty()) one["form"] = takes.form;
    if (!takes.called.empty()) one["called"] = takes.called;
    options.push_back(std::move(one));
  }
  for (const auto& [name, others] : needs_) needs[name] = others;
  return {{"options", options}, {"exclude", excluded_}, {"needs", needs}};
}

}  // namespace wd::flow
