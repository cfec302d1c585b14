#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a user can get wrong: each case must end with status 1, one line on stderr that names the cause, and no output.
# usage: bad_input_test.sh WHITEDWARF
set -u
bin=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# refused NAME EXPECTED_TEXT ARGUMENTS...
refused() {
  local name=$1 expected=$2 status
  shift 2
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr"
  status=$?
  if [ $status -ne 1 ] || [ "$(wc -l <"$work/stderr")" -ne 1 ] || ! grep -qF -- "$expected" "$work/stderr" || [ -s "$work/stdout" ]; then
    echo "FAILED $name: status $status, expected one line with '$expected', got:"
    cat "$work/stderr" "$work/stdout"
    failures=$((failures + 1))
  fi
}

refused "unknown command" "'bake' is not a command" bake
refused "unknown flag" "unrecognised option '--epochs'" train --epochs 3
refused "stray word" "--help" run now
refused "negative number" "--threads is -1" train --threads -1
refused "not a number" "threads" train --threads many
refused "out of range" "--window is 9, must be 1 to 2" run --window 9
refused "unknown engine" "'verilog' is unknown" run --engines verilog
refused "unknown switch" "'turbo' is unknown" run --off turbo
refused "no images" "--images is 0, must be 1 to 10000" run --images 0
refused "negative images" "--images is -1, must be 1 to 10000" run --images -1
refused "not a whole number" "--rtl-images is '2.5', must be a whole number" run --rtl-images 2.5
refused "two norms" "--norms is 'fp8,fp16', must be one of fp16,fp8" compress --norms fp8,fp16
refused "two codes" "--code is 'plain,tans'" compress --code plain,tans
refused "an engine without a name" "--engines: '' is unknown" run --engines fast,
refused "a demo of one engine" "--engines names 1 engine, demo compares at least 2" demo --engines golden
refused "a demo without figures per layer" "--engines lacks fast" demo --engines rtl,systemc
refused "no engine" "--engines: names no engine" cosim --engines ''
refused "no window" "--window is 0, must be 1 to 2" run --window 0
refused "no switch" "--off: names no switch" run --off ''
refused "a switch without a name" "--off: '' is unknown" run --off ,gate_walker
for stage in compress compile run cosim ablate explore report; do refused "empty folder, $stage" "--out is empty" $stage --out ''; done
for stage in compress run cosim ablate explore; do refused "empty data, $stage" "--data is empty" $stage --data ''; done
refused "empty architecture" "--arch is empty" compile --arch ''
refused "another command's option" "unrecognised option '--rtl-images'" cosim --rtl-images 1
refused "unknown bench" "bench: 'speed' is unknown; it can be train or codec" bench speed
refused "two words" "too many positional options" bench train codec
refused "unknown bench network" "--networks: 'vgg' is unknown; networks are mlp,hfn" bench train --networks vgg
refused "unknown precision" "--precision: 'fp16' is unknown; precisions are bf16,fp32" bench train --precision fp16
refused "no steps" "--steps is 0, must be 1 to 10000" bench train --steps 0
refused "steps of no training bench" "unrecognised option '--steps'" bench --steps 3
cat >"$work/study.json" <<JSON
{"name": "s", "baseline": "$here/../algo/studies/mask_baseline.json", "seeds": [1], "variants": {"a": {}, "b": {"image_size": 32}}}
JSON
refused "study of two image sizes" "b: 'image_size' is 32, the first variant's 224" study --config "$work/study.json"
sed -i 's/"image_size": 32/"dataset": "cifar10"/' "$work/study.json"
refused "study of two data sets" "b: 'dataset' is cifar10, the first variant's fashion-mnist" study --config "$work/study.json"
refused "missing program" "program.wdp" run --out "$work/none"
refused "missing data" "dataset-fashion-mnist" train --data "$work/none" --out "$work/t1"
refused "unwritable output" "--out" train --out /proc/none
touch "$work/file"
refused "output is a file" "--out" train --out "$work/file"

mkdir "$work/data" "$work/t2"
for f in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
  cp "/usr/share/datasets/fashion-mnist/$f.gz" "$work/data/"
done
truncate -s 100000 "$work/data/train-images-idx3-ubyte.gz"
refused "truncated data" "train-images-idx3-ubyte.gz" train --data "$work/data" --out "$work/t2"

echo '{"network": {"kind": "mlp"}, "epoch": 3}' >"$work/unknown.json"
refused "unknown config key" "unknown key 'epoch'" train --config "$work/unknown.json" --out "$work/t2"
echo '{"network": {"kind": "mlp"}, "epochs": -3}' >"$work/range.json"
refused "config value out of range" "epochs" train --config "$work/range.json" --out "$work/t2"
echo '{"epochs": ' >"$work/cut.json"
refused "config cut off" "cut.json" train --config "$work/cut.json" --out "$work/t2"
refused "several seeds of a demo" "--seeds: demo makes one network" demo --seeds 1,2 --out "$work/t2"
echo '{"steps": 65}' >"$work/steps.json"
refused "reca steps out of range" "must be 1 to 64" reca --config "$work/steps.json" --out "$work/t2"
echo '{"dataset": "mnist"}' >"$work/mnist.json"
refused "reca data set without a folder" "--data" reca --config "$work/mnist.json" --out "$work/t2"
echo 'not a model' >"$work/t2/model.wdm"
refused "not a model" "model.wdm" compress --out "$work/t2"
head -c 5000 /dev/zero >"$work/t2/model.wdz"
refused "not a compressed model" "magic" compile --out "$work/t2"
head -c 5000 /dev/zero >"$work/t2/program.wdp"
refused "not a program" "magic" run --out "$work/t2"
refused "report without stages" "train.json" report --out "$work/t2"

left=$(ls "$work/t1" "$work/t2" 2>/dev/null | grep -vxE 'model.wdm|model.wdz|program.wdp|.*:|')
if [ -n "$left" ]; then
  echo "FAILED: left behind: $left"
  failures=$((failures + 1))
fi
echo "$failures failures"
[ "$failures" -eq 0 ]
