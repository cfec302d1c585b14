#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Results of docs/results that are trained on CIFAR-10: fetches the data, trains, prints the table. What was trained stays in OUT: a
# call that was stopped goes on where it was.
# usage: scripts/reproduce.sh WHAT [OUT] [SEEDS]       OUT: out/WHAT; SEEDS: 290 alone, e.g. 1,2,3 (1)
#   290        a folded network of which the chip's file is 290.5 times smaller than its dense form (docs/results/compression.md)
#   front      accuracy against ratios and cycles, algo/studies/front_cifar10.json
#   orderings  the papers' claims, algo/studies/orderings_cifar10.json (docs/results/orderings.md)
#   sparse_masks  what helps masks that keep 5 %, algo/studies/sparse_masks_cifar10.json (docs/studies.md)
# WHITEDWARF names the program (default: build/release/whitedwarf, which is built); DATA a folder with the six .bin files, verified and
# not fetched where they are there (default: OUT/../cifar10).
set -euo pipefail
usage() { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 1; }
what=${1:-}
case $what in 290 | front | orderings | sparse_masks) ;; *) usage ;; esac
if [ $# -gt 3 ] || { [ $# -gt 2 ] && [ "$what" != 290 ]; }; then usage; fi
out=${2:-out/$what} seeds=${3:-1}
[[ $seeds =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || { echo "reproduce: SEEDS is '$seeds', not numbers with commas, as 1,2,3" >&2; exit 1; }
mkdir -p "$out" || { echo "reproduce: $out cannot be made; name a folder that can be written" >&2; exit 1; }
out=$(cd "$out" && pwd)
data=${DATA:-$(dirname "$out")/cifar10}
[ -z "${DATA:-}" ] || data=$(realpath -m "$data")
whitedwarf=${WHITEDWARF:-build/release/whitedwarf}
[ -z "${WHITEDWARF:-}" ] || whitedwarf=$(realpath "$whitedwarf")
cd "$(dirname "$0")/.."
if [ -z "${WHITEDWARF:-}" ]; then
  scripts/setup.sh
  cmake --build --preset release --target whitedwarf whitedwarf-convert-cifar10 >&2
fi
scripts/fetch_cifar10.sh "$data" "$(dirname "$whitedwarf")/whitedwarf-convert-cifar10"

if [ "$what" != 290 ]; then
  "$whitedwarf" study --config "algo/studies/${what}_cifar10.json" --data "$data" --out "$out" --papers "$out/figures"
  [ "$what" = front ] || exit 0
  # What norms in FP8 save and cost, of the first seed's networks.
  for network in "$out"/*/seed_1/model.wdm; do
    network=$(dirname "$network")
    [ -e "$network/fp8_norms.json" ] || {
      "$whitedwarf" compress --norms fp8 --data "$data" --out "$network" --json >"$network/fp8_norms.json.partial"
      mv "$network/fp8_norms.json.partial" "$network/fp8_norms.json"
    }
  done
  exec python3 - "$out" <<'PYTHON'
import glob, json, os, sys
print("\n| variant, seed 1 | chip | ratio | chip, FP8 norms | ratio, FP8 norms |\n|---|---|---|---|---|")
for path in sorted(glob.glob(f"{sys.argv[1]}/*/seed_1/fp8_norms.json")):
    folder = os.path.dirname(path)
    train, file = json.load(open(f"{folder}/train.json")), json.load(open(path))
    print(f"| {os.path.basename(os.path.dirname(folder))} | {100 * file['accuracy_fp16_norms']:.2f} % | {train['offchip_ratio']:.1f}x "
          f"| {100 * file['accuracy_fp8_norms']:.2f} % | {file['offchip_ratio']:.1f}x |")
PYTHON
fi

# The masked network, then its file, whose chip accuracy is measured with the norms as they are in it.
for seed in ${seeds//,/ }; do
  "$whitedwarf" train --config algo/configs/hfn_290_cifar10.json --seed "$seed" --data "$data" --out "$out/seed_$seed"
  "$whitedwarf" compress --norms fp8 --data "$data" --out "$out/seed_$seed"
done
# Dense networks of ResNet-20's form, ever wider, trained as long with the same augmentation: the smallest as accurate as the file.
"$whitedwarf" study --config algo/studies/dense_cifar10.json --data "$data" --out "$out/dense"
exec python3 - "$out" "$seeds" <<'PYTHON'
import json, sys
out, seeds = sys.argv[1], sys.argv[2].split(",")
dense = []
for variant in json.load(open("algo/studies/dense_cifar10.json"))["variants"]:
    run = json.load(open(f"{out}/dense/{variant}/seed_1/train.json"))
    dense.append((4 * run["dense_parameters"], run["accuracy_fp32"], variant))
print("\n| seed | FP32 | chip, FP8 norms | dense form, bytes | file, bytes | ratio | smallest dense network as accurate | its ratio |")
print("|---|---|---|---|---|---|---|---|")
reached = True
for seed in seeds:
    train, file = (json.load(open(f"{out}/seed_{seed}/{name}.json")) for name in ("train", "compress"))
    chip = file["accuracy_fp8_norms"]
    as_good = min((d for d in dense if d[1] >= chip), default=None)
    rival = f"{as_good[2]}: {as_good[0]:,} bytes, {100 * as_good[1]:.2f} %" if as_good else "none of those trained"
    versus = f"{as_good[0] / file['compressed_bytes']:.2f}x" if as_good else f"above {max(dense)[0] / file['compressed_bytes']:.2f}x"
    print(f"| {seed} | {100 * train['accuracy_fp32']:.2f} % | {100 * chip:.2f} % | {file['dense_fp32_bytes']:,} "
          f"| {file['compressed_bytes']:,} | {file['offchip_ratio']:.1f}x | {rival} | {versus} |")
    reached = reached and chip >= 0.85 and file["offchip_ratio"] >= 290.5
print("\ndense networks: " + "; ".join(f"{name} {size:,} bytes {100 * accuracy:.2f} %" for size, accuracy, name in dense))
print("290.5x at 85 % or more: " + ("reached" if reached else "missed"))
sys.exit(0 if reached else 1)
PYTHON
