#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ablation studies: rows against compress, compile, run, power and train; effects by awk; threads, a kill, kept results; what is refused.
# usage: ablation_test.sh WHITEDWARF CONFIG
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
value() { grep -o "\"$2\": [-0-9][-0-9.e+]*" "$1" >"$work/found" && sed -n 1p "$work/found" | grep -o '[-0-9.e+]*$'; }
# cell FILE ROW COLUMN: of a CSV without commas in its numbers; the column `changed` is quoted and behind the name
cell() {
  awk -F, -v row="$2" -v column="$3" '
    { gsub(/"[^"]*"/, "") }
    NR == 1 { for (i = 1; i <= NF; ++i) if ($i == column) at = i }
    NR > 1 && $2 == row && !found { print $at; found = 1 }' "$1"
}
# same A B: two numbers within 1e-8
same() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && b != "" && d <= 1e-8 * (b < 0 ? -b : b)) }'; }
equal() { same "$1" "$2" || fail "$3: $1, not $2"; }

# --- Random masks: each row against the single stages. ---
sed 's/"channels": 64/"channels": 32/; s/"channels": 128/"channels": 48/' "$config" >"$work/quick.json"
cat >"$work/study.json" <<'END'
{"name": "small", "config": "quick.json", "networks": "random", "images": 2, "design": {"act_rows": 1024},
 "variants": {
   "learned": {"config": {"supermask": {"signs": "learned"}}},
   "coats_1": {"config": {"supermask": {"pruned": [0.7]}}},
   "stored": {"design": {"on_chip_signs": false}},
   "plain": {"design": {"huffman": false}},
   "unfolded": {"design": {"fold": false}},
   "multiplier": {"design": {"planes_per_row": 3, "gate_sum": false, "batch": 2}}},
 "sweep": ["skip_zero_weights", "gate_group", "multiplier"]}
END
study=(ablate "$work/study.json" --power-table sg13g2)
done_with "${study[@]}" --out "$work/a1" --threads 1
cp "$work/stdout" "$work/table"
done_with "${study[@]}" --out "$work/a8" --threads 8
done_with "${study[@]}" --out "$work/whole" --whole
results() { grep -v '"command' "$1/ablation.json"; }
[ "$(results "$work/a1")" = "$(results "$work/a8")" ] || fail "threads change the study"
[ "$(results "$work/a1")" = "$(results "$work/whole")" ] || fail "values for every row change the study"
csv=$work/a1/ablation.csv
[ "$(wc -l <"$csv")" -eq $((1 + 7 + 8)) ] || fail "ablation.csv has not a row for each of 7 rows and 8 points"

# by_hand ROW CONFIG ARCH "COMPILE OPTIONS" "RUN OPTIONS" BYTES_KEY: what single stages say
by_hand() {
  local row=$1 dir=$work/hand_$1 top=$work/top.json
  done_with sizes --config "$work/$2" --model --out "$dir"
  done_with compress --out "$dir"
  echo "$3" >"$work/arch.json"
  # shellcheck disable=SC2086
  done_with compile --out "$dir" --arch "$work/arch.json" $4
  # shellcheck disable=SC2086
  done_with run --out "$dir" --data random --engines fast --images 2 --power-table sg13g2 $5
  done_with power --out "$dir" --power-table sg13g2
  grep '^ "' "$dir/power.json" >"$top"
  equal "$(cell "$csv" "$row" model_bytes)" "$(value "$dir/compress.json" "$6")" "$row: bytes"
  equal "$(cell "$csv" "$row" cycles)" "$(value "$dir/power.json" cycles_per_image)" "$row: cycles"
  equal "$(cell "$csv" "$row" energy_pj)" "$(value "$dir/power.json" chip_picojoule)" "$row: energy"
  equal "$(cell "$csv" "$row" offchip_pj)" "$(value "$top" offchip_picojoule)" "$row: off-chip energy"
  grep '^ "onchip"' -A 7 "$dir/run.json" >"$top"
  equal "$(cell "$csv" "$row" onchip_ratio)" "$(value "$top" ratio)" "$row: on-chip ratio"
  grep '^ "tflops_per_watt"' -A 3 "$dir/power.json" >"$top"
  equal "$(cell "$csv" "$row" tflops_per_watt_executed)" "$(value "$top" executed)" "$row: TFLOPS/W"
  equal "$(cell "$csv" "$row" tflops_per_watt_dense)" "$(value "$top" dense)" "$row: dense TFLOPS/W"
  local beats
  beats=$(grep '^ "counters"' -A 60 "$dir/run.json" >"$top"; value "$top" beats_read)
  equal "$(cell "$csv" "$row" beats_read)" "$beats" "$row: beats"
  # Energy by block: those of power.json, which has blocks of the whole chip first.
  local block
  for block in group post_lane weight_buffer act_buffer; do
    grep "\"block\": \"$block\"" -A 4 "$dir/power.json" >"$top" || continue
    equal "$(cell "$csv" "$row" "energy_pj:$block")" "$(value "$top" picojoule)" "$row: energy of $block"
  done
}
sed 's/"pruned": \[/"signs": "learned", &/' "$work/quick.json" >"$work/learned.json"
by_hand baseline quick.json '{}' "" "" compressed_bytes
by_hand learned learned.json '{}' "" "" compressed_bytes
by_hand stored quick.json '{}' "--no-on-chip-signs" "" bytes_with_stored_signs
by_hand plain quick.json '{}' "--no-huffman" "" bytes_without_huffman
by_hand unfolded quick.json '{}' "--no-fold" "" bytes_without_folding
by_hand multiplier quick.json '{"planes_per_row": 3}' "--batch 2" "--off gate_sum" compressed_bytes
by_hand skip_zero_weights+gate_group quick.json '{}' "" "--off skip_zero_weights,gate_group" compressed_bytes
ratio=$(value "$work/hand_stored/compress.json" dense_fp32_bytes)
equal "$(cell "$csv" coats_1 offchip_ratio)" "$(awk -v d="$ratio" -v b="$(cell "$csv" coats_1 model_bytes)" 'BEGIN { printf "%.12g", d / b }')" "off-chip ratio"
[ "$(cell "$csv" baseline accuracy)" = "" ] || fail "random masks have an accuracy"

