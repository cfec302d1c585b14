// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include "base/error.hpp"

using namespace wd;

TEST_CASE("parallel: every chunk runs once, and an error reaches the caller", "[base]") {
  for (unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    std::vector<std::atomic<int>> hits(1000);
    for (int round = 0; round < 20; ++round) pool.run(hits.size(), [&](std::size_t i) { ++hits[i]; });
    for (const auto& hit : hits) REQUIRE(hit.load() == 20);
    CHECK_THROWS_AS(pool.run(100, [](std::size_t i) { WD_REQUIRE(i != 57, "chunk 57"); }), Error);
    pool.run(3, [&](std::size_t i) { ++hits[i]; });
    CHECK(hits[0].load() == 21);
  }
}

TEST_CASE("parallel: a job that reads what the last one wrote finds it, whether threads slept in between",
          "[base]") {
  for (unsigned threads : {2u, 8u}) {
    ThreadPool pool(threads);
    std::vector<std::uint64_t> values(64, 1), sums(values.size());
    for (int round = 0; round < 300; ++round) {
      // Of all chunks, so that a chunk which is still running, or was never run, shows.
      pool.run(values.size(), [&](std::size_t i) {
        sums[i] = std::accumulate(values.begin(), values.end(), std::uint64_t{0}) + i;
      });
      const std::uint64_t total = std::accumulate(values.begin(), values.end(), std::uint64_t{0});
      for (std::size_t i = 0; i < sums.size(); ++i) REQUIRE(sums[i] == total + i);
      pool.run(values.size(), [&](std::size_t i) { values[i] = sums[i] % 1009; });
      if (round % 100 == 50)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // workers fall asleep
    }
  }
}

TEST_CASE("parallel: one slow chunk does not hold up those behind it", "[base]") {
  ThreadPool pool(2);
  std::atomic<int> others = 0;
  // The chunk that is slow waits for all the others: both threads must take part, in any share.
  pool.run(100, [&](std::size_t i) {
    if (i == 0)
      while (others < 99) std::this_thread::yield();
    else
      ++others;
  });
  CHECK(others == 99);
}
