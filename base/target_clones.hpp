// SPDX-License-Identifier: Apache-2.0
// A function compiled for several instruction sets, of which the loader takes the best one.
//
// ThreadSanitizer  watches the code that chooses, too, which runs before it is ready: there, the plain one alone.
#pragma once

#ifdef __SANITIZE_THREAD__
#define WD_TARGET_CLONES(...)
#else
#define WD_TARGET_CLONES(...) __attribute__((target_clones(__VA_ARGS__)))
#endif
