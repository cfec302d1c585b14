// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/mask_set.hpp"

#include <algorithm>
#include <cmath>

#include "algo/supermask/distribution.hpp"
#include "algo/supermask/threshold_search.hpp"
#include "algo/supermask/weight_flags.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t part_size = 1 << 14;   // weights of one piece of work
constexpr std::size_t block_size = 1 << 11;  // weights whose arrays share the first-level cache

void require_fractions(const std::vector<double>& pruned, std::size_t coats, const std::string& origin) {
  WD_REQUIRE(pruned.size() == coats, origin, ": 'pruned' has ", pruned.size(), " fractions for ", coats,
             " coats; start afresh");
  double last = 0;
  for (double q : pruned) {
    WD_REQUIRE(q >= last && q < 1, origin, ": 'pruned' holds ", q,
               ", fractions must ascend and lie in 0 to 1 (1 excluded); start afresh");
    last = q;
  }
}

}  // namespace

/// How the weights are cut into pieces of work and ranked.
struct MaskSet::Work {
  struct Part {
    std::size_t layer, begin, count;
    int ranking;         // -1: no thresholds to find
    std::size_t number;  // among its ranking's parts
  };
  struct Ranking {
    std::vector<std::size_t> layers;
    ThresholdSearch search;
    bool done = false;
  };
  std::vector<Part> parts;
  std::vector<Ranking> rankings;
  std::vector<int> ranking_of;    // layer -> ranking
  std::vector<std::size_t> kept;  // per part
};

MaskSet::~MaskSet() = default;
MaskSet::MaskSet(MaskSet&&) noexcept = default;
MaskSet& MaskSet::operator=(MaskSet&&) noexcept = default;

MaskSet::MaskSet(const std::vector<WeightShape>& shapes, const MaskConfig& config, std::uint64_t seed,
                 ThreadPool* pool)
    : config_(config) {
  WD_ASSERT(!shapes.empty());
  ThreadPool alone(1);
  ThreadPool& threads = pool != nullptr ? *pool : alone;
  pruned_ = adaptive() ? std::vector<double>{config.pruned.front()} : config.pruned;
  std::vector<WeightShape> masked;  // dense layers take no part in the distributions
  const auto is_dense = [&](std::size_t l) {
    return config.method == MaskMethod::dense || (config.dense_first && l == 0) ||
           (config.dense_last && l + 1 == shapes.size());
  };
  for (std::size_t l = 0; l < shapes.size(); ++l)
    if (!is_dense(l)) masked.push_back(shapes[l]);
  const std::vector<double> densities =
      layer_densities(config.distribution, masked, 1 - config.pruned.front());
  const std::vector<LayerFreeze> freezes = layer_freezes(config.freeze, masked, densities);
  for (std::size_t l = 0, m = 0; l < shapes.size(); ++l) {
    LayerPlan plan{MaskMethod::dense, {}, {}};
    densities_.push_back(is_dense(l) ? 1 : densities[m]);
    if (!is_dense(l)) plan = {config.method, layer_pruned(l), freezes[m++]};
    masks_.emplace_back(shapes[l], config, plan, seed, static_cast<std::uint32_t>(l), &threads);
  }
  plan_work();
  refresh(threads);
}

std::vector<double> MaskSet::layer_pruned(std::size_t layer) const {
  return config_.distribution == Distribution::uniform ? pruned_ : scaled_coats(pruned_, densities_[layer]);
}

void MaskSet::plan_work() {
  work_ = std::make_unique<Work>();
  std::vector<std::vector<std::size_t>> ranked;  // layers of each ranking
  const bool global = config_.scope == MaskScope::global, masked = config_.method == MaskMethod::supermask;
  for (std::size_t l = 0; l < size(); ++l) {
    work_->ranking_of.push_back(-1);
    if (!masked || masks_[l].dense()) continue;
    if (!global || ranked.empty()) ranked.emplace_back();
    ranked.back().push_back(l);
    work_->ranking_of.back() = static_cast<int>(ranked.size()) - 1;
  }
  std::vector<std::size_t> numbers(ranked.size());
  for (std::size_t l = 0; l < size(); ++l)
    for (std::size_t begin = 0; begin < masks_[l].count(); begin += part_size) {
      const int ranking = work_->ranking_of[l];
      const std::size_t number = ranking < 0 ? 0 : numbers[static_cast<std::size_t>(ranking)]++;
      work_->parts.push_back({l, begin, std::min(part_size, masks_[l].count() - begin), ranking, number});
    }
  work_->kept.resize(work_->parts.size());
  for (std::size_t r = 0; r < ranked.size(); ++r)
    work_->rankings.push_back({ranked[r], ThresholdSearch(numbers[r], pruned_.size())});
}

