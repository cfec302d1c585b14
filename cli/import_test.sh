#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An exported network comes back with the accuracy that it had; a configuration whose network reads images in another
# way is refused.
# usage: import_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat >"$work/mlp.json" <<'J'
{"name": "mlp", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250, "precision": "fp32",
 "supermask": {"method": "dense"}, "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
sed 's/"kind": "mlp", "hidden": \[16\]/"kind": "conv", "depth": 2/' "$work/mlp.json" >"$work/conv.json"
"$bin" train --config "$work/mlp.json" --out "$work/run" >/dev/null 2>"$work/messages" || fail "train: $(tail -n 1 "$work/messages")"
"$bin" export --out "$work/run" --file "$work/net.onnx" >/dev/null 2>"$work/messages" || fail "export: $(cat "$work/messages")"
"$bin" import --config "$work/mlp.json" --file "$work/net.onnx" --out "$work/back" >/dev/null 2>"$work/messages" ||
  fail "import: $(tail -n 1 "$work/messages")"
accuracy() { sed -n 's/^ "accuracy_fp32": \([0-9.e-]*\),*$/\1/p' "$1"; }
awk "BEGIN { d = $(accuracy "$work/run/train.json") - $(accuracy "$work/back/import.json"); exit !(d < 0.002 && d > -0.002) }" ||
  fail "accuracy $(accuracy "$work/run/train.json") came back as $(accuracy "$work/back/import.json")"
status=0
"$bin" import --config "$work/conv.json" --file "$work/net.onnx" --out "$work/other" >"$work/stdout" 2>"$work/stderr" || status=$?
[ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] &&
  grep -qF "net.onnx: takes 784 x 1 x 1 values (C x H x W), the network of $work/conv.json makes 1 x 28 x 28 of an image" "$work/stderr" ||
  fail "another input was not refused: status $status, $(cat "$work/stderr" "$work/stdout")"
status=0
"$bin" report --out "$work/back" >/dev/null 2>"$work/stderr" || status=$?
[ $status -eq 1 ] && grep -qF "the report is of a training, which an imported network lacks" "$work/stderr" ||
  fail "a report of an import: status $status, $(cat "$work/stderr")"
status=0
"$bin" import --config "$work/mlp.json" --file "$work/net.onnx" --out "$work/run" >/dev/null 2>"$work/stderr" || status=$?
[ $status -eq 1 ] && grep -qF "train.json: the folder holds a training, whose model would be replaced" "$work/stderr" ||
  fail "an import into a trained folder: status $status, $(cat "$work/stderr")"
echo passed
