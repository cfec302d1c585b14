// SPDX-License-Identifier: Apache-2.0
#include "flow/content_key.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"

namespace wd::flow {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  constexpr std::uint64_t limit_bytes = std::uint64_t{2} << 30;  // delays of a large block
  const Bytes bytes = read_file(file, limit_bytes);
  return {bytes.begin(), bytes.end()};
}

std::string sha256_of(const std::string& text) {
  return sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

const std::string& program_identity() {
  static const std::string identity = sha256(read_file("/proc/self/exe"));
  return identity;
}

std::string sources(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ending) files.push_back(entry.path());
  WD_REQUIRE(!files.empty(), folder.string(), ": has no ", ending,
             " files; --source names WhiteDwarf's tree");
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) all += text(file.filename().string(), "\n", content(file));
  return all;
}

}  // namespace wd::flow
