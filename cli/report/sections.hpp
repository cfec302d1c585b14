// SPDX-License-Identifier: Apache-2.0
// Writes the sections of the page, each as one HTML section with its id; their tables and plots go to `out` too.
//
// Errors    a plot without data: wd::Error naming the plot.
// Not       checking: the results have passed check() of results.hpp.
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/exhibits.hpp"
#include "cli/report/results.hpp"

namespace wd::report {

// section_model.cpp
std::string training_section(const Results& results, const nlohmann::json& summary, Exhibits& out);
std::string size_section(const Results& results, const nlohmann::json& summary, Exhibits& out);

// section_chip.cpp
std::string sparsity_section(const Results& results, const nlohmann::json& summary, Exhibits& out);
std::string cycles_section(const Results& results, const nlohmann::json& summary, Exhibits& out);
std::string ablation_section(const Results& results, const nlohmann::json& summary, Exhibits& out);

// section_energy.cpp
std::string energy_section(const Results& results, const nlohmann::json& summary, Exhibits& out);

// section_machine.cpp
std::string engines_section(const Results& results, const nlohmann::json& summary, Exhibits& out);
std::string architecture_section(const Results& results, const nlohmann::json& summary, Exhibits& out);

}  // namespace wd::report
