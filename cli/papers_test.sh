#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two runs side by side, their files for papers and a timeline, held against what run.json says by other arithmetic; what is refused.
# usage: papers_test.sh WHITEDWARF CONFIG
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
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -F -- "$expected" "$work/stderr" >/dev/null ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr")"
}

done_with sizes --config "$config" --model --out "$work/a_1"
done_with compress --out "$work/a_1"
cp -r "$work/a_1" "$work/b & <2>"
echo '{"weight_rows": 256, "memory_latency": 60}' >"$work/arch.json"  # weights are streamed
done_with compile --out "$work/a_1"
done_with compile --out "$work/b & <2>" --arch "$work/arch.json"
for folder in "a_1" "b & <2>"; do
  done_with run --out "$work/$folder" --data random --images 2 --engines fast --timeline
done
done_with report "$work/a_1" "$work/b & <2>" --out "$work/compared" --papers "$work/papers"
grep "comparison.html" "$work/stdout" >/dev/null || fail "the page is not named"

cat >"$work/check.py" <<'EOF'
import csv, json, math, os, re, sys

work = sys.argv[1]
close = lambda a, b: math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-12)
runs = {name: json.load(open(f"{work}/{name}/run.json")) for name in ("a_1", "b & <2>")}
archs = {name: json.load(open(f"{work}/{name}/compile.json"))["arch"] for name in runs}
table = lambda name: list(csv.DictReader(open(f"{work}/papers/{name}.csv", newline="")))

# Each run's figures.
side = {row["Run"]: row for row in table("runs-side-by-side")}
assert set(side) == set(runs), side.keys()
for name, run in runs.items():
    row, energy, counters = side[name], run["energy"], run["counters"]
    assert close(row["Cycles per image"], counters["cycles"])
    assert close(row["Chip energy per image (pJ)"], energy["chip_picojoule"])
    assert close(row["TFLOPS/W, executed"], 2 * counters["bit_ops"] / energy["chip_picojoule"])
    assert close(row["TFLOPS/W, dense-equivalent"], 2 * run["dense_macs"] / energy["chip_picojoule"])
    assert close(row["Microseconds per image"], counters["cycles"] / energy["megahertz"])
    assert close(row["Off-chip bytes per image"], 16 * (counters["beats_read"] + counters["beats_written"]))
    # Layers and what is between them are the chip's, in energy by block, in traffic, in cycles.
    parts = run["layers"] + [run["between_layers"]]
    for block in energy["blocks"]:
        assert math.isclose(sum(part["energy"]["blocks"][block["block"]] for part in parts), block["picojoule"], rel_tol=1e-6, abs_tol=1e-3), block
    assert math.isclose(sum(part["energy"]["offchip_picojoule"] for part in parts), energy["offchip_picojoule"], rel_tol=1e-6)
    assert close(sum(layer["offchip_bytes"] for layer in run["layers"]), 16 * (counters["beats_read"] + counters["beats_written"]))
    assert close(sum(part["cycles"] for part in parts), counters["cycles"])

# The roofline's points, from counters.
points = {(row["group"], row["point"].split(":")[0]): row for row in table("roofline-by-layer-and-run")}
drawn = 0
for name, run in runs.items():
    for layer in run["layers"]:
        if layer["bit_ops"] == 0: continue
        row = points[name, layer["name"]]
        assert close(row["operands per cycle"], layer["bit_ops"] / layer["cycles"]), layer["name"]
        if layer["offchip_bytes"]:
            assert close(row["operands per byte of off-chip traffic (right edge: none)"], layer["bit_ops"] / layer["offchip_bytes"])
        drawn += 1
assert drawn == len(points) > 10

# Files: a table or a plot is complete, and what LaTeX and XML reserve is escaped.
names = {os.path.splitext(file)[0] for file in os.listdir(work + "/papers") if not file.endswith("-plot.tex")}
assert len(names) > 8
import xml.etree.ElementTree as xml
for name in names:
    rows = list(csv.reader(open(f"{work}/papers/{name}.csv", newline="")))
    tex = open(f"{work}/papers/{name}.tex").read()
    assert tex.count("\\begin{tabular}") == tex.count("\\end{tabular}") == 1
    assert len(re.findall(r" \\\\$", tex, re.M)) == len(rows), name
    body = tex[tex.index("\\toprule"):tex.index("\\bottomrule")]
    for line in body.splitlines():
        if line.endswith("\\\\"):
            assert len(re.findall(r"(?<!\\)&", line)) == len(rows[0]) - 1, (name, line)
    assert not re.search(r"(?<!\\)[_#%]", body), name
    if not os.path.exists(f"{work}/papers/{name}.svg"): continue
    xml.parse(f"{work}/papers/{name}.svg")
    plot = open(f"{work}/papers/{name}-plot.tex").read()
    assert plot.count("{") == plot.count("}") and plot.count("\\begin") == plot.count("\\end") == 2, name
    assert len(re.findall(r"\(-?[0-9.e+-]+,-?[0-9.e+-]+\)", plot[plot.index("\\addplot"):])) >= len(rows) - 1, name
assert "b \\& \\textless{}2\\textgreater{}" in open(f"{work}/papers/runs-side-by-side.tex").read()
assert sum(os.path.exists(f"{work}/papers/{name}.svg") for name in names) >= 5

# The timeline of a frame: no overlap in a track, busy cycles within the least and the most of the frames that were run.
for name, run in runs.items():
    trace = json.load(open(f"{work}/{name}/timeline.json"))
    tracks = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
    busy, free_at = dict.fromkeys(tracks.values(), 0), {}
    slices = [e for e in trace["traceEvents"] if e["ph"] == "X"]
    for e in sorted(slices, key=lambda e: (e["tid"], e["ts"])):
        assert e["ts"] >= free_at.get(e["tid"], 0) and e["dur"] > 0, e
        free_at[e["tid"]] = e["ts"] + e["dur"]
        busy[tracks[e["tid"]]] += e["dur"]
    between = lambda cycles, counter: run["ranges"][counter]["min"] <= cycles <= run["ranges"][counter]["max"]
    assert between(busy["sequencer"], "cycles") and between(busy["array"], "run_cycles"), busy
    assert between(busy["weight decoder"], "decoder_cycles"), busy
    counters = trace["otherData"]["counters"]
    assert busy["sequencer"] == counters["cycles"] and busy["array"] == counters["run_cycles"]
    beats = sum(e["args"]["beats"] for e in slices if tracks[e["tid"]] == "memory port: beats")
    assert beats == counters["beats_read"] + counters["beats_written"]
    assert {layer["name"] for layer in run["layers"]} <= {e["name"] for e in slices}
assert busy["weight decoder"] > 0  # streamed
EOF
python3 "$work/check.py" "$work"

refused "a_1 twice; name each folder once" report "$work/a_1" "$work/a_1" --out "$work/x"
refused "--papers is $work/arch.json, but $work/arch.json is no folder" report "$work/a_1" --out "$work/x" --papers "$work/arch.json"
refused "--papers is $work/arch.json, but $work/arch.json is no folder" demo --quick --out "$work/x" --papers "$work/arch.json"
mkdir "$work/empty"
refused "empty: has none of train.json, compress.json, compile.json, run.json" report --runs "$work/empty,$work/a_1" --out "$work/x"
sed -i 's/"chip_picojoule": /"chip_picojoule": 9/' "$work/a_1/run.json"
refused "a_1/run.json: energy.blocks add up to" report "$work/a_1" --out "$work/x"
[ ! -e "$work/x" ] || fail "a refused report left a folder"
echo "passed"
