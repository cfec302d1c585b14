#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# characterize: blocks around the array of every chip that is Verilated beside the default one; their netlists do what the RTL does.
# usage: characterize_chips_test.sh WHITEDWARF ARCH...      the program is built with -DWD_RTL_SIGNALS=ON; files for --arch
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1
shift
library=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for arch in "$@"; do
  "$bin" characterize --liberty $library --arch "$arch" --block dispatch,sequencer,dma,norm_buffer,post_lane,weight_buffer \
    --cycles 640 --out "$work/table.json" --keep "$work/kept" >"$work/out"
  python3 - "$work/table.json" "$arch" <<'PYTHON'
import json, sys
table, arch = (json.load(open(name)) for name in sys.argv[1:])
assert all(table["arch"][key] == value for key, value in arch.items()), table["arch"]
for name in "dispatch", "sequencer", "dma", "norm_buffer", "post_lane", "weight_buffer":
    assert table["provenance"]["blocks"][name]["cycles_compared"] > 10000, name
    assert table["blocks"][name]["area_um2"] > 0, name
PYTHON
  echo "characterize: $arch as expected"
done
