#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Studies of designs: points against compile, run and power; threads, kept results, a kill; searches; pictures; what is refused.
# usage: explore_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $1" >&2; exit 1; }
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
refused() { # refused EXPECTED ARGS: fails with one line that has EXPECTED
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
# value FILE KEY: the first number of that key
value() { grep -o "\"$2\": [-0-9][-0-9.e+]*" "$1" | sed -n 1p | grep -o '[-0-9.e+]*$'; }
# same A B: two numbers within 1e-9
same() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= 1e-9 * (b < 0 ? -b : b)) }'; }

cp "$config" "$work/one.json"
sed 's/0\.9685/0.98/' "$config" >"$work/two.json"
for name in one two; do
  done_with sizes --config "$work/$name.json" --model --out "$work/$name"
  done_with compress --out "$work/$name"
done

cat >"$work/study.json" <<'END'
{"name": "small", "models": ["one", {"name": "other", "folder": "two"}], "images": 2, "baseline": {"act_rows": 512},
 "space": {"window": [1, 2, 4], "entries": [1, 2], "gate_array": [true, false], "batch": [1, 2], "volt": [0.9, 1.2], "huffman": [true, false]},
 "objectives": ["cycles", "total_pj", "area_mm2"], "constraints": {"energy_pj": {"most": 1e12}}, "confirm": ["golden", "systemc", "rtl"]}
