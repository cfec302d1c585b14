#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The chip in a system, by the command: every model and memory, waves of a window, and what is refused.
# usage: platform_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
net=$work/net

fail() { echo "FAILED: $1" >&2; exit 1; }
refused() { # refused EXPECTED ARGS: fails with one line that has EXPECTED, and leaves no file
  local expected=$1 status=0
  shift
  rm -f "$net"/*.vcd "$net/platform.json"
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
  [ -z "$(find "$net" -name '*vcd*' -o -name platform.json)" ] || fail "$*: leaves $(find "$net" -name '*vcd*' -o -name platform.json)"
}
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
of() { grep -o "\"$1\": *[0-9.e+]*" "$net/platform.json" | sed -n 1p | grep -o '[0-9.e+]*$'; }

echo '{"pes_per_group": 16}' >"$work/arch.json"
done_with sizes --config "$config" --model --out "$net"
done_with compress --out "$net"
done_with compile --out "$net" --arch "$work/arch.json"
done_with run --out "$net" --data random --engines fast --images 2
run_cycles=$(sed -n '/^ "counters"/,/}/p' "$net/run.json" | grep -o '"cycles": [0-9.]*' | sed -n 1p | grep -o '[0-9.]*$')
platform=(platform --out "$net" --data random --images 2)

# Cycles with an ideal memory are those of `run`; those with a DRAM are more, and every model's.
for chip in fast systemc rtl; do
  done_with "${platform[@]}" --memory ideal --outstanding 16 --chip $chip
  [ "$(of frame_cycles)" = "$run_cycles" ] || fail "$chip: $(of frame_cycles) cycles with an ideal memory, run has $run_cycles"
  for memory in ddr3-1600 lpddr4-3200; do
    done_with "${platform[@]}" --memory $memory --chip $chip
    figures=$(grep -vE '"(chip|seconds|cycles_per_second)"' "$net/platform.json")
    [ $chip = fast ] && echo "$figures" >"$work/$memory"
    [ "$figures" = "$(cat "$work/$memory")" ] || fail "$chip, $memory: other figures than those of the fast model"
    awk -v a="$(of frame_cycles)" -v b="$run_cycles" 'BEGIN { exit !(a > b) }' || fail "$memory takes no longer than an ideal memory"
    [ "$(of accesses)" -gt 0 ] || fail "$memory has no accesses"
  done
done
done_with "${platform[@]}" --json
grep -q '"frame_cycles"' "$work/stdout" || fail "--json prints $(cat "$work/stdout")"
# A period that has no half in picoseconds: 3.125 ns.
for chip in fast systemc rtl; do
  done_with "${platform[@]}" --memory ideal --outstanding 16 --chip $chip --megahertz 320
  [ "$(of frame_cycles)" = "$run_cycles" ] || fail "$chip at 320 MHz: $(of frame_cycles) cycles, run has $run_cycles"
done
# Neither the quantum nor DMI changes a figure.
for flags in "--quantum 0" "--quantum 100" "--no-dmi"; do
  # shellcheck disable=SC2086
  done_with "${platform[@]}" --memory ideal --outstanding 16 $flags
  [ "$(of frame_cycles)" = "$run_cycles" ] || fail "$flags: $(of frame_cycles) cycles"
done

# The chip with its AXI buses: two cycles for a request, so that a memory as much sooner makes it the same; its models agree with it.
done_with "${platform[@]}" --memory ideal --chip axi --latency 22
[ "$(of frame_cycles)" = "$run_cycles" ] || fail "axi: $(of frame_cycles) cycles with an ideal memory, run has $run_cycles"
done_with "${platform[@]}" --memory ideal --chip axi
axi_cycles=$(of frame_cycles)
done_with "${platform[@]}" --memory ideal --chip fast --bus-registers
[ "$(of frame_cycles)" = "$axi_cycles" ] || fail "fast, bus registers: $(of frame_cycles) cycles, axi has $axi_cycles"
done_with "${platform[@]}" --chip axi --waves 100:109
[ "$(grep -c '^#' "$net/platform.vcd")" -eq 21 ] || fail "axi: platform.vcd has $(grep -c '^#' "$net/platform.vcd") times"
for signal in m_axi_araddr_o interrupt_o run_o; do grep "^\$var .* $signal" "$net/platform.vcd" >/dev/null || fail "axi: no signal $signal"; done
done_with "${platform[@]}" --chip axi --waves 100:109 --waves-scope wd_chip_shell.u_master
[ "$(grep -c '^#' "$net/platform.vcd")" -eq 21 ] || fail "axi, a block: platform.vcd has $(grep -c '^#' "$net/platform.vcd") times"
grep '^\$var .* arvalid_o' "$net/platform.vcd" >/dev/null && ! grep '^\$var .* run_o' "$net/platform.vcd" >/dev/null || fail "axi: signals of another block"
done_with "${platform[@]}" --chip rtl --waves 100:109 --waves-scope wd_top.u_sequencer
grep '^\$scope module u_sequencer' "$net/platform.vcd" >/dev/null && ! grep '^\$scope module u_post' "$net/platform.vcd" >/dev/null || fail "rtl: signals of another block"

# A window of ten cycles has twice ten times and the end; results are those without it.
for chip in systemc rtl; do
  done_with "${platform[@]}" --chip $chip --waves 100:109
  [ "$(grep -c '^#' "$net/platform.vcd")" -eq 21 ] || fail "$chip: platform.vcd has $(grep -c '^#' "$net/platform.vcd") times"
  grep -q '^#100000$' "$net/platform.vcd" || fail "$chip: the window begins elsewhere"
  grep -q '^\$var .* busy' "$net/platform.vcd" || fail "$chip: no signals"
  figures=$(grep -vE '"(chip|seconds|cycles_per_second)"' "$net/platform.json")
  [ "$figures" = "$(cat "$work/ddr3-1600")" ] || fail "$chip: waves change results"
done

refused "--chip is 'golden', must be one of" "${platform[@]}" --chip golden
refused "--memory is 'ddr9', must be one of" "${platform[@]}" --memory ddr9
refused "--megahertz is 0, must be 1 to 10000" "${platform[@]}" --megahertz 0
refused "--outstanding is 65, must be 1 to 64" "${platform[@]}" --outstanding 65
refused "--quantum is '-1', must be a number, 0 to 1e+06" "${platform[@]}" --quantum -1
refused "--fast" "${platform[@]}" --fast
refused "--waves: the model fast has no signals; give --chip systemc, rtl or axi" "${platform[@]}" --waves 0:9
refused "--waves is 9:3, which ends before it begins" "${platform[@]}" --chip systemc --waves 9:3
refused "--waves-scope is of --waves" "${platform[@]}" --chip axi --waves-scope wd_top
refused "--outstanding is 8, the RTL of axi is built for 4" "${platform[@]}" --chip axi --outstanding 8
refused "ended before cycle 99999999" "${platform[@]}" --chip systemc --waves 0:99999999
echo '{"pes_per_group": 32}' >"$work/other.json"
mkdir "$work/missing"
mv "$net/program.wdp" "$work/missing/kept"
refused "program.wdp" "${platform[@]}"
head -c 200 "$work/missing/kept" >"$net/program.wdp"
refused "program.wdp" "${platform[@]}"
done_with compile --out "$net" --arch "$work/other.json"
refused "pes_per_group" "${platform[@]}" --chip rtl
done_with "${platform[@]}" --chip systemc
echo "platform: $run_cycles cycles with an ideal memory, $(of frame_cycles) of the other array with DDR3"
