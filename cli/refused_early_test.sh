#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can be refused before the work is refused then: nothing is made before configuration, data and architecture are accepted,
# an unwritable folder is found before the data are opened, and a network that the chip lacks before it is trained.
# usage: refused_early_test.sh WHITEDWARF
set -u
bin=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# refused EXPECTED_TEXT ARGUMENTS...: status 1, one line with the text, and nothing made.
refused() {
  local expected=$1 status=0 made
  shift
  timeout 20 "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  made=$(ls "$work" | grep -vxE 'stdout|stderr|.*\.json|.*\.onnx|there|data')
  if [ $status -ne 1 ] || [ "$(wc -l <"$work/stderr")" -ne 1 ] || ! grep -qF -- "$expected" "$work/stderr" || [ -s "$work/stdout" ] ||
    [ -n "$made" ]; then
    echo "FAILED: $*: status $status, expected '$expected', made '$made', got: $(cat "$work/stderr" "$work/stdout")"
    failures=$((failures + 1))
    [ -z "$made" ] || (cd "$work" && rm -rf $made)
  fi
}

echo '{"network": {"kind": "mlp"}, "epoch": 3}' >"$work/unknown.json"
echo '{"network": {"kind": "mlp"}, "dataset": "cifar10"}' >"$work/cifar.json"
echo '{"network": {"kind": "mlp"}, "epochs": 1}' >"$work/good.json"
echo '{"network": {"kind": "mixer", "patch": 4, "dim": 8, "depth": 1}, "epochs": 1}' >"$work/mixer.json"
echo '{"pes_per_group": 24}' >"$work/arch.json"
echo '{"dataset": "mnist"}' >"$work/mnist.json"
echo 'no network' >"$work/net.onnx"
mkdir "$work/data" "$work/there"
study() { # NAME SEEDS
  echo "{\"name\": \"s\", \"baseline\": \"good.json\", \"seeds\": $2, \"variants\": {\"$1\": {}}}" >"$work/study.json"
}

# Configuration, architecture, data: no folder is left.
refused "unknown key 'epoch'" train --config "$work/unknown.json" --out "$work/out"
refused "'pes_per_group' is 24" train --config "$work/good.json" --arch "$work/arch.json" --out "$work/out"
refused "data set cifar10 needs the name of the folder" train --config "$work/cifar.json" --out "$work/out"
echo '{"name": "s", "network": {"kind": "mlp"}, "distillation": {"teacher": "none"}}' >"$work/taught.json"
refused "s: distillation: teacher 'none' has no checkpoint.wdc; name the folder of a training" train --config "$work/taught.json" --out "$work/out"
refused "s: distillation: teacher 'none' has no checkpoint.wdc" train --config "$work/taught.json" --seeds 1,2 --out "$work/out"
refused "train-images-idx3-ubyte" train --config "$work/good.json" --data "$work/data" --out "$work/out"
refused "train-images-idx3-ubyte" train --config "$work/good.json" --data "$work/data" --seeds 1,2 --out "$work/out"
refused "data set mnist has no default folder" reca --config "$work/mnist.json" --out "$work/out"
refused "train-images-idx3-ubyte" reca --quick --data "$work/data" --out "$work/out"
refused "--config or --dataset is missing" import --file "$work/net.onnx" --out "$work/out"
refused "must be .safetensors or .onnx" import --config "$work/good.json" --file "$work/good.json" --out "$work/out"
refused "net.onnx" import --config "$work/good.json" --file "$work/net.onnx" --out "$work/out"
refused "checkpoint.wdc" export --out "$work/out" --file "$work/new.onnx"
refused "layer norm is not in the chip; use norm 'batch'" sizes --config "$work/mixer.json" --model --out "$work/out"
for name in ../x /x . .. "" .git a/b; do
  study "$name" "[1]"
  refused "study.json: 'variants' has the name \"$name\"" study --config "$work/study.json" --out "$work/out"
done
study a "[1, 1]"
refused "'seeds' names 1 twice" study --config "$work/study.json" --out "$work/out"
study a "[1]"
refused "train-images-idx3-ubyte" study --config "$work/study.json" --data "$work/data" --out "$work/out"
refused "is named twice" train --config "$work/good.json" --seeds 1,1 --out "$work/out"
echo '{"seeds": [2, 2]}' >"$work/reca.json"
refused "'seeds' names one twice" reca --config "$work/reca.json" --out "$work/out"

# An empty value is no default.
for flag in config data arch; do refused "--$flag is empty" train --$flag '' --out "$work/out"; done
refused "--config is empty" study --config '' --out "$work/out"
for flag in data arch; do refused "--$flag is empty" study --config "$work/study.json" --$flag '' --out "$work/out"; done
for flag in config data; do refused "--$flag is empty" reca --$flag '' --out "$work/out"; done
for command in train reca; do refused "--seeds: '' is no seed" $command --seeds '' --out "$work/out"; done
refused "--config is empty" import --config '' --file "$work/net.onnx" --out "$work/out"
refused "--file is empty" import --config "$work/good.json" --file '' --out "$work/out"
refused "--repository is ''" import --config "$work/good.json" --file "$work/net.onnx" --repository '' --out "$work/out"
for flag in net dataset fold coats signs baseline; do refused "--$flag" sizes --$flag ''; done
refused "--out is empty" train --config "$work/good.json" --out ''

# An unwritable folder, with data that would be refused too: the folder comes first.
refused "/proc/none: " train --config "$work/good.json" --data "$work/data" --out /proc/none
refused "/proc/none: " study --config "$work/study.json" --data "$work/data" --out /proc/none
refused "/proc/none: " reca --quick --data "$work/data" --out /proc/none
refused "/proc/none: " import --config "$work/good.json" --file "$work/net.onnx" --data "$work/data" --out /proc/none
refused "good.json: " train --config "$work/good.json" --data "$work/data" --out "$work/good.json"

# A folder that was there stays, empty.
refused "train-images-idx3-ubyte" train --config "$work/good.json" --data "$work/data" --out "$work/there"
[ -z "$(ls -A "$work/there")" ] || { echo "FAILED: left behind: $(ls -A "$work/there")"; failures=$((failures + 1)); }

# What needs the chip's program does not train first.
refused "layer norm needs statistics of the activations" demo --config "$work/mixer.json" --out "$work/out"
echo "$failures failures"
[ "$failures" -eq 0 ]
