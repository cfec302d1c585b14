// SPDX-License-Identifier: Apache-2.0
// Decodes the pictures of the next batch while the network is busy with this one.
//
// One thread of its own takes image after image; those that it has not begun when the batch is asked for are
// shared among the pool's threads, so that a machine whose steps are short decodes with all of them.
// Numerics  the pixels are decode_image()'s, whoever makes them.
// Errors    pictures that cannot be decoded: wd::Error of the first of them in the batch, when it is asked for.
// Test      batch_loader_test.cpp
#pragma once

#include <memory>

#include "algo/data/batch.hpp"

namespace wd::algo {

class BatchLoader {
 public:
  /// Both must outlive it.
  BatchLoader(ThreadPool& pool, const ImageSet& images);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The request with its pixels, which stay until the next call. Images in memory need none.
  BatchRequest load(const BatchRequest& request);
  /// Begins with a batch that load() is asked for next.
  void begin(const BatchRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wd::algo
