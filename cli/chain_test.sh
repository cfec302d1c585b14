#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stages of different networks, programs, switches or windows are not mixed: the stage or the report refuses, and names
# the stage to run again. What was not compared is not called equal. A folder takes one writer.
# usage: chain_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
out=$work/out

# refused EXPECTED_TEXT ARGUMENTS...: status 1 and one line with the text, nothing on standard output.
refused() {
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
# done_with ARGUMENTS...: succeeds; its output is in $work/stdout.
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
verdicts() { tr -d ' \n' <"$out/run.json" | grep -o '"equal":{[^}]*}'; }

# Missing inputs: the remedy is the stage that makes them, and nothing is left behind.
refused "model.wdm: no such file; run \`whitedwarf train\`" compress --out "$out"
for stage in compile explore; do refused "model.wdz: no such file; run \`whitedwarf compress\`" $stage --out "$out"; done
for stage in run cosim ablate; do refused "program.wdp: no such file; run \`whitedwarf compile\`" $stage --out "$out"; done
refused "train.json: no such file; run \`whitedwarf train\`" report --out "$out"
[ ! -e "$out" ] || fail "a refused call left $out"

cat >"$work/tiny.json" <<'J'
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
train=(train --config "$work/tiny.json" --out "$out" --fresh --seed)
done_with "${train[@]}" 1
for stage in compress compile; do done_with $stage --out "$out"; done

# Nothing is equal that nobody compared.
done_with run --out "$out" --engines fast --images 20
grep -qx "values not compared, cycles not compared, counters not compared" "$work/stdout" || fail "one engine: $(cat "$work/stdout")"
[ "$(verdicts)" = '"equal":{"counters":null,"cycles":null,"values":null}' ] || fail "one engine: $(verdicts)"
done_with run --out "$out" --engines golden,fast --images 20
[ "$(verdicts)" = '"equal":{"counters":null,"cycles":null,"values":true}' ] || fail "one timed engine: $(verdicts)"
done_with cosim --out "$out" --engines golden,fast --cosim-images 1
grep -q "values equal, cycles not compared" "$work/stdout" || fail "cosim of one timed engine: $(cat "$work/stdout")"
done_with ablate --out "$out" --ablation-images 2
grep -q "off-chip" "$work/stdout" && grep -q "energies are estimates" "$work/stdout" || fail "ablate: $(cat "$work/stdout")"
done_with report --out "$out"
grep -qF "cycles not compared" "$work/stdout" || fail "report: $(cat "$work/stdout")"
grep -qF "energies are estimates" "$work/stdout" && grep -qF "energies are estimates" "$out/report.html" || fail "no caveat"

# Energies of the run from another voltage, and what is refused there.
done_with power --out "$out" --power-table 45nm-reference --voltage 1.0 --gates
for text in "dense-equivalent TFLOPS/W at 1.00 V" "% of weight bits" "not in the table, so not counted" "scaled from" "all gates off"; do
  grep -qF "$text" "$work/stdout" || fail "power lacks '$text': $(cat "$work/stdout")"
done
grep -q '"between layers"' "$out/power.json" && grep -q "^all,sram_weights," "$out/power.csv" || fail "power.json, power.csv"
refused "--voltage 5: table " power --out "$out" --voltage 5
refused "--power-table 'nix': neither a shipped table (" power --out "$out" --power-table nix
refused "--power-table 'nix': neither a shipped table (" run --out "$out" --engines golden,fast --images 2 --power-table nix
echo '{"kind": "whitedwarf power table", "version": 1}' >"$work/table.json"
refused "table.json: 'version' is 1, must be 2; make it again with" power --out "$out" --power-table "$work/table.json"

# An array that the power table's chip did not have: said beside each energy, and compile.json gives the same array again.
cp -r "$out" "$work/array"
echo '{"groups_per_walker": 1, "planes_per_row": 1, "sum_segment": 0, "window": 4, "entries": 4}' >"$work/array.json"
done_with compile --out "$work/array" --arch "$work/array.json"
cp "$work/array/program.wdp" "$work/first.wdp"
sed -n '/^ "arch": {/,/^ }/p' "$work/array/compile.json" | sed '1s/.*/{/; $s/.*/}/' >"$work/array.json"
done_with compile --out "$work/array" --arch "$work/array.json"
cmp "$work/first.wdp" "$work/array/program.wdp" || fail "compile.json's arch is another array"
why="extrapolated, the table's chip did not have entries 4 (known: 2)"
done_with run --out "$work/array" --engines golden,fast --images 20 --power-table 45nm-reference
grep -qF "$why" "$work/stdout" && grep -qF "$why" "$work/array/run.json" || fail "run: $(cat "$work/stdout")"
done_with cosim --out "$work/array" --engines golden,fast --cosim-images 1
done_with ablate --out "$work/array" --ablation-images 2 --power-table 45nm-reference
grep -qx "baseline: energy is $why" "$work/stdout" && grep -qx "plane_pairs: planes_per_row 2; .*window 4 (known: 2 and 4 with planes_per_row 1).*" "$work/stdout" ||
  fail "ablate: $(cat "$work/stdout")"
grep -qE "^gate_segment .* 1\.00 .* 1\.00 .* 1\.00$" "$work/stdout" || fail "a plain sum has no segments: $(cat "$work/stdout")"
done_with report --out "$work/array"
for text in "is extrapolated" "planes_per_row 2"; do
  tr -s ' \n' ' ' <"$work/stdout" | grep -F "$text" >/dev/null && grep -qF "$text" "$work/array/report.html" || fail "report lacks '$text'"
done
echo '{"groups_per_walker": 4}' >"$work/array.json"
done_with compile --out "$work/array" --arch "$work/array.json"
refused "program.wdp: 'groups_per_walker' is 4, not 16; the RTL is built for the arrays {} {" cosim --out "$work/array" --cosim-images 1
echo '{"window": 1}' >"$work/array.json"
refused "a window of 1 row can use at most 1; set \"entries\": 1 or raise 'window'" compile --out "$work/array" --arch "$work/array.json"

# Figures of another window, or without the engine that counts, are no report.
done_with run --out "$out" --engines fast --images 20 --window 1
refused "run.json: was made with --window 1; run \`whitedwarf run\` again without --window" report --out "$out"
done_with run --out "$out" --engines golden --images 20
refused "--engines that include fast" report --out "$out"
done_with run --out "$out" --engines fast --images 20

# Another network in the same folder: each stage behind it, and the report, say which stage is out of date.
cp -r "$out" "$work/old"
done_with "${train[@]}" 2
refused "compress.json: was made with another model than train.json; run \`whitedwarf compress\` again" report --out "$out"
for stage in compile run cosim ablate explore; do
  refused "model.wdz: was made from another model.wdm; run \`whitedwarf compress\`" $stage --out "$out"
done
done_with compress --out "$out"
refused "program.wdp: was made from another model.wdz; run \`whitedwarf compile\`" run --out "$out" --engines fast
done_with compile --out "$out"
refused "run.json: was made with another program than compile.json; run \`whitedwarf run\` again" report --out "$out"
for stage in "run --engines fast --images 20" "cosim --engines fast,golden --cosim-images 1" "ablate --ablation-images 2"; do
  done_with $stage --out "$out"
done
done_with report --out "$out"

# A file or a record of another folder.
cp "$work/old/compress.json" "$out"
refused "compress.json describes; run \`whitedwarf compress\` again, or remove compress.json" compile --out "$out"
refused "another model than train.json" report --out "$out"
done_with compress --out "$out"
cp "$work/old/program.wdp" "$out"
refused "program.wdp: is not the file that compile.json describes" run --out "$out" --engines fast
cp "$work/old/model.wdm" "$out"
refused "model.wdm: is not the file that train.json describes" compress --out "$out"
mkdir "$work/copied"
cp "$work/old/program.wdp" "$work/copied"
done_with run --out "$work/copied" --engines fast --images 5

# A second writer.
(
  exec 9>"$work/old/whitedwarf.lock"
  flock -n 9 || fail "the lock is not free"
  for stage in compress compile "run --engines fast" "cosim --engines golden,fast" ablate explore report; do
    refused "$work/old: " $stage --out "$work/old"
    grep -q "wait until it is done" "$work/stderr" || fail "$stage: $(cat "$work/stderr")"
  done
)

for words in --help --version "run --help" "train --help"; do
  status=0
  "$bin" $words >/dev/full 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && grep -q "^error: standard output cannot be written" "$work/stderr" || fail "$words >/dev/full: status $status"
done
echo passed
