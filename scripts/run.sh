#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job on real data: sets up, builds, runs `whitedwarf demo`. Arguments go to demo (--quick, --out DIR, ...).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
[ -e build/release/whitedwarf ] || echo "run: builds the program first, once: a few minutes on two cores; then train, compress, compile, run on four engines" >&2
cmake --build --preset release --target whitedwarf >&2
exec build/release/whitedwarf demo "$@"
