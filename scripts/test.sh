#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All tests but the studies: sets up, builds everything, runs ctest. Arguments go to ctest (-L fast, -R rtl, ...).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
cmake --build --preset release >&2
# One more than there are processors: some tests mostly wait.
exec ctest --preset all -j$(($(nproc) + 1)) "$@"
