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
cp "$work/stderr" "$work/e1.err"
done_with "${explore[@]}" --out "$work/e8" --threads 8
done_with "${explore[@]}" --out "$work/whole" --whole
# Commands name the folder; all else is equal.
plain() { grep -v '"command' "$1/explore.json"; }
[ "$(plain "$work/e1")" = "$(plain "$work/e8")" ] || fail "threads change the study"
[ "$(plain "$work/e1")" = "$(plain "$work/whole")" ] || fail "values at every point change the study"
points=$(grep -c '"values"' "$work/e1/explore.json")
[ "$points" -eq 192 ] || fail "$points points, not 3 x 2 x 2 x 2 x 2 x 2 x 2"
[ "$(wc -l <"$work/e1/explore.csv")" -eq 193 ] || fail "explore.csv has not a row a point"
# A window of 1 cannot have 2 entries: 32 points. Voltages share their counters: 80 others were measured.
[ "$(grep -c '"refused": "parameter .entries. is 2' "$work/e1/explore.json")" -eq 32 ] || fail "points without a chip are not refused"
kept() { cat "$1"/explore.kept/*.jsonl; }
measured() { kept "$1" | grep -c '"places"'; }
[ "$(measured "$work/e1")" -eq 80 ] || fail "$(measured "$work/e1") were measured, not 80"
grep -q '"systemc": "equal"' "$work/e1/explore.json" && grep -q '"golden": "equal"' "$work/e1/explore.json" || fail "the front was not confirmed"
grep -q '"rtl": ".act_rows. is 512, not 1024; the RTL is built for' "$work/e1/explore.json" || fail "nobody says why the RTL does not confirm"

# How many of the front are confirmed is told before, and what came of it after; each is kept, too.
front=$(grep -c '"front": true' "$work/e1/explore.json")
grep "^confirming points of the front, a frame each: $front by golden, $front by systemc, 0 by rtl; --no-confirm" "$work/e1.err" >/dev/null ||
  fail "nobody says how much is confirmed: $(cat "$work/e1.err")"
grep "^confirmed of the front's $front points: $front by golden, $front by systemc, 0 by rtl; not by rtl, for one: " "$work/e1.txt" >/dev/null ||
  fail "nobody says what was confirmed"
[ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "confirmed_systemc") at = i } $at == "\"equal\""' "$work/e1/explore.csv" | wc -l)" -eq "$front" ] ||
  fail "explore.csv does not say what was confirmed"
grep "systemc: equal" "$work/e1/explore.html" >/dev/null || fail "explore.html does not say what was confirmed"
[ "$(kept "$work/e1" | grep -c '"confirmed"')" -eq $((2 * front)) ] || fail "what was confirmed is not kept"

# What a point lacks, and what its energy and its area are of, is told.
grep '^\* area not measured for these parameters, it is another array.s: .*window 4 (known: 2 and ' "$work/e1.txt" >/dev/null ||
  fail "nobody says that an area is another array's"
grep ' of the points not beaten equal another one in all objectives' "$work/e1.txt" >/dev/null && grep 'of the points not beaten equal another one' "$work/e1/explore.html" >/dev/null ||
  fail "nobody says that points of the front are equal"
python3 - "$work/e1" <<'EOF' || fail "the count of equal points, or the table's first columns"
import collections, json, re, sys
study = json.load(open(sys.argv[1] + "/explore.json"))
front = collections.Counter(tuple(p["metrics"][o] for o in study["objectives"]) for p in study["points"] if p.get("front"))
tied = sum(n for n in front.values() if n > 1)
page = open(sys.argv[1] + "/explore.html").read()
assert tied > 0 and f"{tied} of the points not beaten equal" in page
heads = re.findall(r"<th[^>]*>([^<]*)</th>", page)
assert [h.split(",")[0] for h in heads[:4]] == study["objectives"] + ["window"], heads
EOF
grep -q '^without, for one: window=1,entries=2,.*: parameter .entries. is 2' "$work/e1.txt" || fail "nobody says why a point has no chip"
grep -q ' of the points not beaten have energies of another array.s events' "$work/e1.txt" || fail "nobody says that energies are extrapolated"

# Again: nothing is computed; after a change only what is new; after a kill the rest.
done_with "${explore[@]}" --out "$work/e1"
grep -q ', 0 computed now' "$work/stdout" && [ ! -s "$work/stderr" ] || fail "a study that is repeated computes or confirms again"
sed 's/"window": \[1, 2, 4\]/"window": [1, 2, 4, 3]/' "$work/study.json" >"$work/wider.json"
done_with explore "$work/wider.json" --data random --power-table sg13g2 --out "$work/e1"
grep -q ', 32 computed now' "$work/stdout" || fail "a study that is changed computes more than what is new: $(grep 'computed now' "$work/stdout")"
kept "$work/e8" | grep '"places"' >"$work/kept"
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
[ "$computed" -eq 80 ] && [ "$(measured "$work/two_at_once")" -eq 80 ] || fail "two processes computed $computed of 80"
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

# Another study has no place in the folder; a point of it alone writes none of its files.
sed 's/"small"/"other"/' "$work/study.json" >"$work/other.json"
before=$(plain "$work/e1" | cksum)
refused "e1: has the results of the study 'small' ($work/study.json), not of 'other'; choose another --out, or remove $work/e1/explore.study" \
  explore "$work/other.json" --data random --out "$work/e1"
[ "$(plain "$work/e1" | cksum)" = "$before" ] || fail "a refused study changes the results"

# The command that repeats a point of the front, from where the results say: paths may be relative.
cd "$work"
done_with explore study.json --data random --power-table sg13g2 --out whole --whole
cd /
command=$(grep -B 3 -A 60 '"front": true' "$work/whole/explore.json" | grep '"command"' | sed -n 1p | sed 's/.*"command": "whitedwarf \(.*\)",*/\1/')
cd "$(sed -n 's/.*"commands_start_in": "\(.*\)",/\1/p' "$work/whole/explore.json")"
case $command in *"--config study.json"*) ;; *) fail "the command has another path than was given: $command" ;; esac
# shellcheck disable=SC2086
done_with $command
cd /
grep -q '"front": true' "$work/whole/point.json" || fail "the command of a point does not repeat it"

