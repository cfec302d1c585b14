#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How small ResNet-50-class files become: real .wdz files with random masks of several densities, written, decoded again
# and compared. Prints the table of docs/results/compression.md. usage: compression_table.sh [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
whitedwarf=$here/build/release/whitedwarf
[ -x "$whitedwarf" ] || { echo "error: $whitedwarf is missing; build it with: cmake --build --preset release" >&2; exit 1; }
work=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"

echo "| network (CIFAR-100) | kept | frozen | signs | norms | file bytes | bits/weight (entropy) | norms, bytes | off-chip ratio |"
echo "|---|---|---|---|---|---|---|---|---|"
row() {  # NAME NORMS SIZES-ARGUMENTS...
  local name=$1 norms=$2 folder
  shift 2
  folder=$work/$(echo "$name $norms $*" | tr -c 'a-z0-9.\n' _)
  "$whitedwarf" sizes --dataset cifar100 "$@" --model --out "$folder" --json >"$work/sizes.json"
  "$whitedwarf" compress --norms "$norms" --out "$folder" --json >"$work/compress.json"
  /usr/bin/python3 - "$name" "$norms" "$work/sizes.json" "$work/compress.json" <<'PYTHON'
import json, sys
name, norms, sizes, compressed = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3])), json.load(open(sys.argv[4]))
kept = " / ".join(f"{100 * (1 - pruned):.4g} %" for pruned in sizes["coats"])
print(f"| {name} | {kept} | {100 * sizes['freeze']:.0f} % | {sizes['signs']} | {norms.upper()} | "
      f"{compressed['compressed_bytes']:,} | {compressed['bits_per_weight']:.4f} ({compressed['entropy_bits_per_weight']:.4f}) | "
      f"{compressed['norm_bytes']:,} | {compressed['offchip_ratio']:.1f}x |")
PYTHON
}

row "HFN-ResNet-50, folds 3, 4" fp16 --net resnet50 --fold 3,4 --coats 0.7
row "HFN-ResNet-50, folds 3, 4" fp16 --net resnet50 --fold 3,4 --coats 0.95
row "HFN-ResNet-50, folds 3, 4" fp16 --net resnet50 --fold 3,4 --coats 0.98
row "HFN-ResNet-50, folds 3, 4" fp8 --net resnet50 --fold 3,4 --coats 0.98
row "HFN-ResNet-50, folds 1-4" fp8 --net resnet50 --fold 1,2,3,4 --coats 0.98
row "HFN-ResNet-101, folds 3, 4" fp8 --net resnet101 --fold 3,4 --coats 0.95
row "HFN-ResNet-152, folds 3, 4" fp16 --net resnet152 --fold 3,4 --coats 0.95
row "HFN-ResNet-152, folds 3, 4" fp16 --net resnet152 --fold 3,4 --coats 0.96
row "HFN-ResNet-152, folds 3, 4" fp8 --net resnet152 --fold 3,4 --coats 0.95
row "HFN-ResNet-152, folds 3, 4" fp8 --net resnet152 --fold 3,4 --coats 0.95 --signs learned
row "HFN-ResNet-152, folds 3, 4" fp8 --net resnet152 --fold 3,4 --coats 0.95,0.98687,0.99475
row "HFN-ResNet-152, folds 3, 4" fp16 --net resnet152 --fold 3,4 --coats 0.7 --freeze 0.7
row "HFN-ResNet-152, folds 3, 4" fp16 --net resnet152 --fold 3,4 --coats 0.7 --freeze 0.8
row "HFN-ResNet-152, folds 3, 4" fp8 --net resnet152 --fold 3,4 --coats 0.7 --freeze 0.7
row "HFN-ResNet-200, folds 3, 4" fp8 --net resnet200 --fold 3,4 --coats 0.95
