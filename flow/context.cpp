// SPDX-License-Identifier: Apache-2.0
#include "flow/context.hpp"

#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"

namespace wd::flow {

void Context::check_stop(const char* message) const { WD_REQUIRE(!*stop_, message); }

const algo::ImageSet& Context::test_images(const std::string& dataset, const std::filesystem::path& folder,
                                           int side) {
  std::unique_ptr<algo::ImageSet>& set = images_[{dataset, folder, side}];
  if (!set)
    set = std::make_unique<algo::ImageSet>(
        algo::open_split(dataset, folder, false, true, algo::customary_size(side)));
  return *set;
}

arch::Arch resolve_arch(const ArchOptions& options) {
  if (options.arch.empty()) return {};
  const std::string origin = options.arch.string();
  const nlohmann::json value = parse_json(read_file(options.arch), origin + ":");
  WD_REQUIRE(value.is_object(), origin, ": must be a JSON object of architecture parameters");
  nlohmann::json full = arch::to_json(arch::Arch{});  // a file names what differs from the defaults
  full.update(value);
  return arch::arch_from_json(full, origin);
}

void write_json(const std::filesystem::path& path, const nlohmann::json& value) {
  write_file(path, value.dump(1) + "\n");
}

}  // namespace wd::flow
