// SPDX-License-Identifier: Apache-2.0
#include "algo/data/batch_loader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

constexpr int side = 4;
constexpr std::size_t bytes = side * side * 3;

/// Pictures made of their number, and a record of who asked for which.
class CountedSource final : public ImageSource {
 public:
  std::set<std::size_t> broken;
  mutable std::mutex mutex;
  mutable std::multiset<std::size_t> asked;
  mutable std::set<std::thread::id> threads;
  mutable std::latch* begun = nullptr;

  std::uint32_t checksum() const override { return 0; }
  void load(std::size_t i, std::span<std::uint8_t> out) const override {
    const Picture picture = decode(i);
    std::ranges::copy(std::span(picture.pixels).first(out.size()), out.begin());
  }
  Picture decode(std::size_t i) const override {
    {
      const std::lock_guard lock(mutex);
      asked.insert(i);
      threads.insert(std::this_thread::get_id());
      if (begun) begun->count_down();
    }
    WD_REQUIRE(broken.count(i) == 0, "picture ", i, ": is broken");
    Picture picture{side + 2, side + 2, {}};
    for (std::size_t at = 0; at < std::size_t{3} * (side + 2) * (side + 2); ++at)
      picture.pixels.push_back(static_cast<std::uint8_t>(31 * i + at));
    return picture;
  }
};

struct Lazy {
  std::shared_ptr<CountedSource> source = std::make_shared<CountedSource>();
  ImageSet images{side, side};
  explicit Lazy(std::size_t count) {
    images.channels = 3;
    images.source = source;
    for (std::size_t i = 0; i < count; ++i) {
      images.labels.push_back(0);
      images.source_index.push_back(static_cast<std::uint32_t>(count - 1 - i));
    }
  }
};

/// The definition: one after the other.
std::vector<std::uint8_t> plain(const ImageSet& images, const BatchRequest& request) {
  std::vector<std::uint8_t> all(request.indices.size() * bytes);
  for (std::size_t b = 0; b < request.indices.size(); ++b)
    decode_image(images, request, b, std::span(all).subspan(b * bytes, bytes));
  return all;
}

std::vector<std::uint8_t> loaded(BatchLoader& loader, const BatchRequest& request) {
  const BatchRequest found = loader.load(request);
  return {found.decoded.begin(), found.decoded.end()};
}

}  // namespace

TEST_CASE("batch loader: pixels are those of the files, ahead or not, at any thread count",
          "[data][oracle]") {
  Lazy lazy(50);
  for (const double share : {0.0, 0.3})
    for (const unsigned threads : {1u, 2u, 8u}) {
      ThreadPool pool(threads);
      BatchLoader loader(pool, lazy.images);
      for (std::uint32_t n = 0; n < 6; ++n) {
        std::vector<std::uint32_t> indices = shuffled_order(n, 1, 50);
        indices.resize(17);
        const BatchRequest request{indices, 3, n, {.resized_crop = share}, n};
        if (n % 3 != 0) {
          std::vector<std::uint32_t> gone = indices;  // begin() must not keep the caller's
          BatchRequest early = request;
          early.indices = gone;
          loader.begin(early);
          std::ranges::fill(gone, 0u);
        }
        CHECK(loaded(loader, request) == plain(lazy.images, request));
      }
    }
}

TEST_CASE("batch loader: each picture is decoded once, by a thread of its own while nobody waits", "[data]") {
  Lazy lazy(20);
  ThreadPool pool(1);
  BatchLoader loader(pool, lazy.images);
  const std::vector<std::uint32_t> indices{4, 9, 2, 15};
  std::latch begun(4);
  lazy.source->begun = &begun;
  loader.begin({indices});
  begun.wait();  // all four, and load() has not been called
  lazy.source->begun = nullptr;
  CHECK(lazy.source->threads.count(std::this_thread::get_id()) == 0);
  CHECK(loaded(loader, {indices}).size() == 4 * bytes);
  CHECK(lazy.source->asked == std::multiset<std::size_t>{15, 10, 17, 4});
}

TEST_CASE("batch loader: another batch than the one begun takes its place", "[data]") {
  Lazy lazy(30);
  ThreadPool pool(2);
  BatchLoader loader(pool, lazy.images);
  const std::vector<std::uint32_t> one{1, 2, 3, 4}, other{4, 3, 2, 1};
  const Augmentation cropped{.resized_crop = 0.2};
  const BatchRequest begun{one, 1, 1, cropped};
  for (const BatchRequest& wanted : {BatchRequest{other, 1, 1, cropped}, BatchRequest{one, 2, 1, cropped},
                                     BatchRequest{one, 1, 2, cropped}, BatchRequest{one, 1, 1}}) {
    loader.begin(begun);
    CHECK(loaded(loader, wanted) == plain(lazy.images, wanted));
    CHECK(loaded(loader, wanted) == plain(lazy.images, wanted));  // once more
  }
  loader.begin(begun);  // and is left behind
}

TEST_CASE("batch loader: a batch's pixels stay while the next one is decoded", "[data]") {
  Lazy lazy(20);
  ThreadPool pool(2);
  BatchLoader loader(pool, lazy.images);
  const std::vector<std::uint32_t> one{1, 2, 3, 4}, other{8, 9, 10, 11};
  const BatchRequest found = loader.load({one});
  std::latch begun(4);
  lazy.source->begun = &begun;
  loader.begin({other});
  begun.wait();
  lazy.source->begun = nullptr;
  CHECK(std::ranges::equal(found.decoded, plain(lazy.images, {one})));
  CHECK(loaded(loader, {other}) == plain(lazy.images, {other}));
}

TEST_CASE("batch loader: images in memory need none", "[data]") {
  ImageSet images{side, side, std::vector<std::uint8_t>(3 * bytes), {0, 1, 0}, 3};
  ThreadPool pool(2);
  BatchLoader loader(pool, images);
  const std::vector<std::uint32_t> indices{2, 0};
  loader.begin({indices});
  CHECK(loader.load({indices}).decoded.empty());
}

TEST_CASE("batch loader: the batch's first bad picture is named when it is asked for", "[data][bad-input]") {
  Lazy lazy(30);
  lazy.source->broken = {29, 27, 20};  // of the images 0, 2 and 9
  const std::vector<std::uint32_t> good{1, 3, 4}, bad{5, 9, 2, 0, 7};
  for (const unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    BatchLoader loader(pool, lazy.images);
    CHECK(loader.load({good}).decoded.size() == 3 * bytes);
    for (int again = 0; again < 2; ++again) {
      CHECK_NOTHROW(loader.begin({bad}));
      CHECK_THROWS_WITH(loader.load({bad}), Contains("picture 20: is broken"));
    }
    CHECK(loader.load({good}).decoded.size() == 3 * bytes);
  }
}
