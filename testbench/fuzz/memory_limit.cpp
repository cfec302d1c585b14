// SPDX-License-Identifier: Apache-2.0
#include "testbench/fuzz/memory_limit.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#if defined(__SANITIZE_ADDRESS__)
#define WD_FUZZ_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WD_FUZZ_HOOKS 1
#endif
#endif

#ifdef WD_FUZZ_HOOKS
#include <sanitizer/allocator_interface.h>
#else
#include <malloc.h>

#include <new>
#endif

namespace wd::fuzz {
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
std::atomic<std::int64_t> limit{no_limit}, held{0};

void take(std::size_t bytes) {
  const std::int64_t now = held += static_cast<std::int64_t>(bytes);
  const std::int64_t most = limit;
  if (now <= most) return;
  limit = no_limit;  // the message may allocate
  std::fprintf(stderr,
               "memory limit: %lld bytes are held, at most %lld are allowed; the last %zu pass the limit\n",
               static_cast<long long>(now), static_cast<long long>(most), bytes);
  std::abort();
}

void give_back(std::size_t bytes) { held -= static_cast<std::int64_t>(bytes); }

#ifdef WD_FUZZ_HOOKS
void on_malloc(const volatile void*, std::size_t bytes) {
  if (limit != no_limit) take(bytes);
}
void on_free(const volatile void* block) {
  if (limit != no_limit && block != nullptr)
    give_back(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#endif

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes) {
  held = 0;
  limit = static_cast<std::int64_t>(bytes);
}

MemoryLimit::~MemoryLimit() { limit = no_limit; }

}  // namespace wd::fuzz

#ifndef WD_FUZZ_HOOKS
namespace {

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (wd::fuzz::limit != wd::fuzz::no_limit) wd::fuzz::take(bytes);
  void* block = alignment <= alignof(std::max_align_t)
                    ? std::malloc(bytes == 0 ? 1 : bytes)
                    : std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (block == nullptr) throw std::bad_alloc();
  // What is given back is the block's size.
  if (wd::fuzz::limit != wd::fuzz::no_limit)
    wd::fuzz::held += static_cast<std::int64_t>(malloc_usable_size(block) - bytes);
  return block;
}

void release(void* block) {
  if (block != nullptr && wd::fuzz::limit != wd::fuzz::no_limit)
    wd::fuzz::give_back(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
#endif
