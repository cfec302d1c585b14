#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HFN-ResNet-50 of random masks at 224 x 224: one image whole on all engines, values, cycles and counters tile by tile.
# usage: cli/imagenet_test.sh WHITEDWARF CHIP      the program is built with -DWD_RTL_ARCHS=hw/arch/imagenet.json
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
whitedwarf=$1 chip=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$whitedwarf" sizes --net resnet50 --dataset imagenet --fold 3,4 --model --out "$work" >"$work/log"
"$whitedwarf" compress --out "$work" >>"$work/log"
"$whitedwarf" compile --out "$work" --arch "$chip" >>"$work/log"
"$whitedwarf" cosim --out "$work" --data random --cosim-images 1 | tee "$work/cosim"
grep -q "values equal, cycles equal, counters equal" "$work/cosim"
