#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demonstration, by an installed program, on the small job of tiny_job.py: all stages and engines, and examples by the names
# that documents give them, in a folder that has none of them.
# usage: small_demo.sh WHITEDWARF JOB [COMMAND...]      COMMAND: what runs the program, "chroot FOLDER"
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 job=$2
shift 2
out=$(mktemp -u "$job/out.XXXXXX")
"$@" "$bin" demo --config "$job/tiny.json" --data "$job/data" --out "$out" --threads 1 --images 8 --systemc-images 1 --rtl-images 1 \
  --cosim-images 1 --ablation-images 1 --quiet
"$@" "$bin" sizes --config algo/configs/hfn_fmnist_quick.json --model --out "$out.net" --quiet >/dev/null
"$@" "$bin" compress --out "$out.net" --quiet >/dev/null
"$@" "$bin" compile --out "$out.net" --arch hw/arch/small.json --quiet >/dev/null
"$@" "$bin" power --out "$out" --power-table 45nm-reference --quiet >/dev/null
