#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every example configuration, with random masks of its densities, from the model's file to equal scores of golden model and fast simulator.
# usage: cli/examples_test.sh WHITEDWARF CONFIGS CHIP     CONFIGS: algo/configs; CHIP: hw/arch/imagenet.json, for those that need it
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
whitedwarf=$1 configs=$2 chip=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
for config in "$configs"/*.json; do
  name=$(basename "$config" .json)
  case $name in
    hfn_resnet50_cifar100 | hfn_resnet50_imagenet | wide_resnet50_imagenet) arch=(--arch "$chip") ;;  # more than 256 instructions
    *) arch=() ;;
  esac
  case $name in
    dense_fmnist) masks=(--coats 0.7) ;;                              # these two have no densities of their own
    signed_threshold_fmnist) masks=(--coats 0.7 --signs learned) ;;
    *) masks=() ;;
  esac
  {
    "$whitedwarf" sizes --config "$config" "${masks[@]}" --model --out "$work/n"
    "$whitedwarf" compress --out "$work/n"
    "$whitedwarf" compile --out "$work/n" "${arch[@]}"
    "$whitedwarf" run --out "$work/n" --data random --images 1 --engines golden,fast
  } >"$work/log" 2>&1 || { echo "$name: $(tail -n 1 "$work/log")" >&2; exit 1; }
  grep -q "values equal" "$work/log" || { echo "$name: values are not equal" >&2; exit 1; }
  rm -r "$work/n"
  count=$((count + 1))
done
[ "$count" -ge 25 ] || { echo "$count configurations in $configs" >&2; exit 1; }
echo "$count configurations, values equal"
