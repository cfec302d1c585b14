#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training that is killed (SIGKILL) again and again, at random moments of its epochs, ends in the same bytes as one
# that is left alone.
# usage: kill_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 $pid 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat >"$work/tiny.json" <<'J'
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 10, "validation": 0.1,
 "augmentation": {"flip": true, "crop": 1}, "quantization": {"fp8_epochs": 4}}
J
command=("$bin" train --config "$work/tiny.json")
stamp() { stat -c %i:%Y "$work/killed/checkpoint.wdc" 2>/dev/null || echo none; }

"${command[@]}" --out "$work/whole" >/dev/null 2>"$work/messages" || fail "uninterrupted: $(tail -n 1 "$work/messages")"
[ -s "$work/whole/model.wdm" ] || fail "the uninterrupted training left no model"

epoch=$(sed -n 's/^ "seconds": \([0-9.e-]*\),*$/\1/p' "$work/whole/train.json" | awk '{ print $1 / 10 }')
seed=${WD_KILL_SEED:-$$}
echo "moments by seed $seed (WD_KILL_SEED), of epochs of $epoch s"
RANDOM=$seed
kills=0
while [ $kills -lt 5 ]; do
  before=$(stamp)
  "${command[@]}" --out "$work/killed" --threads $((kills % 2 + 1)) >/dev/null 2>>"$work/messages" &
  pid=$!
  # The first may die before there is a checkpoint, the others within an epoch after one of their own.
  if [ $kills -gt 0 ]; then
    for _ in $(seq 3000); do
      [ "$(stamp)" = "$before" ] && kill -0 $pid 2>/dev/null || break
      sleep 0.02
    done
  fi
  sleep "$(awk "BEGIN { print $RANDOM / 32768 * $epoch }")"
  kill -9 $pid 2>/dev/null || break
  wait $pid 2>/dev/null && break
  pid=
  kills=$((kills + 1))
done
[ $kills -ge 3 ] || fail "training ended after $kills kills: $(tail -n 1 "$work/messages")"
"${command[@]}" --out "$work/killed" >/dev/null 2>"$work/last" || fail "continuing after $kills kills: $(tail -n 1 "$work/last")"
grep -q "resuming from" "$work/last" || fail "the last training did not resume: $(cat "$work/last")"
cmp "$work/whole/model.wdm" "$work/killed/model.wdm" || fail "$kills kills changed the model"
for run in whole killed; do grep -vE '"(seconds|threads|speed|images_per_second|loading_share|peak_mib)"' "$work/$run/train.json" >"$work/$run.json"; done
cmp "$work/whole.json" "$work/killed.json" || fail "$kills kills changed the record of the training"
echo "passed: $kills kills"
