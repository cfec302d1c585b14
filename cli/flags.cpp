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

void Flags::parse(const std::string& command, const std::vector<std::string>& arguments) {
  const po::options_description description = describe(options());
  po::variables_map seen;
  try {
    // Options only: other words are refused, no abbreviation is guessed.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(description).positional({}).style(style).run(),
              seen);
  } catch (const po::error& error) {
    fail(error.what(), "; `whitedwarf ", command, " --help` lists the options");
  }
  for (const flow::Option& option : options()) {
    const auto found = seen.find(option.name);
    if (found == seen.end()) continue;
    given_.push_back(
        {option.name, is_flag(option) ? std::string() : found->second.as<std::string>(), is_flag(option)});
    option.set(given_.back().value, "--" + option.name);
  }
  if (!is_given("help")) require_rules([this](const std::string& name) { return is_given(name); });
}

bool Flags::is_given(const std::string& name) const {
  return std::any_of(given_.begin(), given_.end(), [&](const Given& one) { return one.name == name; });
}

}  // namespace wd::cli
