// SPDX-License-Identifier: Apache-2.0
// What stays in the weight and normalization buffers over stripes, and when rows of values come and go.
#include "compiler/stripe_schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

using Kind = Transfer::Kind;

struct Scheduled {
  std::vector<LoweredStep> steps;
  Options options;
  Stripes stripes;
  Schedule schedule;

  Scheduled(const model::Network& network, const arch::Arch& arch) : steps(lower_steps(network, true)) {
    options.arch = arch;
    stripes = make_stripes(network, steps, options);
    REQUIRE(stripes.used());
    schedule = make_stripe_schedule(steps, stripes, arch, 4000);
  }
  const Piece& piece() const { return schedule.pieces.front(); }
  int transfers(Kind kind) const {
    return static_cast<int>(std::count_if(piece().transfers.begin(), piece().transfers.end(),
                                          [&](const Transfer& t) { return t.kind == kind; }));
  }
};

arch::Arch narrow(int act_rows, int weight_rows, int norm_rows) {
  arch::Arch arch;
  arch.act_rows = act_rows, arch.weight_rows = weight_rows, arch.norm_rows = norm_rows,
  arch.instr_rows = 4096;
  return arch;
}

}  // namespace

TEST_CASE("stripe schedule: all rows of all layers run, in stripes and parts", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  const Scheduled s(network, narrow(100, 100, 100));
  std::map<int, int> rows;
  for (const Run& run : s.piece().runs) rows[run.layer] += run.rows.count() * run.tiles;
  for (std::size_t l = 0; l < s.stripes.graph.layers.size(); ++l) {
    const StripeLayer& layer = s.stripes.graph.layers[l];
    CHECK(rows[static_cast<int>(l)] == layer.height * channel_tiles(*layer.lowered, s.options.arch));
  }
  CHECK(s.piece().runs.size() > 2 * s.stripes.graph.layers.size());
}

TEST_CASE("stripe schedule: weights and norms stay over stripes as far as there is room", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  const Scheduled roomy(network, narrow(100, 1536, 256));
  CHECK(roomy.schedule.weights_resident);
  CHECK(roomy.transfers(Kind::weights) == 0);
  CHECK(roomy.transfers(Kind::norms) == 0);
  int parts = 0;
  const Scheduled streamed(network, narrow(100, 100, 20));
  for (const auto& of : streamed.schedule.parts) parts += static_cast<int>(of.size());
  CHECK(streamed.transfers(Kind::weights) >= parts);
  const Scheduled tight(network, narrow(100, 36, 4));  // hardly more than a layer's
  CHECK(tight.transfers(Kind::weights) > streamed.transfers(Kind::weights));
  CHECK(tight.transfers(Kind::norms) > streamed.transfers(Kind::norms));
  for (const Scheduled* s : {&roomy, &streamed, &tight}) {
    std::size_t issue = 0;
    for (const Transfer& t : s->piece().transfers) {
      CHECK(t.issue >= issue);
      CHECK(t.issue <= t.first_run);
      CHECK(t.first_run <= t.last_run);
      issue = t.issue;
    }
  }
}

TEST_CASE("stripe schedule: every run finds its weights and norms, whatever the buffers", "[compiler]") {
  int kept = 0;
  for (int weight_rows : {36, 48, 64, 100, 160, 200})
    for (int norm_rows : {4, 6, 12, 30}) {
      INFO(weight_rows << " weight rows, " << norm_rows << " norm rows");
      const Scheduled s(test::tall_chain(2).network, narrow(110, weight_rows, norm_rows));
      const Piece& piece = s.piece();
      for (std::size_t r = 0; r < piece.runs.size(); ++r) {
        const Run& run = piece.runs[r];
        const Part& part = s.schedule.parts[run.step][run.first_part];
        int weights = 0, norms = 0;
        for (const Transfer& t : piece.transfers) {
          if (t.step != run.step || r < t.first_run || t.last_run < r) continue;
          weights += t.kind == Kind::weights && t.item == run.first_part;
          norms += t.kind == Kind::norms && t.item == part.conv && t.iteration == run.iteration;
          kept += t.last_run > t.first_run;
        }
        if (!s.schedule.weights_resident) CHECK(weights == 1);
        if (!s.schedule.norms_resident) CHECK(norms == 1);
      }
      for (std::size_t a = 0; a < piece.transfers.size(); ++a)  // and nothing overwrites them
        for (std::size_t b = 0; b < a; ++b) {
          const Transfer &late = piece.transfers[a], &early = piece.transfers[b];
          if (late.kind != early.kind || late.kind == Kind::rows) continue;
          if (late.row < early.row + early.rows && early.row < late.row + late.rows)
            CHECK(late.issue > early.last_run);
        }
    }
  CHECK(kept > 1000);
}

TEST_CASE("stripe schedule: loads come ahead, and not before what they bring is stored", "[compiler]") {
  const Scheduled s(test::tall_chain().network, narrow(96, 200, 60));
  const Piece& piece = s.piece();
  REQUIRE_FALSE(piece.stores.empty());
  int ahead = 0;
  for (const Transfer& t : piece.transfers) {
    if (t.kind != Kind::rows) continue;
    ahead += t.issue < t.first_run;
    for (const Store& store : piece.stores)
      if (store.burst.value == t.burst.value && store.burst.rows == t.burst.rows)
        CHECK(store.before_run <= t.issue);
    CHECK(piece.runs[t.first_run].group == t.burst.group);
  }
  CHECK(ahead > 5);
}
