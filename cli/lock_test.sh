#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A folder that a process works in is refused to a second one, which disturbs nothing; it is free again when that process
# is killed (SIGKILL), and once a training is done.
# usage: lock_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 $pid 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

make_config() {
  cat <<J
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": $1}
J
}
make_config 5000 >"$work/long.json"
make_config 1 >"$work/short.json"

"$bin" train --config "$work/long.json" --out "$work/out" >/dev/null 2>"$work/messages" &
pid=$!
for _ in $(seq 3000); do
  [ -e "$work/out/checkpoint.wdc" ] && break
  kill -0 $pid || fail "$(cat "$work/messages")"
  sleep 0.02
done
# refused ARGUMENTS...
refused() {
  local status=0
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] &&
    grep -qF "out: process $pid works in this folder now; wait until it is done, or choose another --out" "$work/stderr" ||
    fail "$* was not refused: status $status, $(cat "$work/stderr" "$work/stdout")"
}
refused train --config "$work/short.json" --out "$work/out" --fresh
refused demo --quick --out "$work/out/../out"
refused reca --quick --out "$work/out"
kill -0 $pid || fail "the first training ended: $(cat "$work/messages")"
[ -e "$work/out/whitedwarf.lock" ] || fail "the lock is gone after a refusal"

kill -9 $pid
wait $pid 2>/dev/null && fail "the first training was not killed"
pid=
echo old >"$work/out/checkpoint.wdc.99999993-3.partial"
"$bin" train --config "$work/short.json" --out "$work/out" --fresh >/dev/null 2>"$work/messages" ||
  fail "a killed training's folder was not free: $(cat "$work/messages")"
[ "$(ls "$work/out")" = "$(printf 'checkpoint.wdc\nmodel.wdm\ntrain.json')" ] || fail "left behind: $(ls "$work/out")"
"$bin" train --config "$work/short.json" --out "$work/out" >/dev/null 2>"$work/messages" ||
  fail "a finished training's folder was not free: $(cat "$work/messages")"
echo passed
