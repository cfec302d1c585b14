#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Time and memory of a training step, ours and PyTorch's side by side: interleaved, medians of 3 rounds, ratios.
# Without Debian's python3-torch and python3-numpy: ours alone.
# usage: bench_train.sh [--rounds N] [--networks mlp,hfn,resnet18,hfn_resnet50]
# On a machine that others use too, PyTorch needs OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0 in the environment: its
# threads spin, which can cost a factor of ten. Quote figures of an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=3 networks=mlp,hfn,resnet18,hfn_resnet50
while [ $# -gt 0 ]; do
  case $1 in
    --rounds | --networks) [ $# -ge 2 ] || { echo "error: $1 needs a value" >&2; exit 1; } ;;&
    --rounds) rounds=$2 && shift 2 ;;
    --networks) networks=$2 && shift 2 ;;
    *) echo "error: '$1' is unknown; usage: bench_train.sh [--rounds N] [--networks LIST]" >&2; exit 1 ;;
  esac
done
[[ $rounds =~ ^[1-9][0-9]?$ ]] || { echo "error: --rounds is '$rounds', must be 1 to 99" >&2; exit 1; }
for network in ${networks//,/ }; do
  [[ ,mlp,hfn,resnet18,hfn_resnet50, == *,$network,* ]] ||
    { echo "error: '$network' is unknown; networks are mlp,hfn,resnet18,hfn_resnet50" >&2; exit 1; }
done

scripts/setup.sh
cmake --build --preset release --target whitedwarf >&2
whitedwarf=build/release/whitedwarf
python=/usr/bin/python3  # Debian's, where its packages are
if ! "$python" -c "import numpy, torch" 2>/dev/null; then
  echo "bench_train: python3-torch or python3-numpy is not installed; measuring ours alone" >&2
  exec "$whitedwarf" bench --only train --networks "$networks"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)" >&2

ours() {  # NETWORK STEPS PRECISION
  "$whitedwarf" bench --only train --networks "$1" --steps "$2" --precision "$3" --json >"$work/one.json"
  "$python" -c 'import json, sys; print(json.dumps(dict(json.load(sys.stdin)[0], method="ours")))' \
    <"$work/one.json" >>"$work/all.jsonl"
}

torch() {  # NETWORK STEPS ARGUMENTS...
  local network=$1 steps=$2 threads=2
  shift 2
  [ "$network" = mlp ] && threads=1
  "$python" scripts/bench_train_torch.py --network "$network" --steps "$steps" --threads $threads "$@" >>"$work/all.jsonl"
}

# PyTorch gains up to a tenth where the memory that it frees is not given back to the system.
tuned_torch() { MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 torch "$@"; }

for round in $(seq "$rounds"); do
  for network in ${networks//,/ }; do
    case $network in
      mlp) steps=100 ;;
      hfn) steps=40 ;;
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

print("| network | threads | | ms/step | lowest to highest | peak MiB | x ours, bf16 | x ours, FP32 |")
print("|---|---|---|---|---|---|---|---|")
for network, variants in runs.items():
    median = {key: statistics.median(run["step_ms"] for run in variant) for key, variant in variants.items()}
    for key, name in names.items():
        if key not in variants:
            continue
        steps = [run["step_ms"] for run in variants[key]]
        peak = statistics.median(run["peak_mib"] for run in variants[key])
        ratios = " | ".join(f"{median[key] / median['ours', p]:.2f}" for p in ("bf16", "fp32"))
        print(f"| {network} | {variants[key][0]['threads']} | {name} | {median[key]:.1f} | "
              f"{min(steps):.1f} to {max(steps):.1f} | {peak:.0f} | {ratios} |")
TABLE
