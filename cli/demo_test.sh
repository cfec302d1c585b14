#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job on real images with a tiny network: files, agreement, resumption, corrupted and mismatched files.
# usage: demo_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# refused EXPECTED_TEXT ARGUMENTS...: status 1 and one error line with the text.
refused() {
  local expected=$1
  shift
  local status=0
  "$bin" "$@" >/dev/null 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] || fail "status $status: $*"
  [ "$(grep -c ^error: "$work/stderr")" -eq 1 ] && grep -qF -- "$expected" "$work/stderr" || fail "$*: $(cat "$work/stderr")"
}

cat >"$work/tiny.json" <<'J'
{"name": "tiny", "network": {"kind": "resnet", "patch": 4, "stem": {"channels": 16},
 "stages": [{"channels": 32, "blocks": 3, "stride": 2, "folded": true}]}, "epochs": 2,
 "quantization": {"fp8_epochs": 1}}
J
"$bin" demo --config "$work/tiny.json" --out "$work/a" --threads 2 --images 300 --systemc-images 3 --rtl-images 2 \
  --cosim-images 1 --ablation-images 4 >"$work/table" 2>"$work/messages" || fail "demo: $(tail -n 1 "$work/messages")"
for file in train.json model.wdm compress.json model.wdz compile.json program.wdp program.txt run.json cosim.json \
  ablation.json summary.json report.html; do
  [ -s "$work/a/$file" ] || fail "$file is missing"
done
for key in accuracy_fp32 accuracy_hw weights dense_fp32_bytes compressed_bytes bits_per_weight offchip_ratio engines \
  ablation energy_pj_per_image tflops_per_watt_executed tflops_per_watt_dense seed version; do
  grep -q "^ \"$key\":" "$work/a/summary.json" || fail "summary.json lacks $key"
done
for key in values_equal cycles_equal counters_equal; do
  grep -q "^ \"$key\": true" "$work/a/summary.json" || fail "$key is not true"
done
for engine in golden fast systemc rtl; do
  grep -q "^  \"$engine\":" "$work/a/summary.json" || fail "summary.json lacks engine $engine"
done

# One thread, interrupted by Ctrl-C, continued: the same model, byte for byte.
"$bin" train --config "$work/tiny.json" --out "$work/b" --threads 1 >/dev/null 2>"$work/stopped" &
pid=$!
for _ in $(seq 300); do [ -s "$work/b/checkpoint.wdc" ] && break; sleep 0.1; done
kill -INT $pid
if wait $pid; then
  fail "training ended before it could be interrupted"
else
  refused "another configuration or seed" train --config "$work/tiny.json" --seed 77 --out "$work/b"
  grep -q "continues from" "$work/stopped" || fail "no word about continuing: $(cat "$work/stopped")"
  [ ! -e "$work/b/model.wdm" ] || fail "an interrupted training left a model"
  "$bin" train --config "$work/tiny.json" --out "$work/b" --threads 1 >/dev/null 2>&1 || fail "continuing failed"
fi
cmp "$work/a/model.wdm" "$work/b/model.wdm" || fail "the continued training differs from the uninterrupted one"

# Single stages give the same files.
for stage in compress compile; do "$bin" $stage --out "$work/b" >/dev/null || fail "$stage alone"; done
cmp "$work/a/model.wdz" "$work/b/model.wdz" || fail "compress alone differs"
cmp "$work/a/program.wdp" "$work/b/program.wdp" || fail "compile alone differs"

# A report takes one program's stages, with all switches on.
cp -r "$work/a" "$work/c"
"$bin" run --out "$work/c" --engines fast --images 5 --off skip_zero_bits >/dev/null || fail "run with a switch off"
refused "switches off" report --out "$work/c"
"$bin" compile --out "$work/c" --no-fold >/dev/null || fail "compile without folding"
refused "another program" report --out "$work/c"

# A changed byte, a truncation, an architecture that RTL does not have.
size=$(stat -c %s "$work/b/program.wdp")
printf '\xa5' | dd of="$work/b/program.wdp" bs=1 seek=$((size / 2)) conv=notrunc status=none
refused "checksum" run --out "$work/b" --images 1
truncate -s 4000 "$work/b/model.wdz"
refused "model.wdz" compile --out "$work/b"
cp "$work/a/model.wdz" "$work/b/model.wdz"
echo '{"pes_per_group": 24}' >"$work/arch.json"
refused "'pes_per_group' is 24" compile --out "$work/b" --arch "$work/arch.json"
echo '{"pes_per_group": 32}' >"$work/arch.json"
"$bin" compile --out "$work/b" --arch "$work/arch.json" >/dev/null || fail "compile for 32 PEs a group"
refused "pes_per_group" run --out "$work/b" --engines rtl --rtl-images 1
echo "passed"
