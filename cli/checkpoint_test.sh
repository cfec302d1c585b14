#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A folder's training is never overwritten by one of another configuration without --fresh, finished or not; studies keep what
# is theirs and say nothing about chance where there is one seed.
# usage: checkpoint_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# refused EXPECTED_TEXT ARGUMENTS...: status 1, one line with the text, nothing on standard output.
refused() {
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -qF -- "$expected" "$work/stderr" && [ ! -s "$work/stdout" ] ||
    fail "$*: status $status, $(cat "$work/stderr" "$work/stdout")"
}
does() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }

cat >"$work/one.json" <<'J'
{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 500,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1}
J
sed 's/\[16\]/[32]/' "$work/one.json" >"$work/two.json"

# Finished: another network, another seed; the folder stays as it was.
does train --config "$work/one.json" --out "$work/run"
(cd "$work/run" && md5sum ./*) >"$work/before"
refused "checkpoint.wdc: belongs to a training with another configuration or seed ('network/hidden/0' is 16 there and 32 now); choose another --out, or give --fresh to start again" \
  train --config "$work/two.json" --out "$work/run"
refused "('seed' is 1 there and 5 now)" train --config "$work/one.json" --seed 5 --out "$work/run"
(cd "$work/run" && md5sum ./*) | cmp - "$work/before" || fail "a refusal changed the folder"
does train --config "$work/one.json" --out "$work/run"
grep -q "resuming from" "$work/stderr" || fail "the same configuration did not go on: $(cat "$work/stderr")"
does train --config "$work/two.json" --out "$work/run" --fresh
[ "$(sha256sum <"$work/run/model.wdm" | cut -d' ' -f1)" = "$(sed -n 's/^ "model_sha256": "\(.*\)",*$/\1/p' "$work/run/train.json")" ] ||
  fail "train.json does not name its model"

# Of several seeds, all are looked at before the first is trained.
mkdir -p "$work/seeds"
cp -r "$work/run" "$work/seeds/seed_2"
refused "seed_2/checkpoint.wdc: belongs to a training with another" train --config "$work/one.json" --seeds 1,2 --out "$work/seeds"
[ ! -e "$work/seeds/seed_1" ] || fail "a seed was trained before the refusal"

# A study: one seed has neither deviation nor verdict; finished runs are kept.
cat >"$work/study.json" <<'J'
{"name": "s", "baseline": "one.json", "seeds": [1], "variants": {"narrow": {}, "wide": {"network": {"hidden": [32]}}},
 "claims": [{"claim": "wide beats narrow", "better": "wide", "than": "narrow"}]}
J
refused "--papers is $work/one.json/figures, but $work/one.json is no folder; name another folder" study --config "$work/study.json" --out "$work/study" --papers "$work/one.json/figures"
[ ! -e "$work/study" ] || fail "a study whose papers have no place was begun"
does study --config "$work/study.json" --out "$work/study"
grep -q "one seed: no verdict: wide beats narrow" "$work/stdout" || fail "a verdict on one seed: $(cat "$work/stdout")"
! grep -qF "+- " "$work/stdout" || fail "a deviation of one seed: $(cat "$work/stdout")"
cp "$work/study/study.json" "$work/first.json"
before=$(stat -L -c %i "$work/study/wide/seed_1/train.json")
does study --config "$work/study.json" --out "$work/study"
cmp "$work/study/study.json" "$work/first.json" || fail "kept runs changed the study"
[ "$(stat -L -c %i "$work/study/wide/seed_1/train.json")" = "$before" ] || fail "a finished run was made again"
# A training of another build is kept, and said; one of other images is refused.
kept=$work/study/wide/seed_1/train.json
cp "$kept" "$work/kept.json"
sed -i 's/^\( "program_sha256": "\)...../\1xxxxx/' "$kept"
does study --config "$work/study.json" --out "$work/study"
grep -q "wide/seed_1: was trained by another build of the program, and is kept" "$work/stderr" || fail "nobody says that another build trained it"
sed 's/^\( "images_sha256": "\)...../\1xxxxx/' "$work/kept.json" >"$kept"
refused "networks/$(basename "$(readlink "$work/study/wide/seed_1")")/train.json: was trained on other images; choose another --out, or give --fresh" study --config "$work/study.json" --out "$work/study"
cp "$work/kept.json" "$kept"
cp "$work/first.json" "$work/study/study.json"
# By content: a variant that was edited is trained, the others are not; the former training stays, and is taken when it is wanted again, by whatever name.
trained() { ls "$work/study/networks" | wc -l; }
narrow=$(stat -L -c %i "$work/study/narrow/seed_1/train.json") wide=$(stat -L -c %i "$kept")
[ "$(trained)" -eq 2 ] && [ -L "$work/study/wide/seed_1" ] || fail "trainings are not kept by content: $(ls -l "$work/study" "$work/study/wide")"
sed -i 's/"hidden": \[32\]/"hidden": [24]/' "$work/study.json"
does study --config "$work/study.json" --out "$work/study"
[ "$(stat -L -c %i "$work/study/narrow/seed_1/train.json")" = "$narrow" ] || fail "what was not edited was trained again"
[ "$(trained)" -eq 3 ] && ! cmp -s "$work/study/study.json" "$work/first.json" || fail "the edited variant was not trained"
sed -i 's/"hidden": \[24\]/"hidden": [32]/' "$work/study.json"
does study --config "$work/study.json" --out "$work/study"
cmp "$work/study/study.json" "$work/first.json" || fail "the former training did not come back"
[ "$(stat -L -c %i "$kept")" = "$wide" ] && [ "$(trained)" -eq 3 ] || fail "networks: $(ls "$work/study/networks")"
# Renamed, in another order, of another name of the configuration, with one variant more: one training.
cat >"$work/renamed.json" <<'J'
{"name": "s", "baseline": "renamed_one.json", "seeds": [1], "variants": {"a_broad": {"network": {"hidden": [32]}}, "b_slim": {}, "other": {"network": {"hidden": [20]}}}}
J
sed 's/"tiny"/"small"/' "$work/one.json" >"$work/renamed_one.json"
does study --config "$work/renamed.json" --out "$work/study"
grep '^a_broad seed 1: [0-9.]* %, kept, 1 to train, at most ' "$work/stderr" >/dev/null && grep '^other seed 1: [0-9.]* %$' "$work/stderr" >/dev/null ||
  fail "what is kept counts as work: $(cat "$work/stderr")"
[ "$(trained)" -eq 4 ] && [ "$(stat -L -c %i "$work/study/a_broad/seed_1/train.json")" = "$wide" ] || fail "a renamed variant is trained again"
# An ablation of the same folder takes them, too.
echo '{"name": "rows", "config": "one.json", "seeds": [1], "images": 1, "variants": {"w": {"config": {"network": {"hidden": [32]}}}}}' >"$work/rows.json"
does ablate "$work/rows.json" --out "$work/study"
[ "$(trained)" -eq 4 ] && [ "$(stat -L -c %i "$work/study/w/seed_1/train.json")" = "$wide" ] || fail "an ablation does not take a study's training"
# A network that was removed comes back from its checkpoint; a record that is cut off is named, with the remedy.
other=$work/study/networks/$(basename "$(readlink "$work/study/w/seed_1")")
sum=$(sha256sum <"$other/model.wdm")
rm "$other"/model.wd? "$other/compress.json"
does ablate "$work/rows.json" --out "$work/study"
[ "$(sha256sum <"$other/model.wdm")" = "$sum" ] || fail "a removed model does not come back"
cp "$other/train.json" "$work/whole.json"
head -c 100 "$work/whole.json" >"$other/train.json"
refused "/train.json: is not JSON" study --config "$work/renamed.json" --out "$work/study"
grep "remove it: its checkpoint is measured again$" "$work/stderr" >/dev/null || fail "no remedy: $(cat "$work/stderr")"
mv "$work/whole.json" "$other/train.json"
# A folder in the place of a link is refused before anything is trained, with what keeps it.
rm "$work/study/other/seed_1"
cp -r "$work/run" "$work/study/other/seed_1"
refused "other/seed_1: is there, where the study makes a link; to keep its training \`mv " study --config "$work/renamed.json" --out "$work/study"
rm -r "$work/study/other/seed_1"
sed 's/"other"/"networks"/' "$work/renamed.json" >"$work/bad.json"
refused "'variants' has the name \"networks\", which is a folder of the study's own; choose another" study --config "$work/bad.json" --out "$work/study"
refused "--fresh begins all again in every process, --slurm shares it" study --config "$work/renamed.json" --out "$work/study" --fresh --slurm-dry-run
# A checkpoint that cannot be read is refused before anything is trained.
narrow=$(basename "$(readlink "$work/study/narrow/seed_1")")
printf x >"$work/study/networks/$narrow/checkpoint.wdc"
refused "networks/$narrow/checkpoint.wdc" study --config "$work/study.json" --out "$work/study"
# A teacher's folder: who learned from it goes on while the same network is there, and is refused where another one is.
sed "s|\"epochs\": 1|\"epochs\": 1, \"distillation\": {\"teacher\": \"$work/run\"}|" "$work/one.json" >"$work/taught.json"
does train --config "$work/taught.json" --out "$work/pupils" --seeds 1
cp "$work/pupils/seed_1/train.json" "$work/first.json"
does train --config "$work/taught.json" --out "$work/pupils" --seeds 1
same() { grep -vE '"(seconds|peak_mib)"' "$1"; } # what measuring takes
cmp <(same "$work/pupils/seed_1/train.json") <(same "$work/first.json") || fail "a pupil that is measured again is another"
does train --config "$work/one.json" --out "$work/run" --fresh
status=0
"$bin" train --config "$work/taught.json" --out "$work/pupils" --seeds 1 >"$work/stdout" 2>"$work/stderr" || status=$?
[ $status -eq 1 ] && grep -F "checkpoint.wdc: has learned from another teacher than the network that is in $work/run now; bring that one back" "$work/stderr" >/dev/null ||
  fail "another teacher: status $status, $(cat "$work/stderr")"
echo passed
