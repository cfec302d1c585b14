// SPDX-License-Identifier: Apache-2.0
#include "flow/waves.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::flow {
namespace {

constexpr std::int64_t most_cycles = std::int64_t{1} << 34;
constexpr int most_levels = 100;

}  // namespace

sim::SignalWindow cycle_window(const std::string& given, const std::string& shown) {
  const std::size_t colon = given.find(':');
  WD_REQUIRE(colon != std::string::npos, shown, " is '", given, "', must be FROM:TO, cycles, as in 0:999");
  sim::SignalWindow window;
  const auto cycle = [&](const std::string& part) {
    return static_cast<std::uint64_t>(whole_number(part, text("a cycle of ", shown), 0, most_cycles));
  };
  window.first = cycle(given.substr(0, colon));
  window.last = cycle(given.substr(colon + 1));
  WD_REQUIRE(window.first <= window.last, shown, " is ", given, ", which ends before it begins; give ", shown,
             " ", window.last, ":", window.first);
  return window;
}

void WavesOptions::declare(OptionSink& sink, const std::string& help) {
  sink.add(
      {"waves", help, "none", Takes::text("FROM:TO, cycles, as in 0:999"),
       [this](const std::string& given, const std::string& shown) { window = cycle_window(given, shown); }});
  sink.choice("waves-format", format, {"vcd", "fst"},
              "of --waves; FST is GTKWave's, a tenth of the size or less");
  sink.text("waves-scope", scope,
            "block to which --waves keeps, as wd_top.u_post of rtl, top.post of systemc (of platform: "
            "chip.core.top.post; of its axi wd_chip_shell, too)",
            "all");
  sink.whole("waves-depth", depth, 1, most_levels, "levels of blocks that --waves goes down", "all");
  for (const char* name : {"waves-format", "waves-scope", "waves-depth"}) sink.need(name, {"waves"});
  sink.call_values({{"waves", "FROM:TO"}, {"waves-scope", "BLOCK"}, {"waves-depth", "LEVELS"}});
}

void WavesOptions::require(const Names& engines, const arch::Arch& arch) const {
  if (!window) return;
  const Names given = require_signals(engines, arch, "--waves");
  WD_REQUIRE(scope.empty() || given.size() == 1, "--waves-scope is a block of one engine, ", join(given),
             " have their own; give --engines ", given.front());
}

Waves::Waves(const WavesOptions& options, const std::filesystem::path& folder, Chip& chip,
             const Names& engines, std::span<const std::uint8_t> input)
    : window_(options.window), folder_(folder), format_(options.format) {
  if (!window_) return;
  window_->scope = options.scope;
  window_->depth = options.depth;
  // All engines that count cycles count the same; this one tells at once.
  const std::uint64_t cycles = chip.engine("fast").frame(input).counters.cycles;
  WD_REQUIRE(window_->last < cycles, "--waves ", window_->first, ":", window_->last, ": the first frame has ",
             cycles, " cycles; give at most ", window_->first < cycles ? window_->first : 0, ":", cycles - 1);
  for (const std::string& name : engines)
    if (engine_kind(name).no_signals(chip.program().arch).empty()) chip.want_signals(name);
}

Waves::~Waves() {
  for (const auto& [name, file] : files_) ::unlink(file.partial.c_str());
}

void Waves::begin(sim::Engine& engine) {
  if (!window_ || !engine.has_signals()) return;
  File file;
  file.path = folder_ / text(engine.name(), ".", format_);
  file.partial = text(file.path.string(), ".", ::getpid(), "-waves.partial");
  remove_partial_files(file.path);
  file.writer = sim::make_wave_writer(sim::wave_format(format_), file.partial);
  sim::WaveWriter& writer = *file.writer;
  files_[engine.name()] = std::move(file);
  engine.watch(writer, *window_);
}

void Waves::end(const sim::Engine& engine) {
  const auto found = files_.find(engine.name());
  if (found == files_.end()) return;
  found->second.writer->finish(2 * (window_->last + 1));
  std::filesystem::rename(found->second.partial, found->second.path);
  files_.erase(found);
}

}  // namespace wd::flow
