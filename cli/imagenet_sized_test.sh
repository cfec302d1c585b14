#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/imagenet_sized.sh on a small network and few pictures: killed in the middle it ends in the bits of a training that
# was left alone, a second call trains nothing, an interrupted one goes on, mistakes are refused.
# usage: imagenet_sized_test.sh PROGRAMS
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
programs=$1
script=$(cd "$(dirname "$0")/.." && pwd)/scripts/imagenet_sized.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

refused() {
  local expected=$1 status=0
  shift
  "$script" --programs "$programs" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -F -- "$expected" "$work/stderr" >/dev/null && [ ! -s "$work/stdout" ] ||
    fail "$*: status $status, $(cat "$work/stderr" "$work/stdout")"
}
refused "OUT is missing"
refused "--steps is '0', must be 1 to 999999" "$work/none" --steps 0
refused "--batch needs a value" "$work/none" --batch
refused "'--fast' is unknown" "$work/none" --fast
refused "--config is $work/none.json: no such file" "$work/none" --config "$work/none.json"
refused "has no whitedwarf; build it" "$work/none" --programs "$work"
[ ! -e "$work/none" ] || fail "a refused call left something"

cat >"$work/tiny.json" <<'J'
{"name": "tiny", "dataset": "imagenet", "network": {"kind": "resnet", "patch": 4, "stem": {"channels": 16}, "stages": [
 {"channels": 16, "blocks": 2, "stride": 2}, {"channels": 32, "blocks": 3, "stride": 2, "folded": true}]},
 "schedule": {"kind": "cosine", "rate": 0.05}, "epochs": 90, "augmentation": {"flip": true, "resized_crop": 0.08}}
J
call=("$script" "$work/out" --config "$work/tiny.json" --steps 60 --batch 4 --size 32 --classes 5 --checkpoint-seconds 0
      --programs "$programs")
out=$work/out
# On a busy machine the second half can pass before the script looks again.
for _ in 1 2 3 4 5; do
  "${call[@]}" >"$work/report" 2>"$work/messages" && break
  grep "the training ended before it was killed" "$work/messages" >/dev/null || fail "$(cat "$work/messages")"
  rm -r "$out/run"
done
[ "$(find "$out/pictures/train" -name '*.JPEG' | wc -l)" -eq 240 ] && [ "$(find "$out/pictures/val" -name '*.JPEG' | wc -l)" -eq 8 ] ||
  fail "other numbers of pictures"
killed=$(cat "$out/killed_at")
[ "$killed" -ge 30 ] && [ "$killed" -le 60 ] || fail "killed at step $killed"
grep "continuing from step " "$work/messages" >/dev/null
for line in "killed, continued    at step $killed" "images per second " "waiting for pictures " "peak memory " "a whole training  .* (1281167 images, 90 epochs, "; do
  grep "^$line" "$work/report" >/dev/null || fail "no line '$line': $(cat "$work/report")"
done

# Left alone, it has the same bits, and the report's figures are those of train.json.
"$programs/whitedwarf" train --config "$out/config.json" --data "$out/pictures" --out "$work/whole" >/dev/null 2>"$work/messages"
cmp "$work/whole/model.wdm" "$out/run/model.wdm" || fail "the kill changed the model"
python3 - "$out/run/train.json" "$work/report" <<'PY'
import json, re, sys
speed, report = json.load(open(sys.argv[1]))["speed"], open(sys.argv[2]).read()
days = float(re.search(r"whole training +([0-9.]+) days", report)[1])
assert abs(days - 1281167 * 90 / speed["images_per_second"] / 86400) <= 0.05 + 1e-9, (days, speed)
assert 0 < speed["loading_share"] < 1 and 10 < speed["peak_mib"] < 8192, speed
PY

# Once more: nothing is trained, the report is the same.
before=$(stat -c %i:%Y "$out/run/train.json")
"${call[@]}" >"$work/again" 2>"$work/messages"
cmp "$work/report" "$work/again" && [ "$(stat -c %i:%Y "$out/run/train.json")" = "$before" ] || fail "a second call did it again"
# Stopped behind the kill, with a picture lost: both come back.
rm "$out/run/train.json" "$out/pictures/train/n00000003/n00000003_8.JPEG"
"${call[@]}" >"$work/again" 2>"$work/messages"
cmp "$work/whole/model.wdm" "$out/run/model.wdm" || fail "continued, the model is another"
# A picture that was edited: the training is refused, by the data's name.
rm "$out/run/train.json"
printf x >>"$out/pictures/train/n00000003/n00000003_8.JPEG"
! "${call[@]}" >"$work/again" 2>"$work/messages" || fail "other pictures were taken"
grep "error: .*checkpoint.wdc: was made with other training images; use the same data set or start afresh" "$work/messages" >/dev/null ||
  fail "$(cat "$work/messages")"
echo passed