void MaskSet::set_coats(const std::vector<double>& pruned) {
  pruned_ = pruned;
  spread_coats();
  plan_work();
}

/// The coats in effect over the layers.
void MaskSet::spread_coats() {
  std::vector<WeightShape> masked;
  for (const Supermask& mask : masks_)
    if (!mask.dense()) masked.push_back(mask.shape());
  const std::vector<double> densities = layer_densities(config_.distribution, masked, 1 - pruned_.front());
  for (std::size_t l = 0, m = 0; l < masks_.size(); ++l) {
    if (masks_[l].dense()) continue;
    densities_[l] = densities[m++];
    masks_[l].set_pruned(layer_pruned(l));
  }
}

void MaskSet::warm_up(double epoch) {
  if (!config_.sparsity_warmup.any()) return;
  const std::vector<double> pruned = warmed_coats(config_, epoch);
  if (pruned == pruned_) return;
  pruned_ = pruned;
  spread_coats();
}

std::vector<ScoreSegment> MaskSet::segments(const std::vector<std::size_t>& layers) const {
  std::vector<ScoreSegment> segments;
  for (std::size_t l : layers) segments.push_back(masks_[l].segment());
  return segments;
}

void MaskSet::gather(std::size_t part, std::size_t begin, std::size_t count) {
  const Work::Part& piece = work_->parts[part];
  const ScoreSegment all = masks_[piece.layer].segment();
  work_->rankings[static_cast<std::size_t>(piece.ranking)].search.gather(
      piece.number, count, all.scores + begin, all.flags == nullptr ? nullptr : all.flags + begin);
}

void MaskSet::expect(ThreadPool& pool) {
  pool.run(work_->rankings.size(), [&](std::size_t r) {
    Work::Ranking& ranking = work_->rankings[r];
    ranking.search.expect(segments(ranking.layers), masks_[ranking.layers.front()].pruned());
    ranking.done = false;
  });
}

/// From what was gathered: thresholds, then weights.
void MaskSet::mask(ThreadPool& pool) {
  bool done = true;
  for (int attempt = 0; attempt < 2; ++attempt) {
    pool.run(work_->rankings.size(), [&](std::size_t r) {
      Work::Ranking& ranking = work_->rankings[r];
      if (ranking.done) return;
      ranking.done = ranking.search.finish();
      if (ranking.done) return;
      if (attempt == 0)
        ranking.search.retry(segments(ranking.layers));
      else
        ranking.search.finish_by_histogram(segments(ranking.layers));
    });
    done = std::all_of(work_->rankings.begin(), work_->rankings.end(), [](const auto& r) { return r.done; });
    if (done || attempt == 1) break;
    pool.run(work_->parts.size(), [&](std::size_t p) {
      const Work::Part& part = work_->parts[p];
      if (part.ranking >= 0 && !work_->rankings[static_cast<std::size_t>(part.ranking)].done)
        gather(p, part.begin, part.count);
    });
  }
  apply(pool);
}

void MaskSet::apply(ThreadPool& pool) {
  std::vector<std::vector<float>> thresholds(size());
  for (std::size_t l = 0; l < size(); ++l)
    if (!masks_[l].dense())
      thresholds[l] =
          work_->ranking_of[l] < 0
              ? masks_[l].fixed_thresholds()
              : work_->rankings[static_cast<std::size_t>(work_->ranking_of[l])].search.thresholds();
  pool.run(work_->parts.size(), [&](std::size_t p) {
    const Work::Part& part = work_->parts[p];
    if (!masks_[part.layer].dense())
      work_->kept[p] = masks_[part.layer].apply_block(part.begin, part.count, thresholds[part.layer]);
  });
  std::vector<std::size_t> kept(size());
  for (std::size_t p = 0; p < work_->parts.size(); ++p) kept[work_->parts[p].layer] += work_->kept[p];
  for (std::size_t l = 0; l < size(); ++l)
    if (!masks_[l].dense()) masks_[l].finish_refresh(thresholds[l], kept[l]);
}

void MaskSet::refresh(ThreadPool& pool) {
  expect(pool);
  pool.run(work_->parts.size(), [&](std::size_t p) {
    if (work_->parts[p].ranking >= 0) gather(p, work_->parts[p].begin, work_->parts[p].count);
  });
  mask(pool);
}

