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

# A masked network with pools goes out as ONNX and comes back through the chip: the same masks, program and classes.
cat >"$work/masked.json" <<'J'
{"name": "masked", "dataset": "fashion-mnist", "network": {"kind": "conv", "patch": 4, "norm": true, "stages": [{"channels": 16, "layers": 2}],
 "hidden": [24]}, "batch": 250, "supermask": {"pruned": [0.5]}, "optimizer": {"kind": "adamw"},
 "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
"$bin" train --config "$work/masked.json" --out "$work/masked" >/dev/null 2>"$work/messages" || fail "train: $(tail -n 1 "$work/messages")"
"$bin" export --out "$work/masked" --file "$work/masked.onnx" >/dev/null 2>"$work/messages" || fail "export: $(cat "$work/messages")"
"$bin" import --config "$work/masked.json" --file "$work/masked.onnx" --out "$work/again" >"$work/stdout" 2>"$work/messages" ||
  fail "import: $(tail -n 1 "$work/messages")"
grep -q "weights .*, masked" "$work/stdout" || fail "the masks were not found: $(cat "$work/stdout")"
for out in masked again; do
  for stage in compress compile "run --data random --images 20 --engines golden,fast"; do
    "$bin" $stage --out "$work/$out" >/dev/null 2>"$work/messages" || fail "$out: $stage: $(tail -n 1 "$work/messages")"
  done
done
grep -q '"values": true' "$work/again/run.json" || fail "engines differ on the imported network"
hw() { sed -n 's/^ "accuracy_hw": \([0-9.e-]*\),*$/\1/p' "$1"; }
awk "BEGIN { d = $(hw "$work/masked/train.json") - $(hw "$work/again/import.json"); exit !(d < 0.01 && d > -0.01) }" ||
  fail "accuracy on the chip $(hw "$work/masked/train.json") came back as $(hw "$work/again/import.json")"

# A folded supermask under the names of another repository comes back without a configuration: the same masks, the same accuracy.
cat >"$work/fold.json" <<'J'
{"name": "fold", "dataset": "fashion-mnist", "network": {"kind": "resnet", "patch": 4, "block": "basic", "stem": {"kernel": 3, "channels": 16},
 "stages": [{"channels": 16, "blocks": 3, "stride": 1, "folded": true}, {"channels": 32, "blocks": 2, "stride": 2, "folded": false}]}, "batch": 250,
 "supermask": {"pruned": [0.6]}, "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
"$bin" train --config "$work/fold.json" --out "$work/fold" >/dev/null 2>"$work/messages" || fail "train: $(tail -n 1 "$work/messages")"
"$bin" export --out "$work/fold" --repository hidden-fold-networks --file "$work/fold.safetensors" >/dev/null 2>"$work/messages" ||
  fail "export: $(tail -n 1 "$work/messages")"
"$bin" import --dataset fashion-mnist --pruned 0.6 --file "$work/fold.safetensors" --out "$work/found" >/dev/null 2>"$work/messages" ||
  fail "import without a configuration: $(tail -n 1 "$work/messages")"
awk "BEGIN { d = $(hw "$work/fold/train.json") - $(hw "$work/found/import.json"); exit !(d < 0.01 && d > -0.01) }" ||
  fail "accuracy on the chip $(hw "$work/fold/train.json") came back as $(hw "$work/found/import.json")"
refused() { # refused EXPECTED ARGS
  local expected=$1 status=0
  shift
  "$bin" import "$@" --file "$work/fold.safetensors" --out "$work/refused" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && [ ! -e "$work/refused" ] &&
    grep -qF -- "$expected" "$work/stderr" || fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
refused "say it with --pruned" --dataset fashion-mnist
refused "makes 10 scores, cifar100 has 100 classes" --dataset cifar100 --pruned 0.6
refused "reads 16 channels, the data set's images have 3" --dataset cifar10 --pruned 0.6
refused "has the names of hidden-fold-networks, --repository is own" --dataset fashion-mnist --pruned 0.6 --repository own
refused "'pruned' holds 0.5" --dataset fashion-mnist --pruned 0.6,0.5
refused "--config or --dataset is missing"
echo passed
