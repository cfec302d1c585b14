// SPDX-License-Identifier: Apache-2.0
// Where and when transfers go: by hand, and what must hold for any.
#include "compiler/schedule.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

using Kind = Transfer::Kind;

Transfer transfer(int rows, std::size_t first_run, std::size_t last_run) {
  Transfer t;
  t.rows = rows, t.first_run = first_run, t.last_run = last_run;
  return t;
}

/// A run for each, in order.
Piece piece_of(const std::vector<int>& rows) {
  Piece piece;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    piece.runs.emplace_back();
    piece.transfers.push_back(transfer(rows[r], r, r));
  }
  return piece;
}

arch::Arch with_rows(int weight_rows) {
  arch::Arch arch;
  arch.weight_rows = weight_rows;
  return arch;
}

std::vector<std::pair<int, std::size_t>> places(Piece piece, int weight_rows) {
  place_transfers(piece, with_rows(weight_rows));
  std::vector<std::pair<int, std::size_t>> result;
  for (const Transfer& t : piece.transfers) result.emplace_back(t.row, t.issue);
  return result;
}

}  // namespace

TEST_CASE("place_transfers: rows go round the buffer, and a transfer is queued as soon as they are free",
          "[compiler]") {
  using Places = std::vector<std::pair<int, std::size_t>>;
  CHECK(places(piece_of({40, 40, 40}), 120) == Places{{0, 0}, {40, 0}, {80, 0}});
  // The third one waits for the first to be done: it is queued before run 1.
  CHECK(places(piece_of({40, 40, 40}), 100) == Places{{0, 0}, {40, 0}, {0, 1}});
  // 70 rows overlap with what the run before needs: there is nothing to load ahead.
  CHECK(places(piece_of({40, 70, 70}), 100) == Places{{0, 0}, {0, 1}, {0, 2}});
  // Behind the first one there would be room only after run 1; the end of the buffer is free.
  CHECK(places(piece_of({30, 40, 30, 30}), 100) == Places{{0, 0}, {30, 0}, {70, 0}, {0, 1}});
}

TEST_CASE("place_transfers: the burst queue holds eight", "[compiler]") {
  Piece piece = piece_of(std::vector<int>(20, 1));
  place_transfers(piece, with_rows(100));
  for (std::size_t k = 0; k < 20; ++k) CHECK(piece.transfers[k].issue == (k < 9 ? 0 : k - 8));
}

TEST_CASE("place_transfers: whatever the sizes, rows are free and order is kept", "[compiler]") {
  std::mt19937 random(3);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int run = 0; run < 300; ++run) {
    arch::Arch arch = with_rows(between(16, 200));
    arch.norm_rows = between(1, 30);
    Piece piece;
    for (int r = 0; r < 40; ++r) {
      const std::size_t now = piece.runs.size();
      const int kind = between(0, 4);
      if (kind == 0) {  // a loop's weights: they stay
        const int parts = between(1, 3);
        std::vector<int> rows;
        int total = 0;
        for (int p = 0; p < parts; ++p)
          rows.push_back(between(1, arch.weight_rows / 3)), total += rows.back();
        int offset = 0;
        for (int p = 0; p < parts; ++p) {
          Transfer t = transfer(rows[static_cast<std::size_t>(p)], now + static_cast<std::size_t>(p),
                                now + static_cast<std::size_t>(p + parts));
          t.group_rows = total, t.offset = offset;
          offset += t.rows;
          piece.transfers.push_back(t);
        }
        piece.runs.resize(now + static_cast<std::size_t>(2 * parts));
        continue;
      }
      if (kind > 1) piece.transfers.push_back(transfer(between(1, arch.weight_rows), now, now));
      if (kind > 2) {
        piece.transfers.push_back(transfer(between(1, arch.norm_rows), now, now));
        piece.transfers.back().kind = Kind::norms;
      }
      piece.runs.emplace_back();
    }
    place_transfers(piece, arch);
    const std::vector<Transfer>& all = piece.transfers;
    bool ahead = false;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const Transfer& t = all[k];
      const int size = t.kind == Kind::weights ? arch.weight_rows : arch.norm_rows;
      if (t.row < 0 || t.row + t.rows > size) FAIL("transfer " << k << " leaves the buffer");
      if (t.issue > t.first_run) FAIL("transfer " << k << " comes late");
      if (k > 0 && t.issue < all[k - 1].issue) FAIL("transfer " << k << " is out of order");
      ahead = ahead || t.issue < t.first_run;
      for (std::size_t j = 0; j < k; ++j)
        if (all[j].kind == t.kind && all[j].row < t.row + t.rows && t.row < all[j].row + all[j].rows &&
            t.issue <= all[j].last_run)
          FAIL("transfer " << k << " overwrites transfer " << j);
      std::size_t ended = 0;
      while (ended < all.size() && all[ended].first_run <= t.issue) ++ended;
      if (t.issue < t.first_run && k >= ended + arch::burst_queue)
        FAIL("transfer " << k << " finds a full queue");
      if (t.group_rows != 0 &&
          t.row - t.offset != all[k - (t.offset == 0 ? 0 : 1)].row - all[k - (t.offset == 0 ? 0 : 1)].offset)
        FAIL("transfer " << k << " left its group");
    }
    CHECK(ahead);
  }
}

TEST_CASE("schedule: parts become larger, and loops stay loops, where instructions are few", "[compiler]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  const std::vector<LoweredStep> steps = lower_steps(network, true);
  arch::Arch arch = with_rows(300);
  arch.norm_rows = 40;
  const Schedule roomy = make_schedule(steps, arch, 1000);
  const std::size_t most = roomy.instructions();
  CHECK(roomy.pieces.size() == 1);
  CHECK(make_schedule(steps, arch, most).instructions() == most);
  const Schedule tight = make_schedule(steps, arch, most - 1);
  CHECK(tight.instructions() < most);
  const Schedule least = make_schedule(steps, arch, 0);
  CHECK(least.pieces.size() > 1);
  CHECK(least.instructions() < tight.instructions());
  for (const Piece& piece : least.pieces)
    for (const Run& run : piece.runs) CHECK(run.iteration == 0);
  Options options;
  options.arch = arch;
  const program::Program program = compile(network, options);
  CHECK(program.instrs.size() == most + 5);  // the load entry's HALT; LOAD_INPUT, STORE_SCORES, WAIT, HALT
}