# Effects from the points by awk, by their definition: pairs that differ in one element.
effects() { # effects COLUMN BIT_I BIT_J (or -): of the sweep's 8 rows in their order
  awk -F, -v column="$1" -v i="$2" -v j="$3" '
    function bit(n, k) { return int(n / 2 ^ k) % 2 }
    { gsub(/"[^"]*"/, "") }
    NR == 1 { for (c = 1; c <= NF; ++c) if ($c == column) at = c }
    $1 == "sweep" { v[count++] = $at }
    END {
      for (n = 0; n < count; ++n) if (!bit(n, i)) {
        d = v[n + 2 ^ i] - v[n]
        if (j == "-") { sum += d; ++pairs } else { if (bit(n, j)) sum += d; else sum -= d; pairs += 1 }
      }
      # With j: half of (mean of d with j - mean of d without), of pairs / 2 each.
      printf "%.12g", sum / pairs
    }' "$csv"
}
near() { awk -v a="$1" -v b="$2" -v scale="$3" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && d <= 1e-8 * scale) }' || fail "$4: $1, not $2"; }
effect_of() { awk -F, -v a="$1" -v b="$2" -v column="$3" 'NR == 1 { for (c = 1; c <= NF; ++c) if ($c == column) at = c } $1 == a && $2 == b { print $at }' "$work/a1/ablation-effects.csv"; }
elements=(skip_zero_weights gate_group multiplier)
for column in cycles energy_pj dram_bytes; do
  scale=$(cell "$csv" baseline $column)
  for i in 0 1 2; do
    near "$(effect_of ${elements[$i]} "" $column)" "$(effects $column $i -)" "$scale" "effect of ${elements[$i]} on $column"
    for ((j = i + 1; j < 3; ++j)); do
      near "$(effect_of ${elements[$i]} ${elements[$j]} $column)" "$(effects $column $i $j)" "$scale" "interaction of ${elements[$i]} and ${elements[$j]}"
    done
  done
done
awk -v a="$(effect_of skip_zero_weights "" cycles)" -v b="$(effect_of gate_group "" energy_pj)" 'BEGIN { exit !(a > 0 && b > 0) }' ||
  fail "without skipping there are not more cycles, or without a gate not more energy"
grep -q '2^3 = 8 points' "$work/table" && grep -q '^interactions' "$work/table" || fail "no table of the sweep: $(cat "$work/table")"

# Again, with files for papers: nothing is computed, nothing changes; a row alone, by its own command.
cp "$work/a1/ablation.json" "$work/before.json"
done_with "${study[@]}" --out "$work/a1" --papers "$work/papers"
[ -s "$work/papers/effects.tex" ] && [ -s "$work/papers/rows.csv" ] || fail "no files for papers: $(ls "$work/papers")"
# All combinations, a row each, with the figures of the study; effects and interactions as plots.
all=$work/papers/all-combinations.csv
[ "$(wc -l <"$all")" -eq 9 ] && [ -s "$work/papers/all-combinations.tex" ] || fail "no table of all combinations: $(cat "$all")"
head=$(sed -n 1p "$all")
case $head in skip_zero_weights,gate_group,multiplier,*) ;; *) fail "the table of combinations has other columns: $head" ;; esac
equal "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i ~ /^cycles/) at = i } $1 == 1 && $2 == 0 && $3 == 1 { print $at }' "$all")" \
  "$(cell "$csv" skip_zero_weights+multiplier cycles)" "cycles of a combination"
