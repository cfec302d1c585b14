#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds flow/library/example outside of the tree, against an installation that was moved: its training gives the command's model, its
# program, scores and cycles are those of `compile` and `run`; another version, wrong configurations and pixels are refused.
# usage: example_test.sh PREFIX
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
prefix=$1 bin=$1/bin/whitedwarf
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; fail "$*"; }; }
example() { "$work/built/library_example" "$@"; }
refused() { # refused EXPECTED ARGUMENTS
  local expected=$1 status=0
  shift
  example "$@" >"$work/said" 2>"$work/log" || status=$?
  [ $status -eq 1 ] && [ ! -s "$work/said" ] && [ "$(wc -l <"$work/log")" -eq 1 ] && grep -F -- "$expected" "$work/log" >/dev/null ||
    fail "$*: status $status, expected '$expected', got $(cat "$work/log")"
}

cp -r "$here/example" "$work/source"
for wanted in 0.0.9 0.2 1.0; do
  if cmake -S "$work/source" -B "$work/other" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DWANTED=$wanted >"$work/log" 2>&1; then fail "version $wanted is found"; fi
  grep "requested version" "$work/log" >/dev/null || fail "version $wanted: $(cat "$work/log")"
  rm -rf "$work/other"
done
quietly cmake -S "$work/source" -B "$work/built" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release
quietly cmake --build "$work/built"
! find "$work/built" -name '*.d' -exec cat {} + | grep -F "$(cd "$here/../.." && pwd)" | grep -vF "$prefix/" || fail "the example was built with files of the tree"

# Without CMake.
read -ra flags < <(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs whitedwarf)
quietly g++ -Wall -Wextra -Werror -o "$work/by_hand" "$here/example/main.cpp" "${flags[@]}"
[ "$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --modversion whitedwarf)" = "$("$bin" --version | cut -d ' ' -f 2)" ] || fail "pkg-config has another version"

python3 "$here/../../scripts/packaging/tiny_job.py" "$work"
quietly "$bin" train --config "$work/tiny.json" --data "$work/data" --out "$work/net" --threads 2
example train "$work/tiny.json" "$work/data" "$work/own.wdm" >"$work/said"
cmp "$work/own.wdm" "$work/net/model.wdm" || fail "another network than the command's"
grep -E '^[1-9][0-9]* steps, 0\.[0-9]{4}$' "$work/said" >/dev/null || fail "train: $(cat "$work/said")"

# The images of the data set's test half: their bytes stand behind a header of whole 64 bytes.
images=32
tail -c $((images * 64)) "$work/data/test_images.npy" >"$work/pixels"
echo '{"pes_per_group": 16}' >"$work/arch.json"
quietly "$bin" compress --out "$work/net"
quietly "$bin" compile --out "$work/net" --arch "$work/arch.json"
quietly "$bin" run --out "$work/net" --data "$work/data" --engines golden,fast --images $images --scores
cycles=$(grep -o '"total_cycles": [0-9]*' "$work/net/run.json" | grep -o '[0-9]*$')
for network in own.wdm net/model.wdz; do
  example run "$work/$network" "$work/pixels" "$work/own.wdp" >"$work/said"
  cmp "$work/own.wdp" "$work/net/program.wdp" || fail "$network: another program than the command's"
  head -n $images "$work/said" | cmp - "$work/net/scores.csv" || fail "$network: other scores than the command's"
  [ "$(tail -n 1 "$work/said")" = "$cycles cycles" ] || fail "$network: $(tail -n 1 "$work/said"), run has $cycles"
done
"$work/by_hand" run "$work/own.wdm" "$work/pixels" "$work/by_hand.wdp" | cmp - "$work/said" || fail "pkg-config's: other scores than CMake's"
[ "$(sort -u "$work/net/scores.csv" | wc -l)" -gt 1 ] || fail "all images have the same scores"

head -c 65 "$work/pixels" >"$work/odd"
refused "pixels: 65 bytes, must be a multiple of an image's 64" run "$work/own.wdm" "$work/odd" "$work/odd.wdp"
sed 's/"epochs"/"epoch"/' "$work/tiny.json" >"$work/wrong.json"
refused "'epoch'" train "$work/wrong.json" "$work/data" "$work/wrong.wdm"
refused "$work/arch.json" run "$work/arch.json" "$work/pixels" "$work/wrong.wdp"
[ ! -e "$work/wrong.wdm" ] && [ ! -e "$work/wrong.wdp" ] || fail "a refused call left a file"
