// SPDX-License-Identifier: Apache-2.0
#include "flow/chip.hpp"

#include <zlib.h>

#include "flow/chain.hpp"
#include "flow/engines.hpp"

namespace wd::flow {

Chip::Chip(program::Program loaded, std::string sha256, std::uint32_t crc, const arch::Switches& switches)
    : program_(std::move(loaded)), sha256_(std::move(sha256)), crc_(crc), switches_(switches) {}

Chip::Loaded& Chip::loaded(const std::string& name) {
  Loaded& found = engines_[name];
  if (!found.engine) {
    found.engine = engine_kind(name).make(program_, switches_, {.signals = with_signals_.count(name) != 0});
    found.counters = found.engine->load();
  }
  return found;
}

sim::Engine& Chip::engine(const std::string& name) { return *loaded(name).engine; }

void Chip::want_signals(const std::string& name) {
  with_signals_.insert(name);
  const auto found = engines_.find(name);
  if (found != engines_.end() && !found->second.engine->has_signals()) engines_.erase(found);
}

const arch::Counters& Chip::load_counters(const std::string& name) { return loaded(name).counters; }

Chip& load_chip(Context& context, const std::filesystem::path& folder, const arch::Switches& switches) {
  HashedFile file = read_product(Product::program, folder);
  if (context.chip && context.chip->sha256() == file.sha256 && context.chip->switches() == switches)
    return *context.chip;
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, file.bytes.data(), file.bytes.size()));
  program::Program program = program::decode_program(Container::parse(
      std::move(file.bytes), program::program_kind, file_of(Product::program, folder).string()));
  require_chain(Product::program, folder, file.sha256);
  context.chip.reset();  // its SystemC engine ends before the next one begins
  context.chip = std::make_shared<Chip>(std::move(program), file.sha256, crc, switches);
  return *context.chip;
}

}  // namespace wd::flow