[ "$(grep -cF -- "--point window=4,entries=1," "$work/whole/explore.csv")" -eq 32 ] || fail "explore.csv has no command for each point"

# A compiled program is explored as it is: the same figures as of its model, by knobs that need no compiler.
mkdir "$work/program"
done_with compile --out "$work/one"
cp "$work/one/program.wdp" "$work/program"
cat >"$work/program.json" <<'END'
{"name": "program", "program": "program", "images": 1, "baseline": {"gate_array": false},
 "space": {"window": [2, 4], "memory_latency": [24, 200], "planes_per_row": [2, 3], "skip_zero_weights": [true, false], "volt": [0.9, 1.2]}, "objectives": ["cycles", "total_pj"], "confirm": ["golden"]}
END
sed 's/"program": "program"/"models": ["one"]/' "$work/program.json" >"$work/of_model.json"
done_with explore "$work/program.json" --data random --out "$work/p1"
done_with explore "$work/of_model.json" --data random --out "$work/p2"
points_of() { plain "$1" | sed -n '/"points"/,$p'; }
[ "$(points_of "$work/p1")" = "$(points_of "$work/p2")" ] && [ "$(grep -c '"values"' "$work/p1/explore.json")" -eq 32 ] || fail "a program has other figures than its model"
grep "\"program_sha256\": \"$(sha256sum <"$work/program/program.wdp" | cut -d' ' -f1)\"" "$work/p1/explore.json" >/dev/null || fail "the results do not name the program"
sed 's/"entries"/"x"/; s/"memory_latency": \[24, 200\]/"weight_rows": [512]/' "$work/program.json" >"$work/bad.json"
refused "bad.json: space: 'weight_rows' is compiled into $work/program/program.wdp, which leaves " explore "$work/bad.json" --data random --out "$work/none"
sed 's/"gate_array": false/"huffman": false/' "$work/program.json" >"$work/bad.json"
refused "bad.json: baseline: 'huffman' is compiled into " explore "$work/bad.json" --data random --out "$work/none"
sed 's/"images"/"models": ["one"], "images"/' "$work/program.json" >"$work/bad.json"
refused "'program' and 'models' exclude each other" explore "$work/bad.json" --data random --out "$work/none"

# Constraints that no point keeps to are told, with the point that lacks least.
sed 's/"program"/"strict"/; s/"confirm".*/"constraints": {"total_pj": {"most": 1}}, "confirm": []}/' "$work/of_model.json" >"$work/strict.json"
done_with explore "$work/strict.json" --data random --out "$work/strict"
best=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "total_pj") at = i; next } !n++ || $at < least { least = $at; point = "window=" $1 ",memory_latency=" $2 ",planes_per_row=" $3 ",skip_zero_weights=" $4 ",volt=" $5 } END { print point }' "$work/strict/explore.csv")
grep -F "No point keeps to the constraints; the nearest is $best (total_pj " "$work/stdout" >/dev/null && grep "No point keeps to the constraints" "$work/strict/explore.html" >/dev/null ||
  fail "nobody says that no point keeps to the constraints, $best nearest: $(cat "$work/stdout")"