for plot in effects-on-cycles interactions-in-cycles all-combinations-energy-against-cycles; do
  [ -s "$work/papers/$plot.svg" ] && [ -s "$work/papers/$plot-plot.tex" ] || fail "no plot $plot: $(ls "$work/papers")"
done
equal "$(awk -F, '$1 == "skip_zero_weights" { print $2 }' "$work/papers/effects-on-cycles.csv" | tr -d '\r')" \
  "$(awk -v e="$(effect_of skip_zero_weights "" cycles)" -v b="$(cell "$csv" baseline cycles)" 'BEGIN { printf "%.12g", 100 * e / b }')" "the plotted effect"
grep -q '^0 designs computed now' "$work/stdout" && cmp -s "$work/before.json" "$work/a1/ablation.json" || fail "a study that is repeated computes again"
command=$(grep -F -- '--row skip_zero_weights+multiplier"' "$work/a1/ablation.json" | sed 's/.*"command": "whitedwarf \(.*\)",*/\1/')
# shellcheck disable=SC2086
done_with $command
equal "$(value "$work/a1/row.json" total_pj)" "$(cell "$csv" skip_zero_weights+multiplier total_pj)" "the row by its command"
rm "$work/a1/row.json"
done_with "${study[@]}" --out "$work/a1" --row multiplier+skip_zero_weights  # in another order
equal "$(value "$work/a1/row.json" total_pj)" "$(cell "$csv" skip_zero_weights+multiplier total_pj)" "the row with its elements in another order"
[ "$(sed -n 's/.*"commands_start_in": "\(.*\)",/\1/p' "$work/a1/ablation.json")" = "$PWD" ] || fail "nobody says where commands start"

# Another study has no place in the folder, nor has the one without a file, which would replace it.
sed 's/"small"/"other"/' "$work/study.json" >"$work/other.json"
cp "$work/a1/ablation.json" "$work/before.json"
refused "a1: has the results of the study 'small' ($work/study.json), not of 'other'; choose another --out" ablate "$work/other.json" --out "$work/a1"
refused "a1: has the results of the study 'small'; choose another --out" ablate --out "$work/a1"
cmp -s "$work/before.json" "$work/a1/ablation.json" || fail "a refused study changes the results"

# Energies of an array that the table did not measure are marked; the baseline's are not.
grep -q '^\* multiplier: energy is extrapolated, the table.s chip did not have planes_per_row 3 ' "$work/table" || fail "an extrapolated row is not marked: $(cat "$work/table")"
if grep -q '^\* baseline' "$work/table"; then fail "the baseline is marked as extrapolated"; fi
[ "$(grep -c '<svg' "$work/a1/ablation.html")" -ge 3 ] && grep -q 'skip_zero_weights' "$work/a1/ablation.html" || fail "ablation.html lacks charts or the sweep"

# --- A model that is there: its own folder. ---
cat >"$work/own.json" <<'END'
{"name": "own", "images": 1, "variants": {"batch": {"design": {"batch": 4}}}}
END
done_with ablate "$work/own.json" --out "$work/hand_stored" --data random
[ "$(grep -o '"compressed_sha256": "[0-9a-f]*"' "$work/hand_stored/ablation.json")" = "$(grep -o '"compressed_sha256": "[0-9a-f]*"' "$work/hand_stored/compress.json")" ] ||
  fail "the model's digest is not that of compress"

# --- Trainings: accuracies are those of train, errors those of the seeds; a kill in between. ---
cat >"$work/tiny.json" <<'END'
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "supermask": {"pruned": [0.5]},
 "optimizer": {"kind": "sgd", "momentum": 0.9}, "schedule": {"kind": "cosine", "rate": 0.1}, "epochs": 2, "quantization": {"fp8_epochs": 1}}
END
cat >"$work/trained.json" <<'END'
{"name": "trained", "config": "tiny.json", "seeds": [1, 2], "images": 1,
 "variants": {"e5m2": {"config": {"quantization": {"format": "e5m2"}}}, "batch": {"design": {"batch": 4}}}, "sweep": ["gate_sum"]}
END
trained=(ablate "$work/trained.json")
"$bin" "${trained[@]}" --out "$work/t1" >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 600; ++i)); do
  [ -e "$work/t1/baseline/seed_1/train.json" ] && break
  sleep 0.05
