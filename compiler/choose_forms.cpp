// SPDX-License-Identifier: Apache-2.0
#include "compiler/choose_forms.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/integer.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::compiler {
namespace {

constexpr double beat_price = 1.0 / 8;  // in cycles
// Zero activations are skipped, and positions outside of the tensor: layers of HFN-ResNet-50 (30 % kept) take 0.69 to 0.94 of their walks.
constexpr double walked_share = 0.7;
constexpr double setup_cycles = 1, post_block_cycles = 4;  // of a tile

std::size_t beats(const BurstForm& form) { return form.bytes.size() / program::beat_bytes; }

std::size_t smallest(const PartForms& part) {
  std::size_t best = 0;
  for (std::size_t f = 1; f < part.forms.size(); ++f)
    if (beats(part.forms[f]) < beats(part.forms[best])) best = f;
  return best;
}

bool in_stripes(const Schedule& schedule) {
  return std::any_of(schedule.pieces.begin(), schedule.pieces.end(), [](const Piece& piece) {
    return std::any_of(piece.runs.begin(), piece.runs.end(), [](const Run& run) { return run.layer >= 0; });
  });
}

class Frame {
 public:
  Frame(const std::vector<std::vector<PartForms>>& forms, const std::vector<LoweredStep>& steps,
        const Schedule& schedule, const Options& options)
      : forms_(forms), steps_(steps), schedule_(schedule), options_(options) {}

  /// With the forms that are chosen now.
  double cost() const {
    double cost = 0;
    for (const Piece& piece : schedule_.pieces) cost += piece.iterations * of(piece);
    return cost;
  }

 private:
  double of(const Piece& piece) const {
    double now = 0, port = 0, price = 0;  // when the run before has ended, and the last burst
    std::vector<double> arrives(piece.transfers.size(), 0);
    std::size_t queued = 0, waited = 0;
    for (std::size_t r = 0; r < piece.runs.size(); ++r) {
      const auto queue = [&](auto while_true) {
        for (; queued < piece.transfers.size() && while_true(piece.transfers[queued]); ++queued)
          arrives[queued] = port = std::max(now, port) + of(piece.transfers[queued], price);
      };
      queue([&](const Transfer& t) { return t.issue == r && t.first_run == r; });
      for (; waited < piece.transfers.size() && piece.transfers[waited].first_run == r; ++waited)
        now = std::max(now, arrives[waited]);
      queue([&](const Transfer& t) { return t.issue == r; });
      now += of(piece.runs[r]);
    }
    return std::max(now, port) + price;
  }

  double of(const Transfer& transfer, double& price) const {
    const double latency = options_.arch.memory_latency + 1;
    if (transfer.kind != Transfer::Kind::weights) return latency + 4.0 * transfer.rows;
    const PartForms& part = forms_[transfer.step][transfer.item];
    const BurstForm& form = part.forms[part.chosen];
    price += beat_price * static_cast<double>(beats(form));
    return latency + form.cycles;
  }

  double of(const Run& run) const {
    double cycles = 0;
    for (std::size_t p = run.first_part; p < run.first_part + run.parts; ++p) {
      const Part& part = schedule_.parts[run.step][p];
      const LoweredConv& conv = steps_[run.step].convs[part.conv];
      const int high = ceil_div(conv.out_h, options_.arch.groups_y),
                wide = ceil_div(conv.out_w * options_.batch, options_.arch.groups_x);
      const double post = setup_cycles + post_block_cycles * options_.arch.pes_per_group / arch::block;
      // The kernel positions of one output pixel are spread over the groups.
      const int turns = conv.conv->pooled
                            ? ceil_div(conv.kernel_h * conv.kernel_w * options_.batch, options_.arch.groups())
                            : 1;
      cycles += high * wide * (walked_share * turns * forms_[run.step][p].tile_cycles + part.tiles * post);
    }
    return cycles * (run.loop ? steps_[run.step].loop_count : 1);
  }

  const std::vector<std::vector<PartForms>>& forms_;
  const std::vector<LoweredStep>& steps_;
  const Schedule& schedule_;
  const Options& options_;
};

}  // namespace

double cycles_of_tile(std::span<const program::WeightRow> rows, int planes, const arch::Arch& arch) {
  std::vector<double> walked(index(arch.pes_per_group), 0);  // until when each walker has work
  std::vector<double> ends(index(arch.window), 0);           // of the last rows, in a ring
  double issue = 0;
  std::size_t number = 0;
  for (std::size_t r = 0; r < rows.size();) {
    const auto together = index(std::min<int>(arch.planes_per_row, planes - static_cast<int>(r) % planes));
    issue = std::max(issue + 1, ends[number % ends.size()]);
    double& end = ends[number++ % ends.size()];
    for (std::size_t pe = 0; pe < walked.size(); ++pe) {
      std::uint64_t positions = 0;
      for (std::size_t plane = 0; plane < together; ++plane) positions |= rows[r + plane][pe].mask;
      walked[pe] = std::max(walked[pe], issue) + std::popcount(positions);
      end = std::max(end, walked[pe]);
    }
    r += together;
  }
  return *std::max_element(ends.begin(), ends.end());
}

void choose_forms(std::vector<std::vector<PartForms>>& forms, const std::vector<LoweredStep>& steps,
                  const Schedule& schedule, const Options& options) {
  for (std::vector<PartForms>& step : forms)
    for (PartForms& part : step) part.chosen = smallest(part);
  if (!options.weigh_cycles || schedule.weights_resident || in_stripes(schedule)) return;
  const Frame frame(forms, steps, schedule, options);
  double cost = frame.cost();
  // A form may save time only once those before it do, and none any more once those behind it do.
  constexpr int sweeps = 2;
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (std::vector<PartForms>& step : forms)
      for (PartForms& part : step)
        for (std::size_t f = 0; f < part.forms.size(); ++f) {
          const std::size_t before = std::exchange(part.chosen, f);
          const double now = frame.cost();
          if (now < cost)
            cost = now;
          else
            part.chosen = before;
        }
}

}  // namespace wd::compiler
