#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs torch_check.py with a Python that has PyTorch; says so and ends with 77 (skipped) without one.
# usage: torch_check.sh PROGRAM, the built torch_check.cpp
set -euo pipefail
for python in /usr/bin/python3 python3; do
  if "$python" -c 'import torch' 2>/dev/null; then
    exec "$python" -W ignore "$(dirname "$0")/torch_check.py" "$1"
  fi
done
echo "skipped: no Python with PyTorch; install python3-torch to compare training steps with it"
exit 77