done
kill -KILL $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
[ -e "$work/t1/baseline/seed_1/train.json" ] || fail "the first training did not end in 30 s"
[ ! -e "$work/t1/ablation.json" ] || echo "note: the study ended before it was killed"
done_with "${trained[@]}" --out "$work/t1" --threads 1
done_with "${trained[@]}" --out "$work/t2" --threads 2
[ "$(results "$work/t1")" = "$(results "$work/t2")" ] || fail "a killed study ends in other results"
for seed in 1 2; do
  done_with train --config "$work/tiny.json" --seed $seed --out "$work/train_$seed"
  accuracy[seed]=$(value "$work/train_$seed/train.json" accuracy_hw)
done
csv=$work/t1/ablation.csv
mean=$(awk -v a="${accuracy[1]}" -v b="${accuracy[2]}" 'BEGIN { printf "%.12g", (a + b) / 2 }')
# Two values: the deviation is their distance by the root of 2, its error half of their distance.
error=$(awk -v a="${accuracy[1]}" -v b="${accuracy[2]}" 'BEGIN { d = (a - b) / 2; printf "%.12g", d < 0 ? -d : d }')
equal "$(cell "$csv" baseline accuracy)" "$mean" "accuracy"
equal "$(cell "$csv" baseline accuracy_standard_error)" "$error" "standard error"
equal "$(cell "$csv" batch accuracy)" "$mean" "accuracy of another design"
before=$(sha256sum <"$work/t1/baseline/seed_1/model.wdz")
done_with compress --out "$work/t1/baseline/seed_1" --norms fp8  # by hand: another network than the rows are of
done_with "${trained[@]}" --out "$work/t1" --papers "$work/papers_t"
[ "$(sha256sum <"$work/t1/baseline/seed_1/model.wdz")" = "$before" ] || fail "a study takes a network that was compressed by hand"
awk -F, -v error="$error" '{ gsub(/"[^"]*"/, "") } NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "standard error of accuracy") at = i }
  $1 == "baseline" { found = 1; d = $at - error; exit !(at && $at != "" && d * d < 1e-18) } END { if (!found) exit 1 }' "$work/papers_t/rows.csv" ||
  fail "the CSV of means has no errors: $(sed -n 1,2p "$work/papers_t/rows.csv")"
[ "$(cell "$csv" e5m2 cycles)" = "" ] && [ "$(cell "$csv" e5m2 accuracy)" != "" ] || fail "a format that the chip lacks has cycles, or no accuracy"
[ ! -e "$work/t1/batch" ] || fail "a row of the baseline's networks trains its own"

# --- What is refused, before anything is written. ---
bad() { # bad EXPECTED SED [ARGS]
  sed "$2" "$work/study.json" >"$work/bad.json"
  refused "$1" ablate "$work/bad.json" --out "$work/none" "${@:3}"
  [ ! -e "$work/none" ] || fail "a refused study leaves a folder"
}
bad "bad.json: variants: plain: design: there is no knob 'hufman'" 's/"huffman"/"hufman"/'
bad "'variants' has the name \"../plain\"" 's/"plain"/"..\/plain"/'
bad "bad.json: multiplier: no such chip can be built" 's/"planes_per_row": 3/"entries": 8/'
bad "bad.json: unfolded: " 's/"fold": false/"weight_rows": 16/'
bad "bad.json: unfolded: 'volt' is 0.3: table " 's/"fold": false/"volt": 0.3/'
bad "'sweep' names 'gate_group' twice" 's/"skip_zero_weights"/"gate_group"/'
bad "unknown key 'gain_'" 's/"pruned": \[0.7\]/"gain_": 1/'
bad "--row is 'nothing', which" 's/x/x/' --row nothing
sed 's/\[1, 2\]/[2, 2]/' "$work/trained.json" >"$work/bad.json"
refused "'seeds' names 2 twice" ablate "$work/bad.json" --out "$work/none"
refused "--papers is $work/study.json, but $work/study.json is no folder" "${study[@]}" --out "$work/none" --papers "$work/study.json"
refused "--row is one row, --slurm shares many" "${study[@]}" --out "$work/none" --row plain --slurm-dry-run
bad "'variants' has the name \"slurm\", which is a folder of the study's own" 's/"stored"/"slurm"/'
refused "nothing.json: cannot be opened" ablate "$work/nothing.json" --out "$work/none"
refused "its networks are trained, for which --data random has no images" "${trained[@]}" --data random --out "$work/none"
refused "--row is of --config; give --config, too, or leave it out" ablate --out "$work/none" --row x
[ ! -e "$work/none" ] || fail "a refused study leaves a folder"
# A design that the compiler refuses is refused before its networks are trained.
sed 's/"batch": 4/"act_rows": 16/' "$work/trained.json" >"$work/bad.json"
refused "bad.json: batch: " ablate "$work/bad.json" --out "$work/none"
[ ! -e "$work/none" ] || fail "a study that no chip runs leaves a folder"
