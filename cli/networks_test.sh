#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every network of docs/results/networks.md compiles, and runs with equal values on golden model and fast simulator.
# usage: cli/networks_test.sh TABLE CHIP           TABLE: scripts/networks_table.sh; CHIP: hw/arch/imagenet.json
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
table=$1 chip=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
networks=(resnet18 resnet18:3,4 resnet34 resnet34:3,4 resnet50 resnet50:3,4 resnet101 resnet101:3,4 resnet152 resnet152:3,4 resnet200
          resnet200:3,4 wide_resnet50 wide_resnet50:3,4)
"$table" "$work" cifar100 default 1 resnet20 resnet20:1,2,3 resnet56 resnet110:1,2,3 resnet18 resnet34 | tee "$work/rows"
"$table" "$work" cifar100 default 2 resnet18 | tee -a "$work/rows"
"$table" "$work" cifar10 default 1 conv2 conv4 conv6 conv8 vgg11 vgg13 vgg16 vgg19 | tee -a "$work/rows"
echo '{"act_rows": 25088, "weight_rows": 2048, "norm_rows": 1024, "instr_rows": 1024}' >"$work/vgg.json"
"$table" "$work" imagenet "$work/vgg.json" 1 vgg16 | tee -a "$work/rows"
for dataset in cifar100 imagenet; do "$table" "$work" "$dataset" "$chip" 1 "${networks[@]}" | tee -a "$work/rows"; done
tokens=(res_mlp_s12 res_mlp_s24 res_mlp_s36)
"$table" "$work" imagenet "$chip" 1 "${tokens[@]}" | tee -a "$work/rows"
# In stripes, on activation buffers of 256 KiB, 512 KiB and 1 MiB.
echo '{"instr_rows": 2048}' >"$work/256k.json"
echo '{"act_rows": 2048, "instr_rows": 2048}' >"$work/512k.json"
echo '{"act_rows": 4096, "instr_rows": 2048}' >"$work/1m.json"
striped=(resnet18 resnet34 resnet50 resnet50:3,4 resnet101:3,4 resnet152:3,4)
"$table" "$work" imagenet "$work/256k.json" 1 "${striped[@]}" | tee -a "$work/rows"
for chip in 512k 1m; do "$table" "$work" imagenet "$work/$chip.json" 1 resnet50:3,4 | tee -a "$work/rows"; done
rows=$(grep -c '^| ' "$work/rows")
[ "$rows" -eq $((21 + 2 * ${#networks[@]} + ${#striped[@]})) ] || { echo "$rows rows of $((21 + 2 * ${#networks[@]} + ${#striped[@]})) networks" >&2; exit 1; }
