#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs pytorch_agreement.py with a Python that has PyTorch and ONNX; says so and ends with 77 (skipped) without one.
# Usage: pytorch_agreement.sh PROGRAM, the built pytorch_agreement.cpp
set -euo pipefail
for python in /usr/bin/python3 python3; do
  if "$python" -c 'import numpy, onnx, torch' 2>/dev/null; then
    exec "$python" -B -W ignore "$(dirname "$0")/pytorch_agreement.py" "$1"
  fi
done
echo "skipped: no Python with PyTorch and ONNX; install python3-torch and python3-onnx to compare with them"
exit 77
