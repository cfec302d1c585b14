// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

namespace wd::cli {
namespace {

namespace po = boost::program_options;

po::options_description describe(const std::vector<flow::Option>& options) {
  po::options_description description("Options");
  for (const flow::Option& option : options) {
    const std::string help =
        option.otherwise.empty() ? option.help : option.help + " (default: " + option.otherwise + ")";
    if (option.flag)
      description.add_options()(option.name.c_str(), help.c_str());
    else
      description.add_options()(option.name.c_str(), po::value<std::string>(), help.c_str());
  }
  return description;
}

}  // namespace

void Flags::add(flow::Option option) {
  const auto same = std::find_if(options_.begin(), options_.end(),
                                 [&](const flow::Option& other) { return other.name == option.name; });
  if (same == options_.end()) return options_.push_back(std::move(option));
  WD_ASSERT(same->help == option.help && same->flag == option.flag);
  same->set = [first = same->set, second = option.set](const std::string& value, const std::string& shown) {
    first(value, shown);
    second(value, shown);
  };
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
        {option.name, option.flag ? std::string() : found->second.as<std::string>(), option.flag});
    option.set(given_.back().value, "--" + option.name);
  }
}

std::string Flags::help() const {
  std::ostringstream out;
  out << describe(options_);
  return out.str();
}

}  // namespace wd::cli
