#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# compile: the same program from run to run; what passes make, as tables and JSON, without a file; reasons per layer.
# usage: compile_test.sh WHITEDWARF CONFIG     CONFIG: a small network's training configuration
set -eu
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
says() { grep -qE -- "$1" "$work/stdout" || fail "expected '$1', got: $(head -n 40 "$work/stdout")"; }
refused() { # refused EXPECTED_TEXT ARGUMENTS...: status 1 and one line with the text, nothing on standard output
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}

net=$work/net
done_with sizes --config "$config" --model --out "$net"
done_with compress --out "$net"
files=$(ls "$net")

# Passes: tables and JSON, no file.
for pass in lower rows scale schedule pack emit; do
  done_with compile --out "$net" --dump-after $pass
  [ "$(wc -l <"$work/stdout")" -gt 10 ] || fail "$pass: $(cat "$work/stdout")"
  done_with compile --out "$net" --dump-after $pass --json
  says '^\{$'
done
[ "$(ls "$net")" = "$files" ] || fail "--dump-after wrote a file"
done_with compile --out "$net" --dump-after space-to-depth
says '^stem .* no +its stride is 1$'
done_with compile --out "$net" --dump-after lower
says '^ *0 +1 +stem '
echo '{"weight_rows": 160}' >"$work/small.json"
done_with compile --out "$net" --arch "$work/small.json" --dump-after schedule
says '^all weights stay: no$'
says ' weights +stem '
refused "--dump-after is 'optimize', must be one of space-to-depth,lower,stripe,rows,scale,schedule,pack,emit" compile --out "$net" --dump-after optimize
refused "--dump-after and --explain exclude each other; give one" compile --out "$net" --dump-after emit --explain

# What a later pass refuses can be looked at behind an earlier one.
echo '{"instr_rows": 16}' >"$work/short.json"
refused "raise instr_rows" compile --out "$net" --arch "$work/short.json"
done_with compile --out "$net" --arch "$work/short.json" --dump-after pack

# The same bytes each time.
for folder in one two; do
  mkdir "$work/$folder" && cp "$net/model.wdz" "$work/$folder"
  done_with compile --out "$work/$folder" --arch "$work/small.json"
done
for file in program.wdp program.txt compile.json; do cmp "$work/one/$file" "$work/two/$file"; done

# Reasons.
done_with compile --out "$net" --explain
says '^stem +resident .* all weights together need [0-9]+ of 1536 rows$'
done_with compile --out "$net" --arch "$work/small.json" --explain
says ' streamed .* the buffer has 160'
says '^cycles of a random image [0-9]+, of which idle before layers [0-9]+$'
done_with compile --out "$net" --arch "$work/small.json" --explain --json
says '"why": "all weights'
cycles=$(grep -o '"cycles": [0-9]*' "$work/stdout" | sed -n 1p)
done_with run --out "$net" --data random --images 1 --engines fast
grep -q "\"total_cycles\": ${cycles#*: }\b" "$net/run.json" || fail "$cycles, but run.json says $(grep total_cycles "$net/run.json")"
echo "compile: $(grep -c . "$net/program.txt") lines"

# In stripes: groups, rings and beats, as tables, as reasons and in the program.
echo '{"act_rows": 200, "instr_rows": 1024}' >"$work/narrow.json"
done_with compile --out "$net" --batch 16 --arch "$work/narrow.json" --dump-after stripe
says '^group +layers +stripes '
says '^beats stored: [1-9]'
says '^groups +tensor +image rows '
done_with compile --out "$net" --batch 16 --arch "$work/narrow.json" --dump-after stripe --json
says '"beats loaded"'
done_with compile --out "$net" --batch 16 --arch "$work/narrow.json" --explain
says '^beats stored: [1-9]'
says '^stage2.block1.conv1 .* [2-9] +[0-9]+ '
done_with compile --out "$net" --batch 16 --arch "$work/narrow.json"
says '^activations +[1-9][0-9]* beats over the memory port$'
grep -q STORE_TENSOR "$net/program.txt" || fail "no STORE_TENSOR in program.txt"
echo '{"act_rows": 100}' >"$work/less.json"
refused "activation rows in its smallest stripes, the architecture has 100; raise act_rows to " compile --out "$net" --batch 16 --arch "$work/less.json"