void MaskSet::score_gradients(ThreadPool& pool) {
  pool.run(work_->parts.size(), [&](std::size_t p) {
    const Work::Part& part = work_->parts[p];
    Supermask& mask = masks_[part.layer];
    mask.gradient_block(part.begin, part.count, mask.scores.gradient.data() + part.begin);
  });
}

void MaskSet::zero_gradients(ThreadPool& pool) {
  pool.run(work_->parts.size(), [&](std::size_t p) {
    const Work::Part& part = work_->parts[p];
    std::fill_n(masks_[part.layer].dweight.data() + part.begin, part.count, 0.0f);
  });
}

void MaskSet::update(ThreadPool& pool, const Optimizer& optimizer, double rate, std::uint64_t step_number) {
  expect(pool);
  for (Supermask& mask : masks_) optimizer.prepare(mask.scores);
  pool.run(work_->parts.size(), [&](std::size_t p) {
    const Work::Part& part = work_->parts[p];
    Supermask& mask = masks_[part.layer];
    Parameter& scores = mask.scores;
    const OptimizerStep step = optimizer.factors(rate, step_number, scores.decay);
    alignas(64) float gradient[block_size];
    for (std::size_t at = part.begin; at < part.begin + part.count; at += block_size) {
      const std::size_t count = std::min(block_size, part.begin + part.count - at);
      mask.gradient_block(at, count, gradient);
      std::fill_n(mask.dweight.data() + at, count, 0.0f);
      step_block(step, count, gradient, scores.value.data() + at, scores.first.data() + at,
                 scores.second.size() > 0 ? scores.second.data() + at : nullptr);
      if (part.ranking >= 0) gather(p, at, count);
    }
  });
  mask(pool);
}

std::vector<std::string> MaskSet::collapsed() const {
  std::vector<std::string> names;
  for (const Supermask& mask : masks_)
    if (!mask.dense() && mask.kept() == 0) names.push_back(mask.name());
  return names;
}

MaskStats MaskSet::stats() const {
  MaskStats total;
  for (const Supermask& mask : masks_) total.add(mask_stats(mask));
  return total;
}

void MaskSet::adapt(ThreadPool& pool) {
  WD_ASSERT(adaptive());
  const auto coats = static_cast<std::size_t>(config_.coats);
  std::size_t weights = 0;
  std::vector<std::size_t> reach(coats);  // weights at or beyond n + 1 thresholds
  for (const Supermask& mask : masks_) {
    if (mask.dense()) continue;
    weights += mask.count();
    const float first = mask.thresholds().front();
    for (std::size_t at = 0; at < mask.count(); ++at) {
      const bool locked = (mask.flags(at) & flag_locked) != 0, pruned = (mask.flags(at) & flag_pruned) != 0;
      for (std::size_t n = 0; n < coats && !pruned; ++n)
        reach[n] += locked || std::abs(mask.scores.value[at]) >= first * static_cast<float>(n + 1);
    }
  }
  adapted_ = true;
  if (weights == 0) return;
  std::vector<double> pruned{pruned_.front()};
  for (std::size_t n = 1; n < coats; ++n) {
    const double share = reach[0] == 0 ? 0 : static_cast<double>(reach[n]) / static_cast<double>(reach[0]);
    // Below 1, or a coat would have no threshold.
    const double q = 1 - std::max((1 - pruned_.front()) * share, 0.5 / static_cast<double>(weights));
    pruned.push_back(std::max(q, pruned.back()));
  }
  set_coats(pruned);
  refresh(pool);
}

nlohmann::json MaskSet::state() const { return {{"adapted", adapted_}, {"pruned", pruned_}}; }

void MaskSet::restore(const nlohmann::json& state, const std::string& origin) {
  JsonReader reader(state, origin);
  const bool adapted = reader.get<bool>("adapted");
  const auto pruned = reader.get<std::vector<double>>("pruned");
  reader.refuse_unknown();
  const bool adapts = config_.schedule == CoatSchedule::adaptive, waits = adapts && !adapted;
  require_fractions(pruned, waits ? 1 : config_.pruned.size(), origin);
  const bool warms = config_.sparsity_warmup.any() && pruned.front() >= config_.sparsity_warmup.start &&
                     pruned.front() <= config_.pruned.front();
  WD_REQUIRE(
      adapts ? pruned.front() == config_.pruned.front() : !adapted && (warms || pruned == config_.pruned),
      origin, ": 'pruned' is not of this configuration's schedule; start afresh");
  adapted_ = adapted;
  set_coats(pruned);
}

}  // namespace wd::algo
