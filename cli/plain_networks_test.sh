#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Conv2 to Conv8 and VGG-11 at 32 x 32, of random masks, compile for the default chip and run with equal values on golden model and fast
# simulator; what does not fit says what to raise, and then fits.
# usage: plain_networks_test.sh WHITEDWARF TABLE     TABLE: scripts/networks_table.sh, which runs the same program
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 table=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
"$table" "$work" cifar10 default 1 conv2 conv4 conv6 conv8 vgg11 | tee "$work/rows"
[ "$(grep -c '^| ' "$work/rows")" -eq 5 ] || fail "not all networks have a row"
refused() { # refused EXPECTED_TEXT ARGUMENTS...: status 1 and one line with the text
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr")"
}
net=$work/three
"$bin" sizes --net conv2 --dataset cifar10 --coats 0.7,0.9212,0.9685 --model --out "$net" >/dev/null
"$bin" compress --out "$net" >/dev/null
refused "layer fc1: the weights of 64 output channels need 2048 rows, the weight buffer has 1536; raise weight_rows to 2048" compile --out "$net"
echo '{"weight_rows": 2048}' >"$work/chip.json"
"$bin" compile --out "$net" --arch "$work/chip.json" >/dev/null
"$bin" run --out "$net" --data random --images 1 --engines golden,fast >/dev/null
grep -q '"values": true' "$net/run.json" || fail "engines differ on conv2 with three coats"
refused "conv2 is for images of 32 x 32; take cifar10 or cifar100, or a VGG" sizes --net conv2 --dataset imagenet --out "$net"
refused "--net is 'conv3', known networks are" sizes --net conv3 --dataset cifar10 --out "$net"
refused "--fold: a vgg11 has no stages of equal blocks; leave it out" sizes --net vgg11 --dataset cifar10 --fold 1 --out "$net"
