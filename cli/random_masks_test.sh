#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Networks of random masks, from a preset or a configuration to all engines: ResNet-18 at 32 x 32 fits the default chip and
# all engines agree on random images; images of a file; every stage that takes images; what is refused.
# usage: random_masks_test.sh WHITEDWARF CONFIG     CONFIG: a small network's training configuration
set -eu
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# refused EXPECTED_TEXT ARGUMENTS...: status 1 and one line with the text, nothing on standard output.
refused() {
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
says() { grep -qF -- "$1" "$work/stdout" || fail "expected '$1', got: $(cat "$work/stdout")"; }
compact() { tr -d ' \n' <"$1"; }
# counters FOLDER: of run.json, without times; all of it but times and threads.
counters() { compact "$1/run.json" | grep -o '"counters":{[^}]*}'; }
all_but_times() { grep -vE '"(seconds|threads|macs_per_second|cycles_per_second)"' "$1/run.json"; }

# ResNet-18 at 32 x 32 on the default chip; without shared rows it needs 2464 of 1024.
net=$work/resnet18
done_with sizes --net resnet18 --dataset cifar10 --model --out "$net"
done_with compress --out "$net"
done_with compile --out "$net"
says "activation rows 512 of 1024, 2464 if none were shared"
refused "a network of random masks has no data set; give --data random, or --inputs" run --out "$net"
refused "--seed is of random images; give --data random" run --out "$net" --seed 3
[ ! -e "$net/run.json" ] || fail "a refused run left run.json"
done_with run --out "$net" --data random --images 1 --systemc-images 1 --rtl-images 1
says "values equal, cycles equal, counters equal"
compact "$net/run.json" | grep '"accuracy_hw":null' >/dev/null || fail "random images have an accuracy"
compact "$net/run.json" | grep '"inputs":"randomimagesofseed1"' >/dev/null || fail "run.json does not say which images"
done_with cosim --out "$net" --data random --seed 2 --cosim-images 1 --engines golden,fast,systemc
says "values equal, cycles equal, counters equal"

# The same images whatever the threads; other ones with another seed.
done_with run --out "$net" --data random --seed 5 --images 3 --engines fast --threads 1
says "cycles of layers"
one=$(counters "$net") all=$(all_but_times "$net")
grep -q '"ranges"' "$net/run.json" || fail "run.json has no ranges"
for threads in 2 8; do
  done_with run --out "$net" --data random --seed 5 --images 3 --engines fast --threads $threads
  [ "$(all_but_times "$net")" = "$all" ] || fail "results depend on threads ($threads)"
done
done_with run --out "$net" --data random --seed 6 --images 3 --engines fast
[ "$(counters "$net")" != "$one" ] || fail "counters do not depend on the seed"

# Images of a file: two of 32 x 32 x 3, which are any bytes.
images() { # images FILE COUNT SIDE: a safetensors file
  local header="{\"images\":{\"dtype\":\"U8\",\"shape\":[$2,$3,$3,3],\"data_offsets\":[0,$(($2 * $3 * $3 * 3))]}}"
  { printf "\\x$(printf %x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"; head -c $(($2 * $3 * $3 * 3)) "$net/model.wdz"; } >"$1"
}
images "$work/two.safetensors" 2 32
done_with run --out "$net" --inputs "$work/two.safetensors" --engines golden,fast
says "values equal"
[ "$(grep -c '"images": 2' "$net/run.json")" -eq 3 ] || fail "not two images: $(grep '"images"' "$net/run.json")"
images "$work/small.safetensors" 2 28
refused "'images' is U8 [2, 28, 28, 3], the program takes U8 [N, 32, 32, 3]" run --out "$net" --inputs "$work/small.safetensors"
head -c 3000 "$work/two.safetensors" >"$work/cut.safetensors"
refused "cut.safetensors" run --out "$net" --inputs "$work/cut.safetensors"
refused "none.safetensors" cosim --out "$net" --inputs "$work/none.safetensors"
refused "--inputs and --data exclude each other" run --out "$net" --data random --inputs "$work/two.safetensors"

# A buffer too small for whole tensors takes stripes; one too small for these: layer, resource, need, limit and remedy.
echo '{"act_rows": 511}' >"$work/small.json"
done_with compile --out "$net" --arch "$work/small.json"
echo '{"act_rows": 64}' >"$work/small.json"
refused "layer stem: needs 96 activation rows in its smallest stripes, the architecture has 64; raise act_rows to 96" \
  compile --out "$net" --arch "$work/small.json"

# A network of a configuration, and the stages that take images.
net=$work/own
done_with sizes --config "$config" --coats 0.7,0.9 --model --out "$net"
for stage in compress compile; do done_with $stage --out "$net"; done
done_with run --out "$net" --data random --images 2 --systemc-images 2 --rtl-images 1
says "values equal, cycles equal, counters equal"
done_with cosim --out "$net" --data random --cosim-images 1
says "values equal, cycles equal, counters equal"
for stage in ablate explore; do
  refused "random masks has no data set" $stage --out "$net"
done
done_with ablate --out "$net" --data random --ablation-images 1
done_with explore --out "$net" --data random --ablation-images 1 --no-confirm
compact "$net/ablation.json" | grep '"inputs":"randomimagesofseed1"' >/dev/null || fail "ablation.json does not say which images"
compact "$net/explore.json" | grep '"inputs":"randomimagesofseed1"' >/dev/null || fail "explore.json does not say which images"
"$bin" sizes --net resnet18 --fold 1,4 >"$work/stdout" || fail "a fold without effect"
grep -qF 'fold            1,4: no effect, their blocks have no weights of the same shape' "$work/stdout" || fail "a fold without effect is not told: $(cat "$work/stdout")"
refused "--config and --net exclude each other; give one" sizes --config "$config" --net resnet18
refused "--config is empty" sizes --config ''
refused "a network of random masks has no training, and so no page of its own: " report --out "$net"
refused "--signs and --freeze would change a part of the configuration's masks; give --coats too" sizes --config "$config" --signs learned
for stage in run cosim ablate explore; do
  refused "--inputs is empty" $stage --inputs ''
  refused "--seed is 0, must be 1" $stage --seed 0
done
echo passed
