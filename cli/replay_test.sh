#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Recorded maps replayed on other chips, with other switches and thread counts: every figure of run.json, explore.json and
# ablation.json is that of values computed; recordings that do not fit are refused by name.
# usage: replay_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $1" >&2; exit 1; }
refused() { # refused EXPECTED ARGS: fails with one line that has EXPECTED
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
figures() { grep -vE '"(seconds|threads|macs_per_second|cycles_per_second|replayed)"' "$net/$1.json"; }

net=$work/net maps=$work/maps.wda
run=(run --out "$net" --engines fast --data random --images 3)
two=(run --out "$net" --engines fast --data random --images 2)
done_with sizes --config "$config" --model --out "$net"
done_with compress --out "$net"
done_with compile --out "$net"
done_with "${run[@]}" --record "$maps" --threads 2
recorded=$(figures run)
done_with "${run[@]}"
[ "$(figures run)" = "$recorded" ] || fail "recording changes results"
for threads in 1 2 8; do
  done_with "${run[@]}" --replay "$maps" --threads $threads
  [ "$(figures run)" = "$recorded" ] || fail "a replay with $threads threads has other figures"
  grep -q '"replayed": true' "$net/run.json" || fail "run.json does not say that it is a replay"
done

# Other chips and switches.
n=0
for arch in '{"pes_per_group": 32, "window": 4, "entries": 3}' '{"weight_rows": 160, "planes_per_row": 1, "window": 8}' '{"chunk": 32}' \
  '{"groups_per_walker": 1, "memory_latency": 90, "act_rows": 2048}'; do
  echo "$arch" >"$work/arch.json"
  done_with compile --out "$net" --arch "$work/arch.json"
  for off in "" skip_zero_activations skip_zero_weights; do
    done_with "${two[@]}" ${off:+--off $off}
    whole=$(figures run)
    done_with "${two[@]}" ${off:+--off $off} --replay "$maps"
    [ "$(figures run)" = "$whole" ] || fail "a replay on $arch, off: '$off', has other figures"
    [ "$whole" != "$recorded" ] || fail "$arch changes nothing"
    n=$((n + 1))
  done
done
[ $n -eq 12 ] || fail "$n chips and switches instead of 12"
done_with compile --out "$net"

# What does not fit.
refused "--record and --replay exclude each other" "${run[@]}" --record "$maps" --replay "$maps"
refused "--record: $work/none: no folder that can be written to; make it first" "${run[@]}" --record "$work/none/maps.wda"
refused "--record: $work is a folder; name a file" "${run[@]}" --record "$work"
refused "--record: $net/model.wdz is there and is not a recording; name another file" "${run[@]}" --record "$net/model.wdz"
ln -s "$maps" "$work/link.wda"
mkfifo "$work/pipe"
for file in "$work/link.wda" "$work/pipe"; do
  refused "--record: $file is there and is not a recording" "${run[@]}" --record "$file"
done
refused "is the name of run's results" "${run[@]}" --record "$work/run.json"
# Scores of a recording are not values that were computed.
done_with run --out "$net" --engines golden,fast --data random --images 3 --replay "$maps"
grep -q "values not compared" "$work/stdout" || fail "a replay's values are compared"
refused "--replay is of the fast simulator; give --engines fast" run --out "$net" --engines golden --data random --replay "$maps"
refused "$maps: image 0: not what was recorded; record again, or give the --data, --seed or --inputs of then" "${run[@]}" --seed 7 --replay "$maps"
refused "$maps: has 3 images, 4 are asked for; give --images, or record again" run --out "$net" --engines fast --data random --images 4 --replay "$maps"
head -c 1000 "$maps" >"$work/cut.wda"
refused "$work/cut.wda: not a usable recording file: section" "${run[@]}" --replay "$work/cut.wda"
cp "$maps" "$work/bad.wda"
printf '\x55' | dd of="$work/bad.wda" bs=1 seek=2000 conv=notrunc status=none
refused "checksum of section 'maps' is wrong" "${run[@]}" --replay "$work/bad.wda"
printf '\x02' | dd of="$work/bad.wda" bs=1 seek=4 conv=notrunc status=none
refused "version 2, this program reads version 1; record again with" "${run[@]}" --replay "$work/bad.wda"
refused "the magic number is wrong" "${run[@]}" --replay "$net/model.wdz"
done_with compile --out "$net" --no-fold
refused "$maps: was recorded of other layers" "${run[@]}" --replay "$maps"
done_with compile --out "$net" --batch 2
refused "$maps: has frames of 1 images, the program's have 2; compile with --batch 1, or record again" "${run[@]}" --replay "$maps"
other=$work/other
done_with sizes --net conv2 --model --out "$other"
done_with compress --out "$other"
done_with compile --out "$other"
refused "$maps: was recorded of another model; record again" run --out "$other" --engines fast --data random --images 3 --replay "$maps"

# Explorations and ablations.
done_with compile --out "$net"
for command in "explore --no-confirm" ablate; do
  result=explore
  [ "$command" != ablate ] || result=ablation
  # shellcheck disable=SC2086
  done_with $command --out "$net" --data random --ablation-images 2 --whole
  whole=$(figures $result)
  for threads in 1 8; do
    # shellcheck disable=SC2086
    done_with $command --out "$net" --data random --ablation-images 2 --threads $threads
    [ "$(figures $result)" = "$whole" ] || fail "$command has other results from recorded maps"
  done
done
