#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inputs that would wait or never end are refused at once, and a limit on file sizes leaves no partial file.
# usage: special_files_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# refused TEXT ARGUMENTS...
refused() {
  local expected=$1 status=0
  shift
  timeout -s KILL 60 "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected one line with '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
mkfifo "$work/pipe"
refused 'pipe: is not a regular file' train --config "$work/pipe" --out "$work/out"
refused '/dev/zero: is not a regular file' train --config /dev/zero --out "$work/out"
refused '/dev/zero: is not a regular file' reca --config /dev/zero --out "$work/out"
mkdir "$work/data" "$work/run"
mkfifo "$work/data/train-images-idx3-ubyte" "$work/data/train-labels-idx1-ubyte" "$work/run/program.wdp" "$work/run/model.wdm" \
  "$work/run/model.wdz"
refused 'train-images-idx3-ubyte: is not a regular file' train --data "$work/data" --out "$work/out"
refused 'program.wdp: is not a regular file' run --out "$work/run"
refused 'model.wdm: is not a regular file' compress --out "$work/run"
refused 'model.wdz: is not a regular file' compile --out "$work/run"

cat >"$work/tiny.json" <<'J'
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
status=0
(ulimit -f 8 && exec "$bin" train --config "$work/tiny.json" --out "$work/out") >/dev/null 2>"$work/stderr" || status=$?
[ $status -eq 1 ] && grep -qF 'checkpoint.wdc: writing failed (File too large)' "$work/stderr" ||
  fail "a file size limit: status $status, $(cat "$work/stderr")"
[ -z "$(ls "$work/out")" ] || fail "a file size limit left $(ls "$work/out")"
echo passed
