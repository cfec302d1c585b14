#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Waves of the RTL and of SystemC: as many cycles as the window has, values that the counters know, and what is refused.
# usage: waves_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $1" >&2; exit 1; }
refused() { # refused EXPECTED ARGS: fails with one line that has EXPECTED, and leaves no file
  local expected=$1 status=0
  shift
  rm -f "$net"/*.vcd
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
  [ -z "$(find "$net" -name '*vcd*')" ] || fail "$*: leaves $(find "$net" -name '*vcd*')"
}
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
# High cycles of a one-bit signal: cycles FILE SCOPE NAME
high_cycles() {
  awk -v scope="$2" -v name="$3" '
    $1 == "$scope" { path = path "." $3 }
    $1 == "$upscope" { sub(/\.[^.]*$/, "", path) }
    $1 == "$var" && path == "." scope && $5 == name { code = $4 }
    /^#/ { now = substr($0, 2); if (was && now % 1000 == 0) high += 1; next }
    code != "" && $0 == "0" code { was = 0 }
    code != "" && $0 == "1" code { was = 1 }
    END { if (code == "") exit 1; print high + 0 }' "$1"
}

net=$work/net
echo '{"pes_per_group": 16}' >"$work/arch.json"
done_with sizes --config "$config" --model --out "$net"
done_with compress --out "$net"
done_with compile --out "$net" --arch "$work/arch.json"
run=(run --out "$net" --data random --systemc-images 1 --rtl-images 1)
done_with "${run[@]}" --engines fast,rtl --images 1
cycles=$(grep -A 14 '"rtl"' "$net/run.json" | grep -o '"cycles": [0-9]*' | grep -o '[0-9]*$')
counter() { grep -o "\"$1\": [0-9]*" "$net/run.json" | sed -n 1p | grep -o '[0-9]*$'; }
[ "$cycles" -gt 2000 ] || fail "the frame has $cycles cycles"

# The whole frame, of the sequencers alone: it works for the frame's cycles, RUN is what the counters say.
last=$((cycles - 1))
whole=("${run[@]}" --images 1 --waves 0:$last --waves-depth 1)
done_with "${whole[@]}" --engines fast,rtl --waves-scope wd_top.u_sequencer
[ "$(grep -c '^#' "$net/rtl.vcd")" -eq $((2 * cycles + 1)) ] || fail "rtl.vcd has not all half cycles"
[ "$(tail -n 1 "$net/rtl.vcd")" = "#${cycles}000" ] || fail "rtl.vcd ends at $(tail -n 1 "$net/rtl.vcd")"
[ "$(high_cycles "$net/rtl.vcd" wd_top.u_sequencer busy_o)" -eq "$cycles" ] || fail "the RTL does not run for the frame's cycles"
[ "$(high_cycles "$net/rtl.vcd" wd_top.u_sequencer run_o)" -eq "$(counter run_cycles)" ] || fail "the RTL's RUN is not run_cycles"
done_with "${whole[@]}" --engines fast,systemc --waves-scope top.sequencer
[ "$(high_cycles "$net/systemc.vcd" top.sequencer busy_o)" -eq "$cycles" ] || fail "SystemC does not run for the frame's cycles"
[ "$(high_cycles "$net/systemc.vcd" top.sequencer run_o)" -eq "$(counter run_cycles)" ] || fail "SystemC's RUN is not run_cycles"
[ -z "$(find "$net" -name '*.partial')" ] || fail "a partial file is left"
figures() { grep -vE '"(seconds|macs_per_second|cycles_per_second)"' "$net/run.json"; }
done_with "${run[@]}" --engines fast,rtl,systemc --images 1 --waves 1000:1099
watched=$(figures)
done_with "${run[@]}" --engines fast,rtl,systemc --images 1
[ "$(figures)" = "$watched" ] || fail "waves change results"

# A window of one block, by cosim too.
for command in "run --systemc-images 1 --rtl-images 2" "cosim --cosim-images 1"; do
  rm -f "$net"/*.vcd
  # shellcheck disable=SC2086
  done_with $command --out "$net" --data random --engines fast,rtl --waves 1000:1009 --waves-scope wd_top.u_post --waves-depth 1
  [ "$(grep -c '^#' "$net/rtl.vcd")" -eq 21 ] || fail "$command: not 10 cycles"
  grep -q '^#1000000$' "$net/rtl.vcd" || fail "$command: the window begins elsewhere"
  [ "$(grep -c '^.scope' "$net/rtl.vcd")" -eq 2 ] || fail "$command: more than the block"
done

# Levels without a block are those from the top one on.
done_with "${run[@]}" --engines fast,rtl,systemc --images 1 --waves 1000:1009 --waves-depth 1
for file in rtl systemc; do
  grep -q '^.var' "$net/$file.vcd" && ! grep '^.scope' "$net/$file.vcd" | grep -E 'u_post|post ' >/dev/null || fail "$file.vcd is not of the top block alone"
done

# As FST: a file of that kind, smaller, no other beside it.
for engine in rtl systemc; do
  done_with "${run[@]}" --engines "fast,$engine" --images 1 --waves 1000:1199
  vcd=$(wc -c <"$net/$engine.vcd")
  rm -f "$net"/*.vcd
  done_with "${run[@]}" --engines "fast,$engine" --images 1 --waves 1000:1199 --waves-format fst
  [ "$(wc -c <"$net/$engine.fst")" -lt $((vcd / 3)) ] || fail "$engine.fst has $(wc -c <"$net/$engine.fst") bytes, VCD $vcd"
  [ "$(head -c 9 "$net/$engine.fst" | od -An -tx1 | tr -d ' \n')" = 000000000000000149 ] || fail "$engine.fst is no FST"
  [ "$(find "$net" -name "$engine.*" | wc -l)" -eq 1 ] || fail "$engine: more than an FST"
  rm "$net/$engine.fst"
done

two=("${run[@]}" --engines fast,rtl --images 1)
refused "--waves is '5', must be FROM:TO, cycles, as in 0:999" "${two[@]}" --waves 5
refused "a cycle of --waves is '', must be a whole number" "${two[@]}" --waves 5:
refused "a cycle of --waves is -1, must be 0 to" "${two[@]}" --waves -1:4
refused "--waves is 9:3, which ends before it begins; give --waves 3:9" "${two[@]}" --waves 9:3
refused "--waves 5:$cycles: the first frame has $cycles cycles; give at most 5:$last" "${two[@]}" --waves "5:$cycles"
refused "the golden model has no signals, the fast simulator has no signals; give --engines systemc,rtl" \
  run --out "$net" --data random --engines golden,fast --waves 0:9
refused "the RTL has no block 'wd_top.u_pots'; give one of wd_top.g_decoder, wd_top.u_act_buffer" "${two[@]}" --waves 0:9 --waves-scope wd_top.u_pots
refused "--waves-scope is a block of one engine, systemc,rtl have their own; give --engines systemc" \
  "${run[@]}" --engines systemc,rtl --waves 0:9 --waves-scope top
refused "--waves-scope is of --waves; give --waves, too, or leave it out" "${two[@]}" --waves-scope wd_top
refused "--waves-format is of --waves; give --waves, too, or leave it out" "${two[@]}" --waves-format fst
refused "--waves-depth is of --waves; give --waves, too, or leave it out" "${two[@]}" --waves-depth 1
refused "--waves-depth is 0, must be 1 to 100" "${two[@]}" --waves 0:9 --waves-depth 0

# Activity: counts of all frames, the RTL's and SystemC's equal where they have the same port (else the call fails).
done_with run --out "$net" --data random --engines fast,rtl,systemc --images 2 --rtl-images 2 --systemc-images 2 --activity
[ "$(figures | grep -c .)" -gt 100 ] || fail "run.json is not whole"
activity=$net/activity.json
[ "$(wc -c <"$activity")" -lt 200000 ] || fail "activity.json has $(wc -c <"$activity") bytes"
total=$(grep -A 14 '"rtl"' "$net/run.json" | grep -o '"total_cycles": [0-9]*' | grep -o '[0-9]*$')
[ "$(grep -c "\"cycles\": $total," "$activity")" -eq 2 ] || fail "activity.json is not of $total cycles of both engines"
[ "$(grep -c '"other": "' "$activity")" -ge 20 ] || fail "few ports are both engines'"
refused "--activity: the fast simulator has no signals; give --engines systemc,rtl" run --out "$net" --data random --engines fast --activity
refused "--waves and --activity exclude each other; give one" "${two[@]}" --activity --waves 0:9
echo '{"pes_per_group": 16, "groups_per_walker": 4, "planes_per_row": 1, "window": 4}' >"$work/quarter.json"
done_with compile --out "$net" --arch "$work/quarter.json"
refused "the RTL is built with signals for the arrays {} {\"pes_per_group\":16}; others with cmake -DWD_RTL_SIGNALS=ON and -DWD_RTL_ARCHS=FILES; give --engines systemc" "${two[@]}" --activity
