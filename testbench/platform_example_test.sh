#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds platform_example against an installation, outside of the tree, and holds the scores and
# cycles that its system gets to those of `whitedwarf run`, which has neither sockets nor that memory.
# usage: platform_example_test.sh PREFIX EXAMPLE CONFIG     PREFIX: of the installation (scripts/packaging/install_test.sh); CONFIG: a small network's training configuration
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
prefix=$1 bin=$1/bin/whitedwarf example=$2 config=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; fail "$*"; }; }

cp -r "$example" "$work/source"
# Without the package it does not configure.
if cmake -S "$work/source" -B "$work/nothing" -G Ninja -DCMAKE_PREFIX_PATH="$work/nowhere" >"$work/log" 2>&1; then fail "there is another whitedwarf"; fi
grep -q 'whitedwarf' "$work/log" || fail "cmake does not say that whitedwarf is missing: $(cat "$work/log")"

quietly cmake -S "$work/source" -B "$work/built" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release
quietly cmake --build "$work/built"
! find "$work/built" -name '*.d' -exec cat {} + | grep -F "$(cd "$example/../.." && pwd)" | grep -vF "$prefix/" || fail "the example was built with files of the tree"

# A network, and images that are nobody's data set: 28 x 28 bytes each, as a file of pixels and as one that `run` takes.
images=3 pixels=784
echo '{"pes_per_group": 16}' >"$work/arch.json"
quietly "$bin" sizes --config "$config" --model --out "$work/net"
quietly "$bin" compress --out "$work/net"
quietly "$bin" compile --out "$work/net" --arch "$work/arch.json"
seq 1 4000 | gzip -9n | tail -c $((images * pixels)) >"$work/pixels"
[ "$(wc -c <"$work/pixels")" -eq $((images * pixels)) ] || fail "not enough pixels"
header="{\"images\":{\"dtype\":\"U8\",\"shape\":[$images,28,28,1],\"data_offsets\":[0,$((images * pixels))]}}"
while [ $((${#header} % 8)) -ne 0 ]; do header+=' '; done
{ printf "\\x$(printf %x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"; cat "$work/pixels"; } >"$work/images.safetensors"
quietly "$bin" run --out "$work/net" --inputs "$work/images.safetensors" --engines golden,fast --scores
[ "$(wc -l <"$work/net/scores.csv")" -eq $images ] || fail "scores.csv: $(cat "$work/net/scores.csv")"
[ "$(sort -u "$work/net/scores.csv" | wc -l)" -eq $images ] || fail "the images have the same scores"
cycles=$(grep -o '"total_cycles": [0-9]*' "$work/net/run.json" | grep -o '[0-9]*$')

run() { "$work/built/platform_example" "$work/net/program.wdp" "$work/pixels" "$@" >"$work/said" 2>"$work/log" || fail "$*: $(cat "$work/log")"; }
for model in fast "fast direct" systemc rtl; do
  # shellcheck disable=SC2086
  run $model
  head -n $images "$work/said" | cmp - "$work/net/scores.csv" || fail "$model: other scores than those of run"
  tail -n 1 "$work/said" >"$work/cycles ${model%% *}"
  # A memory with blocking transport alone takes one request after another: only the model that asks by blocking transport is as with the ideal memory.
  [ "${model%% *}" != fast ] || [ "$(cat "$work/cycles fast")" = "$cycles cycles" ] || fail "$model: $(cat "$work/cycles fast"), run has $cycles"
done
cmp "$work/cycles systemc" "$work/cycles rtl" || fail "SystemC and RTL take other cycles"

status=0
"$work/built/platform_example" "$work/net/program.wdp" "$work/pixels" golden >"$work/said" 2>"$work/log" || status=$?
[ $status -eq 1 ] && [ ! -s "$work/said" ] && tail -n 1 "$work/log" | grep "there is no model 'golden' of the chip; there are fast, rtl, systemc" >/dev/null || fail "golden: $(cat "$work/log")"
echo "platform_example: $images images, $cycles cycles; behind blocking transport $(cat "$work/cycles systemc")"