END
explore=(explore "$work/study.json" --data random --power-table sg13g2)
done_with "${explore[@]}" --out "$work/e1" --threads 1
cp "$work/stdout" "$work/e1.txt"
done_with "${explore[@]}" --out "$work/e8" --threads 8
done_with "${explore[@]}" --out "$work/whole" --whole
# Commands name the folder; all else is equal.
plain() { grep -v '"command"' "$1/explore.json"; }
[ "$(plain "$work/e1")" = "$(plain "$work/e8")" ] || fail "threads change the study"
[ "$(plain "$work/e1")" = "$(plain "$work/whole")" ] || fail "values at every point change the study"
points=$(grep -c '"values"' "$work/e1/explore.json")
[ "$points" -eq 192 ] || fail "$points points, not 3 x 2 x 2 x 2 x 2 x 2 x 2"
[ "$(wc -l <"$work/e1/explore.csv")" -eq 193 ] || fail "explore.csv has not a row a point"
# A window of 1 cannot have 2 entries: 32 points. Voltages share their counters: 80 others were measured.
[ "$(grep -c '"refused": "parameter .entries. is 2' "$work/e1/explore.json")" -eq 32 ] || fail "points without a chip are not refused"
kept() { cat "$1"/explore.kept/*.jsonl; }
[ "$(kept "$work/e1" | wc -l)" -eq 80 ] || fail "$(kept "$work/e1" | wc -l) were measured, not 80"
grep -q '"systemc": "equal"' "$work/e1/explore.json" && grep -q '"golden": "equal"' "$work/e1/explore.json" || fail "the front was not confirmed"
grep -q '"rtl": ".act_rows. is 512, not 1024; the RTL is built for' "$work/e1/explore.json" || fail "nobody says why the RTL does not confirm"

# What a point lacks, and what its energy is of, is told.
grep -q '^without, for one: window=1,entries=2,.*: parameter .entries. is 2' "$work/e1.txt" || fail "nobody says why a point has no chip"
grep -q ' of the points not beaten have energies of another array.s events' "$work/e1.txt" || fail "nobody says that energies are extrapolated"

# Again: nothing is computed; after a change only what is new; after a kill the rest.
done_with "${explore[@]}" --out "$work/e1"
grep -q ', 0 computed now' "$work/stdout" || fail "a study that is repeated computes again"
sed 's/"window": \[1, 2, 4\]/"window": [1, 2, 4, 3]/' "$work/study.json" >"$work/wider.json"
done_with explore "$work/wider.json" --data random --power-table sg13g2 --out "$work/e1"
grep -q ', 32 computed now' "$work/stdout" || fail "a study that is changed computes more than what is new: $(grep 'computed now' "$work/stdout")"
kept "$work/e8" >"$work/kept"
sed -n '1,40p' "$work/kept" >"$work/half"
sed -n '41s/^\(.\{50\}\).*/\1/p' "$work/kept" | tr -d '\n' >>"$work/half"
mv "$work/half" "$work"/e8/explore.kept/*.jsonl
done_with "${explore[@]}" --out "$work/e8"
grep -q ', 40 computed now' "$work/stdout" || fail "what a killed study had kept is lost"
[ "$(plain "$work/e8")" = "$(plain "$work/whole")" ] || fail "a study that went on has other results"

# Two processes at once share the points: each is computed once, both have all results; one that is killed is no loss.
"$bin" "${explore[@]}" --out "$work/two_at_once" --threads 1 >"$work/stdout1" 2>&1 &
other=$!
done_with "${explore[@]}" --out "$work/two_at_once" --threads 1
wait $other || fail "the other of two processes: $(cat "$work/stdout1")"
computed=$(cat "$work/stdout" "$work/stdout1" | sed -n 's/.*, \([0-9]*\) computed now.*/\1/p' | awk '{ sum += $1 } END { print sum }')
[ "$computed" -eq 80 ] && [ "$(kept "$work/two_at_once" | wc -l)" -eq 80 ] || fail "two processes computed $computed of 80"
[ "$(plain "$work/two_at_once")" = "$(plain "$work/whole")" ] || fail "two processes have other results"
[ ! -e "$work/two_at_once/explore.kept/claims" ] || fail "claims are left behind"

# A point is what compile, run and power say of it.
cat >"$work/chip.json" <<'END'
{"act_rows": 512, "window": 4, "entries": 1}
END
done_with "${explore[@]}" --out "$work/point" --point window=4,entries=1,gate_array=false,batch=2,volt=0.9,huffman=false,model=other
done_with compile --out "$work/two" --arch "$work/chip.json" --batch 2 --no-huffman
done_with run --out "$work/two" --data random --engines fast --images 2 --off gate_array --power-table sg13g2
done_with power --out "$work/two" --power-table sg13g2 --voltage 0.9
file=$work/point/point.json
same "$(value "$file" cycles)" "$(value "$work/two/power.json" cycles_per_image)" || fail "a point has other cycles than run: $(value "$file" cycles)"
same "$(value "$file" seconds)" "$(value "$work/two/power.json" seconds_per_image)" || fail "a point has another time than power"
same "$(value "$file" energy_pj)" "$(value "$work/two/power.json" chip_picojoule)" || fail "a point has another energy than power"
same "$(value "$file" offchip_pj)" "$(grep '^ "' "$work/two/power.json" >"$work/top.json"; value "$work/top.json" offchip_picojoule)" || fail "a point has other off-chip energy than power"

# The command that repeats a point of the front.
command=$(grep -B 3 -A 30 '"front": true' "$work/whole/explore.json" | grep '"command"' | sed -n 1p | sed 's/.*"command": "whitedwarf \(.*\)",*/\1/')
# shellcheck disable=SC2086
done_with $command
grep -q '"front": true' "$work/whole/point.json" || fail "the command of a point does not repeat it"

# NSGA-II within its evaluations, the same again in an empty folder; random points by their seed.
sed 's/"confirm".*/"search": {"method": "nsga2", "evaluations": 60, "population": 12, "seed": 5}}/' "$work/study.json" >"$work/nsga2.json"
done_with explore "$work/nsga2.json" --data random --out "$work/n1" --threads 1
done_with explore "$work/nsga2.json" --data random --out "$work/n2" --threads 4
[ "$(plain "$work/n1")" = "$(plain "$work/n2")" ] || fail "NSGA-II is not deterministic"
[ "$(grep -c '"values"' "$work/n1/explore.json")" -le 60 ] || fail "NSGA-II evaluates more than it may"

# Accuracy comes with labels.
sed 's/"objectives": \[/"objectives": ["accuracy", /; s/"confirm".*/"accuracy_images": 20}/' "$work/study.json" >"$work/accuracy.json"
refused "accuracy is wanted of images without labels" explore "$work/accuracy.json" --data random --out "$work/e1"

# Pictures.
for picture in explore.svg explore.html; do
  [ "$(grep -c '<circle' "$work/e1/$picture")" -ge 20 ] || fail "$picture has no points"
done
[ "$(grep -c '<polyline' "$work/n1/explore.html")" -eq 0 ] || fail "three objectives have no line"

# The usual study is of the folder's own model.
done_with explore --out "$work/one" --data random --ablation-images 1 --batch 2
[ "$(grep -c '"values"' "$work/one/explore.json")" -eq 75 ] || fail "the usual study has not 75 points"

# What is refused, before anything is written.
bad() { # bad EXPECTED SED
  sed "$2" "$work/study.json" >"$work/bad.json"
  refused "$1" explore "$work/bad.json" --data random --out "$work/none"
  [ ! -e "$work/none" ] || fail "a refused study leaves a folder"
}
bad "there is no knob 'windows'" 's/"window"/"windows"/'
bad "'window' is 9, must be a whole number, 1 to 8" 's/\[1, 2, 4\]/[1, 9]/'
bad "there is no metric 'area'; there are" 's/"area_mm2"/"area"/'
bad "two are called \"one\"" 's/"other"/"one"/'
bad "unknown key 'image'" 's/"images"/"image"/'
bad "no point of 'space' is a chip" 's/"window": \[1, 2, 4\], "entries": \[1, 2\]/"window": [1], "entries": [2]/'
refused "nothing.json: cannot be opened" explore "$work/nothing.json" --out "$work/none"
refused "--point: 'window' is 3, the study has 1,2,4" "${explore[@]}" --out "$work/none" --point window=3
refused "--batch is of an exploration without a study file" "${explore[@]}" --out "$work/none" --batch 2
refused "model.wdz: no such file" explore --out "$work/two/none" --data random
[ ! -e "$work/two/none" ] || fail "a study without a model leaves a folder"
echo hello >"$work/n1/explore.kept/hello.jsonl"
refused "hello.jsonl:1: is no line of JSON; remove the file" explore "$work/nsga2.json" --data random --out "$work/n1"
