#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time and memory of a training step, ours and PyTorch's side by side: interleaved, medians of 3 rounds, ratios.
# Without Debian's python3-torch and python3-numpy: ours alone.
# usage: bench_train.sh [--rounds N] [--networks mlp,hfn,resnet18,hfn_resnet50,demo] [--threads N]
#   --threads  of each network (default: mlp 1, the others 2)
# Quote times of an idle machine. On one that others use too, PyTorch's waiting threads spin, which can cost a factor
# of ten (OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0 helps in part); compare the CPU times of --threads 1 there.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=3 networks=mlp,hfn,resnet18,hfn_resnet50,demo all_threads=
while [ $# -gt 0 ]; do
  case $1 in
    --rounds | --networks | --threads) [ $# -ge 2 ] || { echo "error: $1 needs a value" >&2; exit 1; } ;;&
    --rounds) rounds=$2 && shift 2 ;;
    --networks) networks=$2 && shift 2 ;;
    --threads) all_threads=$2 && shift 2 ;;
    *) echo "error: '$1' is unknown; usage: bench_train.sh [--rounds N] [--networks LIST] [--threads N]" >&2; exit 1 ;;
  esac
done
[[ $rounds =~ ^[1-9][0-9]?$ ]] || { echo "error: --rounds is '$rounds', must be 1 to 99" >&2; exit 1; }
[[ $all_threads =~ ^([1-9][0-9]?)?$ ]] || { echo "error: --threads is '$all_threads', must be 1 to 99" >&2; exit 1; }
for network in ${networks//,/ }; do
  [[ ,mlp,hfn,resnet18,hfn_resnet50,demo, == *,$network,* ]] ||
    { echo "error: '$network' is unknown; networks are mlp,hfn,resnet18,hfn_resnet50,demo" >&2; exit 1; }
done

scripts/setup.sh
cmake --build --preset release --target whitedwarf >&2
whitedwarf=build/release/whitedwarf
python=/usr/bin/python3  # Debian's, where its packages are
if ! "$python" -c "import numpy, torch" 2>/dev/null; then
  echo "bench_train: python3-torch or python3-numpy is not installed; measuring ours alone" >&2
  exec "$whitedwarf" bench train --networks "$networks" --threads "${all_threads:-0}"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)" >&2

ours() {  # NETWORK STEPS PRECISION
  "$whitedwarf" bench train --networks "$1" --steps "$2" --precision "$3" --threads "$threads" --json \
    >"$work/one.json"
  "$python" -c 'import json, sys; print(json.dumps(dict(json.load(sys.stdin)[0], method="ours")))' \
    <"$work/one.json" >>"$work/all.jsonl"
}

torch() {  # NETWORK STEPS ARGUMENTS...
  local network=$1 steps=$2
  shift 2
  [ "$network" != demo ] || return 0  # its three coats are ours alone
  "$python" scripts/bench_train_torch.py --network "$network" --steps "$steps" --threads "$threads" "$@" \
    >>"$work/all.jsonl"
}

# PyTorch gains up to a tenth where the memory that it frees is not given back to the system.
tuned_torch() { MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 torch "$@"; }

for round in $(seq "$rounds"); do
  for network in ${networks//,/ }; do
    threads=${all_threads:-2}
    case $network in
      mlp) steps=100 threads=${all_threads:-1} ;;
      hfn | demo) steps=40 ;;
      resnet18) steps=5 ;;
      hfn_resnet50) steps=3 ;;
    esac
    echo "round $round: $network" >&2
    ours "$network" $steps bf16
    torch "$network" $steps --method sort
    ours "$network" $steps fp32
    tuned_torch "$network" $steps --method fast
    ours "$network" $steps bf16
    tuned_torch "$network" $steps --method fast --bf16
    ours "$network" $steps fp32
    tuned_torch "$network" $steps --method dense --bf16
  done
done

"$python" - "$work/all.jsonl" <<'TABLE'
import json
import statistics
import sys

names = {("ours", "bf16"): "ours, bf16", ("ours", "fp32"): "ours, FP32",
         ("sort", "fp32"): "PyTorch, as published", ("fast", "fp32"): "PyTorch, introselect",
         ("fast", "bf16"): "PyTorch, introselect, bf16", ("dense", "bf16"): "PyTorch, no masks, bf16"}
runs = {}
for line in open(sys.argv[1]):
    run = json.loads(line)
    runs.setdefault(run["network"], {}).setdefault((run["method"], run["precision"]), []).append(run)

print("| network | threads | | ms/step | fastest step | CPU ms | peak MiB | x ours, bf16 | x ours, FP32 | "
      "CPU x ours, bf16 | CPU x ours, FP32 |")
print("|" + "---|" * 11)


def middle(variant, figure):
    return statistics.median(run[figure] for run in variant)


for network, variants in runs.items():
    for key, name in names.items():
        if key not in variants:
            continue
        variant = variants[key]
        fastest = min(run["fastest_ms"] for run in variant)
        ratios = " | ".join(f"{middle(variant, figure) / middle(variants['ours', precision], figure):.2f}"
                            for figure in ("step_ms", "cpu_ms") for precision in ("bf16", "fp32"))
        print(f"| {network} | {variant[0]['threads']} | {name} | {middle(variant, 'step_ms'):.1f} | "
              f"{fastest:.1f} | {middle(variant, 'cpu_ms'):.1f} | "
              f"{middle(variant, 'peak_mib'):.0f} | {ratios} |")
TABLE
