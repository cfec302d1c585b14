// SPDX-License-Identifier: Apache-2.0
// Pictures of an exploration: the first objective against each other one, and a page with the front's table.
//
// Test      explore_test.sh
#pragma once

#include <string>

#include "cli/report/exhibits.hpp"
#include "flow/explore/explore.hpp"

namespace wd::cli {

/// Says how many points of the front are as good as each other, if any are.
std::string ties(const flow::explore::ExploreResult& result);
/// Says that no point keeps to the constraints, and which one lacks least; empty where one does, or none was measured.
std::string no_front(const flow::explore::ExploreResult& result);
/// A file of its own, of the first two objectives; with one objective, of the points in their order.
std::string explore_picture(const flow::explore::ExploreResult& result);
/// @param out gets the page's tables and plots.
std::string explore_page(const flow::explore::ExploreResult& result, report::Exhibits& out);

}  // namespace wd::cli
