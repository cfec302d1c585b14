#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Coverage of the RTL, a table per module: see --help. Needs what scripts/setup.sh installs.
set -euo pipefail
exec python3 -B "$(dirname "$0")/../testbench/coverage/coverage.py" "$@"