# NSGA-II within its evaluations, the same again in an empty folder; random points by their seed.
sed 's/"confirm".*/"confirm": [], "search": {"method": "nsga2", "evaluations": 60, "population": 12, "seed": 5}}/' "$work/study.json" >"$work/nsga2.json"
done_with explore "$work/nsga2.json" --data random --out "$work/n1" --threads 1
done_with explore "$work/nsga2.json" --data random --out "$work/n2" --threads 4
[ "$(plain "$work/n1")" = "$(plain "$work/n2")" ] || fail "NSGA-II is not deterministic"
[ "$(grep -c '"values"' "$work/n1/explore.json")" -le 60 ] || fail "NSGA-II evaluates more than it may"

# Accuracy comes with labels.
sed 's/"objectives": \[/"objectives": ["accuracy", /; s/"confirm".*/"confirm": [], "accuracy_images": 20}/' "$work/study.json" >"$work/accuracy.json"
refused "accuracy is wanted of images without labels" explore "$work/accuracy.json" --data random --out "$work/e1"

# Pictures.
for picture in explore.svg explore.html; do
  [ "$(grep -c '<circle' "$work/e1/$picture")" -ge 20 ] || fail "$picture has no points"
done
[ "$(grep -c '<polyline' "$work/n1/explore.html")" -eq 0 ] || fail "three objectives have no line"

# The usual study is of the folder's own model.
done_with explore --out "$work/one" --data random --ablation-images 1 --batch 2 --no-confirm
[ "$(grep -c '"values"' "$work/one/explore.json")" -eq 75 ] || fail "the usual study has not 75 points"
[ ! -s "$work/stderr" ] && ! grep '"confirmed"' "$work/one/explore.json" >/dev/null || fail "--no-confirm confirms"
# Without a word SystemC and the RTL confirm the front.
echo '{"name": "default", "images": 1, "models": ["one"], "space": {"window": [2, 3]}, "objectives": ["cycles", "area_mm2"]}' >"$work/default.json"
done_with explore "$work/default.json" --data random --out "$work/default"
grep ' by systemc, [1-9] by rtl' "$work/stdout" >/dev/null || fail "the front is not confirmed by default: $(cat "$work/stdout")"

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
ln -s one "$work/linked"
bad "models: \"one\" and \"other\" are the same folder" 's/"two"/"linked"/'
bad "unknown key 'image'" 's/"images"/"image"/'
bad "'window' is in 'baseline' and in 'space'" 's/"act_rows": 512/"window": 2/'
bad "bad.json: baseline: 'volt' is 3: table sg13g2, of 1.2 V and 25 C, can be scaled to 0.7 to 1.65 V" 's/"volt": \[0.9, 1.2\], //; s/"act_rows": 512/"volt": 3/'
bad "bad.json: baseline: 'megahertz' is 400: at 1.2 V table sg13g2 reaches " 's/"act_rows": 512/"megahertz": 400/'
bad "bad.json: weight_rows=16,window=2: layer stem: the weights of " '1s/.*/{"name": "p", "models": ["one"], "space": {"weight_rows": [16, 512], "window": [2]}, "objectives": ["cycles"], "search": {"method": "points", "points": [{"weight_rows": 512, "window": 2}, {"weight_rows": 16, "window": 2}]}}/; 2,$d'
bad "bad.json: no point has a chip and a program: layer stem: the weights of " 's/"space": {.*/"space": {"window": [2, 4]},/; s/"act_rows": 512/"weight_rows": 16/'
bad "'name' is \"\", must be a line of 1 to 100 bytes" 's/"small"/""/'
bad "no point of 'space' is a chip" 's/"window": \[1, 2, 4\], "entries": \[1, 2\]/"window": [1], "entries": [2]/'
refused "nothing.json: cannot be opened" explore "$work/nothing.json" --out "$work/none"
refused "--point: 'window' is 3, the study has 1,2,4" "${explore[@]}" --out "$work/none" --point window=3
one_point=window=2,entries=1,gate_array=false,batch=2,volt=0.9,huffman=false,model=other
refused "--papers and --point exclude each other; give one" "${explore[@]}" --out "$work/none" --papers "$work/p" --point $one_point
refused "--papers is $work/study.json, but $work/study.json is no folder" "${explore[@]}" --out "$work/none" --papers "$work/study.json"
refused "--point is one point, --slurm shares many" "${explore[@]}" --out "$work/none" --slurm-dry-run --point $one_point
bad "space: 'window' has no values; give at least one" 's/\[1, 2, 4\]/[]/'
bad "constraints: accuracy: 90 is no accuracy, which is a fraction, 0 to 1" 's/"energy_pj": {"most": 1e12}/"accuracy": {"least": 90}/'
refused "--config and --batch exclude each other; give one" "${explore[@]}" --out "$work/none" --batch 2
refused "model.wdz: no such file" explore --out "$work/two/none" --data random
[ ! -e "$work/two/none" ] || fail "a study without a model leaves a folder"
echo hello >"$work/n1/explore.kept/hello.jsonl"
refused "hello.jsonl:1: is no line of JSON; remove the file" explore "$work/nsga2.json" --data random --out "$work/n1"
