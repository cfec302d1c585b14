#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `reca` prints a table whose figures are those of reca.json, with --json the file itself, and the same again from kept seeds.
# usage: reca_test.sh WHITEDWARF
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat >"$work/tiny.json" <<'J'
{"steps": 1, "forest": {"trees": 3}, "linear": {"epochs": 1}, "train_images": 300, "test_images": 100}
J
command=("$bin" reca --config "$work/tiny.json" --seeds 4,5 --out "$work/out")
"${command[@]}" >"$work/table" 2>"$work/messages" || fail "$(tail -n 1 "$work/messages")"
"${command[@]}" --json >"$work/json" 2>"$work/messages" || fail "$(tail -n 1 "$work/messages")"
[ "$(grep -c "is kept from" "$work/messages")" -eq 2 ] || fail "seeds were not kept: $(cat "$work/messages")"
cmp "$work/json" "$work/out/reca.json" || fail "--json does not print reca.json"
"${command[@]}" 2>/dev/null | cmp - "$work/table" || fail "kept seeds change the table"

python3 - "$work/out/reca.json" "$work/table" <<'P' || fail "the table differs from reca.json: $(cat "$work/table")"
import json, sys
report = json.load(open(sys.argv[1]))
lines = open(sys.argv[2]).read().splitlines()
def row(name):
    return [line[len(name):].split() for line in lines if line.startswith(name + " ")][0]
def accuracy(readout, variant):
    figures = (report[readout] or {}).get(variant)
    if figures is None:
        return ["-"]
    spread = figures["accuracy"]
    return ["%.2f" % (100 * spread["mean"]), "+-", "%.2f" % (100 * spread["deviation"]), "%"]
for variant in ("reservoir", "no_reservoir", "no_reservoir_same_draws"):
    assert row(variant) == accuracy("forest", variant) + accuracy("linear", variant), row(variant)
def mean(part, key):
    values = [(seed[variant][part] or {}).get(key) for seed in report["seeds"]]
    return "-" if None in values else "%.0f" % (sum(values) / len(values))
for name, part, key in (("bit tests of the forest", "lazy", "bit_tests"),
                        ("cells computed, lazy", "lazy", "cells_computed"),
                        ("cells computed, full", "full", "cells_computed"),
                        ("additions of the linear readout", "linear", "additions"),
                        ("forest, packed (bits)", "forest", "packed_bits")):
    expected = []
    for variant in ("reservoir", "no_reservoir", "no_reservoir_same_draws"):
        expected.append(mean(part, key))
    assert row(name) == expected, (name, row(name), expected)
P
echo passed
