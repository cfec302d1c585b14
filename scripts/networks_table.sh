#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Networks of random masks through compiler and chip: a line of docs/results/networks.md for each.
# usage: scripts/networks_table.sh OUT DATASET CHIP BATCH NET[:FOLD] ...
#   DATASET cifar10, cifar100 or imagenet; CHIP default or a file for --arch; BATCH images a frame; FOLD the folded stages, as 3,4
# Columns: network, folded stages, activation rows, weight rows, instructions, images a frame; of an image cycles, beats read and
# MiB of tensors over the memory port (the input, and what goes through memory in stripes).
# Golden model and fast simulator on one random frame. What is done stays in OUT and is not run again with the same chip and program.
set -euo pipefail
[ $# -ge 5 ] || { sed -n '3,8s/^# //p' "$0" >&2; exit 1; }
out=$1 dataset=$2 chip=$3 batch=$4
shift 4
whitedwarf=$(dirname "$0")/../build/release/whitedwarf
key=$({ cat "$whitedwarf"; [ "$chip" = default ] || cat "$chip"; } | sha256sum | cut -c1-12)
failed=0
mkdir -p "$out"
refused() {  # network, log
  echo "$1: $(tail -1 "$2")" >&2
  failed=1
}
for network in "$@"; do
  net=${network%%:*} fold=${network#"$net"}
  fold=${fold#:}
  folder=$out/$dataset-$net${fold:+-$fold}
  if [ ! -f "$folder/model.wdz" ]; then
    { "$whitedwarf" sizes --net "$net" --dataset "$dataset" ${fold:+--fold "$fold"} --model --out "$folder" &&
      "$whitedwarf" compress --out "$folder"; } >"$folder.log" 2>&1 || { refused "$network" "$folder.log"; continue; }
  fi
  line=$folder/$key-$batch.line
  if [ ! -f "$line" ]; then
    arch=()
    [ "$chip" = default ] || arch=(--arch "$chip")
    "$whitedwarf" compile --out "$folder" --batch "$batch" "${arch[@]}" >>"$folder.log" 2>&1 ||
      { refused "$network" "$folder.log"; continue; }
    "$whitedwarf" run --out "$folder" --data random --images "$batch" --engines golden,fast >>"$folder.log" 2>&1 ||
      { refused "$network" "$folder.log"; continue; }
    python3 - "$folder" "$net" "$fold" "$batch" >"$line.new" <<'EOF'
import json, sys
folder, net, fold, batch = sys.argv[1:]
compiled, run = (json.load(open(f"{folder}/{name}.json")) for name in ("compile", "run"))
assert run["equal"]["values"], "golden model and fast simulator differ"
cycles, beats = run["engines"]["fast"]["cycles"], run["counters"]["beats_read"]  # an image
print(f"| {net} | {fold} | {compiled['activation_rows']:,} | {compiled['weight_rows']:,} | {compiled['instructions']:,} | {batch} "
      f"| {round(cycles):,} | {round(beats):,} | {compiled['activation_beats'] / compiled['batch'] * 16 / 2**20:.2f} |")
EOF
    mv "$line.new" "$line"
  fi
  cat "$line"
done
exit $failed
