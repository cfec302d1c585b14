#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/power_front.py: each point of the front is what its parts say, and follows the laws that it must follow.
# usage: power_front_test.sh WHITEDWARF SOURCE
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
front=(python3 "$source/scripts/power_front.py" --tool "$bin" --table 45nm-reference)
"${front[@]}" "$work/out" --network demo >"$work/tables"
cmp "$work/tables" "$work/out/front.md"
python3 - "$work/out" <<'EOF'
import csv, json, math, sys
import xml.etree.ElementTree as xml

lines = list(csv.DictReader(open(sys.argv[1] + "/front.csv")))
number = lambda line, key: float(line[key])
macs = json.load(open(sys.argv[1] + "/demo-10-percent/run.json"))["dense_macs"]
for line in lines:  # two operations a multiply-accumulate, by the energy of an image
    assert math.isclose(number(line, "dense_tflops_per_watt"), 2 * macs / number(line, "chip_uj") / 1e6, rel_tol=1e-9), line
    watts = number(line, "chip_uj") * number(line, "megahertz") / number(line, "cycles")
    assert math.isclose(number(line, "watts"), watts, rel_tol=1e-9), line
as_is = [l for l in lines if l["variant"] == "two planes, Q = 16" and l["gates"] == "as run"]
by_kept = lambda volt: [number(l, "dense_tflops_per_watt") for l in as_is if number(l, "volt") == volt]
volts = sorted({number(l, "volt") for l in as_is})
assert len(volts) > 2 and len(by_kept(volts[0])) == 3
for volt in volts:  # fewer weights, less energy
    assert by_kept(volt) == sorted(by_kept(volt)), volt
for low, high in zip(volts, volts[1:]):  # less voltage, less energy, but not less than its square says
    for better, worse in zip(by_kept(low), by_kept(high)):
        assert 1 < better / worse, (low, high)
gates = {l["gates"]: number(l, "chip_uj") for l in lines if l["kept"] == "10 %" and l["variant"] == "two planes, Q = 16" and l["volt"] == "0.7"}
assert gates["all gates off"] > max(v for k, v in gates.items() if k != "all gates off") and min(gates.values()) == gates["as run"], gates
assert len(gates) > 6
picture = xml.parse(sys.argv[1] + "/front-45nm-reference.svg").getroot()
drawn = picture.findall(".//{*}polyline")
assert len(drawn) == 3 and all(len(line.get("points").split()) == len(volts) for line in drawn)
EOF
if "${front[@]}" "$work/none" --network demo --tool "$work/missing" 2>"$work/stderr"; then echo "FAILED: a missing tool" >&2; exit 1; fi
grep -q 'missing is not there' "$work/stderr"
if "${front[@]}" "$work/none" --network other 2>"$work/stderr"; then echo "FAILED: an unknown network" >&2; exit 1; fi
grep -q "invalid choice: 'other'" "$work/stderr"
