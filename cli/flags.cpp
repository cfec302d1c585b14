// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

namespace wd::cli {
namespace {

namespace po = boost::program_options;

bool is_flag(const flow::Option& option) { return option.takes.kind == flow::Takes::Kind::nothing; }

po::options_description describe(const std::vector<flow::Option>& options) {
  po::options_description description;
  for (const flow::Option& option : options) {
    const std::string names = option.name == "help" ? "help,h" : option.name;
    if (is_flag(option))
      description.add_options()(names.c_str(), "");
    else
      description.add_options()(names.c_str(), po::value<std::string>(), "");
  }
  return description;
}

}  // namespace

void Flags::add(flow::Option option) {
  const auto same = std::find_if(options_.begin(), options_.end(),
                                 [&](const flow::Option& other) { return other.name == option.name; });
  if (same == options_.end()) return options_.push_back(std::move(option));
  WD_ASSERT(same->help == option.help && is_flag(*same) == is_flag(option));
  same->set = [first = same->set, second = option.set](const std::string& value, const std::string& shown) {
    first(value, shown);
    second(value, shown);
  };
}

void Flags::call_values(const std::vector<std::pair<std::string, std::string>>& called) {
  for (const auto& one : called) {
    const auto found = std::find_if(options_.begin(), options_.end(),
                                    [&](const flow::Option& option) { return option.name == one.first; });
    WD_ASSERT(found != options_.end());
    found->takes.called = one.second;
  }
}

void Flags::parse(const std::string& command, const std::vector<std::string>& arguments) {
  const po::options_description description = describe(options_);
  po::variables_map seen;
  try {
    // Options only: other words are refused, no abbreviation is guessed.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(description).positional({}).style(style).run(),
              seen);
  } catch (const po::error& error) {
    fail(error.what(), "; `whitedwarf ", command, " --help` lists the options");
  }
  for (const flow::Option& option : options_) {
    const auto found = seen.find(option.name);
    if (found == seen.end()) continue;
    given_.push_back(
        {option.name, is_flag(option) ? std::string() : found->second.as<std::string>(), is_flag(option)});
    option.set(given_.back().value, "--" + option.name);
  }
  if (!is_given("help")) require_rules();
}

bool Flags::is_given(const std::string& name) const {
  return std::any_of(given_.begin(), given_.end(), [&](const Given& one) { return one.name == name; });
}

void Flags::require_rules() const {
  for (const flow::Names& names : excluded_) {
    flow::Names both;
    for (const std::string& name : names)
      if (is_given(name)) both.push_back("--" + name);
    if (both.size() > 1) fail(both[0], " and ", both[1], " exclude each other; give one");
  }
  for (const auto& [name, others] : needs_) {
    const bool fits = std::any_of(others.begin(), others.end(),
                                  [this](const std::string& other) { return is_given(other); });
    WD_REQUIRE(fits || !is_given(name), "--", name, " is of --", others[0], "; give --", others[0],
               ", too, or leave it out");
  }
}

nlohmann::json Flags::to_json() const {
  using Kind = flow::Takes::Kind;
  constexpr const char* kinds[] = {"nothing", "whole", "number", "word", "text", "path"};
  constexpr const char* places[] = {"file", "folder", "new file", "new folder"};
  nlohmann::json options = nlohmann::json::array(), needs = nlohmann::json::object();
  for (const flow::Option& option : options_) {
    const flow::Takes& takes = option.takes;
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

}  // namespace wd::cli
