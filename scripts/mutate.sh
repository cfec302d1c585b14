#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mutation campaign over RTL and C++: see --help. Needs what scripts/setup.sh installs.
set -euo pipefail
exec python3 -B "$(dirname "$0")/../testbench/mutation/mutate.py" "$@"
