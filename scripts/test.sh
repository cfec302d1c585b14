#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds everything, runs the tests but the slow ones and the studies. With --slow as the first argument: the slow ones instead (proofs, clang-tidy,
# much simulation). Arguments go to ctest (-L fast, -R rtl, ...).
set -euo pipefail
cd "$(dirname "$0")/.."
tests=regular setup=()
if [ "${1:-}" = --slow ]; then
  tests=slow setup=(--site)
  shift
fi
scripts/setup.sh "${setup[@]}"
cmake --build --preset release >&2
# One more than there are processors: some tests mostly wait.
exec ctest --preset $tests -j$(($(nproc) + 1)) "$@"
