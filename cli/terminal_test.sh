#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a terminal of 80 columns no table and no sentence is wider, nothing of it is lost, and progress tells time left and rate; elsewhere lines stay whole.
# usage: terminal_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
on_terminal() {  # columns, arguments: standard output to $work/seen, as a terminal gets it
  local columns=$1
  shift
  printf -v command ' %q' "$@"
  script -qefc "stty cols $columns; $bin$command 2>$work/stderr" "$work/typescript" </dev/null >/dev/null || fail "$*: $(tail -n 1 "$work/stderr")"
  sed -E '/^Script (started|done) on /d; s/\r$//' "$work/typescript" >"$work/seen"
}
words() { tr -s '[:space:]' '\n' <"$1" | LC_ALL=C sort -u; }

"$bin" sizes --config "$config" --model --out "$work/o" >"$work/plain" 2>"$work/stderr"
"$bin" compress --out "$work/o" >"$work/plain" 2>"$work/stderr"
"$bin" compile --out "$work/o" >"$work/plain" 2>"$work/stderr"
"$bin" run --out "$work/o" --data random --images 2 --engines fast >"$work/plain" 2>"$work/stderr"
for call in "power --out $work/o" "run --out $work/o --data random --images 2 --engines fast" "compile --out $work/o --explain" "sizes --config $config" \
  "compress --out $work/o" "status --out $work/o"; do
  read -ra arguments <<<"$call"
  "$bin" "${arguments[@]}" >"$work/plain" 2>"$work/stderr"
  on_terminal 80 "${arguments[@]}"
  # A word may be longer than a line: a path.
  awk -v call="$call" 'length($0) > 80 && $0 !~ /^ *[^ ]+$/ { print "FAILED: " call ": " length($0) " columns: " $0 > "/dev/stderr"; bad = 1 } END { exit bad }' "$work/seen"
  case $call in
  run*) ;;  # other times each run
  *) [ -z "$(comm -23 <(words "$work/plain") <(words "$work/seen"))" ] || fail "$call: not on the terminal: $(comm -23 <(words "$work/plain") <(words "$work/seen"))" ;;
  esac
done
"$bin" compile --out "$work/o" --explain >"$work/plain" 2>"$work/stderr"
[ "$(wc -L <"$work/plain")" -gt 80 ] || fail "compile --explain has become narrow: the test shows nothing"

# Progress, on a terminal that is standard error.
echo '{"name": "t", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [64]}, "supermask": {"pruned": [0.7]}, "optimizer": {"kind": "sgd"},
  "schedule": {"kind": "cosine", "rate": 0.1}, "epochs": 1}' >"$work/mlp.json"
script -qefc "$bin train --config $work/mlp.json --out $work/t >/dev/null" "$work/typescript" </dev/null >/dev/null || fail "train: $(tail -n 1 "$work/typescript")"
grep -aE 'train [0-9]+ %, ([0-9]+ min )?[0-9]+ s left, [0-9.]+ a second, ' "$work/typescript" >/dev/null || fail "no progress with time left and rate on a terminal"
"$bin" train --config "$work/mlp.json" --out "$work/t" --fresh >"$work/plain" 2>"$work/stderr"
! grep -F ' s left' "$work/stderr" >/dev/null || fail "progress of a short job in a log"
echo "terminal: 80 columns are enough"
