// SPDX-License-Identifier: Apache-2.0
#include "algo/data/batch_loader.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace wd::algo {

struct BatchLoader::State {
  State(ThreadPool& threads, const ImageSet& set) : pool(threads), images(set) {}

  ThreadPool& pool;
  const ImageSet& images;
  std::vector<std::uint32_t> indices;  // of `request`, which outlives the caller's
  BatchRequest request;
  std::vector<std::uint8_t> pixels, loaded;  // of `request`; of the last batch that was asked for
  std::atomic<std::size_t> next = 0;         // the first image that nobody has begun

  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;  // the own thread has a batch to work on
  bool stop = false;
  std::size_t wrong = 0;  // the image that `error` is of
  std::exception_ptr error;
  std::thread own;

  void decode_rest() {
    const std::size_t bytes = images.image_bytes();
    for (std::size_t b; (b = next.fetch_add(1)) < indices.size();) {
      try {
        decode_image(images, request, b, std::span(pixels).subspan(b * bytes, bytes));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (error && wrong < b) continue;
        wrong = b;
        error = std::current_exception();
      }
    }
  }

  void serve() {
    for (;;) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stop || asked; });
        if (stop) return;
      }
      decode_rest();
      const std::lock_guard lock(mutex);
      asked = false;
      changed.notify_all();
    }
  }

  /// Until the own thread holds nothing of the batch.
  void await() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !asked; });
  }

  /// Gives a batch up.
  void drop() {
    next = indices.size();
    await();
  }

  void set(const BatchRequest& wanted) {
    drop();
    indices.assign(wanted.indices.begin(), wanted.indices.end());
    request = wanted;
    request.indices = indices;
    pixels.resize(indices.size() * images.image_bytes());
    error = nullptr;
    next = 0;
  }

  bool has(const BatchRequest& wanted) const {
    return std::ranges::equal(indices, wanted.indices) && request.seed == wanted.seed &&
           request.epoch == wanted.epoch &&
           request.augmentation.resized_crop == wanted.augmentation.resized_crop;
  }
};

BatchLoader::BatchLoader(ThreadPool& pool, const ImageSet& images)
    : state_(std::make_unique<State>(pool, images)) {}

BatchLoader::~BatchLoader() {
  State& s = *state_;
  s.drop();
  {
    const std::lock_guard lock(s.mutex);
    s.stop = true;
  }
  s.changed.notify_all();
  if (s.own.joinable()) s.own.join();
}

BatchRequest BatchLoader::load(const BatchRequest& request) {
  State& s = *state_;
  if (!needs_decoding(s.images, request.augmentation)) return request;
  if (!s.has(request)) s.set(request);
  s.pool.run(s.pool.threads(), [&](std::size_t) { s.decode_rest(); });
  s.await();
  if (s.error) std::rethrow_exception(s.error);
  std::swap(s.pixels, s.loaded);
  s.indices.clear();
  BatchRequest with_pixels = request;
  with_pixels.decoded = s.loaded;
  return with_pixels;
}

void BatchLoader::begin(const BatchRequest& request) {
  State& s = *state_;
  if (!needs_decoding(s.images, request.augmentation)) return;
  s.set(request);
  if (!s.own.joinable()) s.own = std::thread([&s] { s.serve(); });
  {
    const std::lock_guard lock(s.mutex);
    s.asked = true;
  }
  s.changed.notify_all();
}

}  // namespace wd::algo
