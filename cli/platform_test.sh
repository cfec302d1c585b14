#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The chip in a system, by the command: every model and memory, waves of a window, and what is refused.
# usage: platform_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2 imagenet=$(dirname "$0")/../hw/arch/imagenet.json
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
faulted() { # faulted CAUSE EXPECTED ARGS: as refused, but platform.json has the fault in place of figures
  local cause=$1 expected=$2 status=0
  shift 2
  echo '{"frame_cycles": 1}' >"$net/platform.json" # of a run before
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "ended with fault $cause $expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
  grep -q "\"cause\": \"$cause\"" "$net/platform.json" && ! grep -q frame_cycles "$net/platform.json" || fail "$*: platform.json is $(cat "$net/platform.json")"
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
    figures=$(grep -vE '"(chip|seconds|cycles_per_second|cycles_per_cpu_second)"' "$net/platform.json")
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
done_with "${platform[@]}" --chip axi
grep -vE '"(chip|seconds|cycles_per_second|cycles_per_cpu_second)"' "$net/platform.json" >"$work/axi-ddr3"
done_with "${platform[@]}" --chip fast --bus-registers
figures=$(grep -vE '"(chip|seconds|cycles_per_second|cycles_per_cpu_second)"' "$net/platform.json")
[ "$figures" = "$(cat "$work/axi-ddr3")" ] || fail "fast, bus registers: other figures than axi's behind DDR3"

# Waves count cycles of the clock from the reset on, over all programs: a window of ten cycles has twice ten times and the end. Results stay the same.
times() { grep -c '^#' "$net/platform.vcd"; }
changes() { # changes SIGNAL: the values that a one-bit signal has, in order
  local id
  id=$(sed -n "s/^\\\$var wire *1 \\([^ ]*\\) $1 .*/\\1/p" "$net/platform.vcd" | sed -n 1p)
  [ -n "$id" ] || fail "platform.vcd has no signal $1"
  grep -x "[01]${id//\*/\\*}" "$net/platform.vcd" | cut -c1 | tr -d '\n' || true
}
for chip in systemc rtl; do
  done_with "${platform[@]}" --chip $chip
  start=$(($(of first_frame_start) + 100))
  done_with "${platform[@]}" --chip $chip --waves $start:$((start + 9))
  [ "$(times)" -eq 21 ] || fail "$chip: platform.vcd has $(times) times"
  grep -q "^#${start}000$" "$net/platform.vcd" || fail "$chip: the window begins elsewhere"
  grep -q '^\$var .* busy' "$net/platform.vcd" || fail "$chip: no signals"
  figures=$(grep -vE '"(chip|seconds|cycles_per_second|cycles_per_cpu_second)"' "$net/platform.json")
  [ "$figures" = "$(cat "$work/ddr3-1600")" ] || fail "$chip: waves change results"
  second=$(($(of first_frame_interrupt) + ($(of first_frame_interrupt) - start) / 2)) # in the second frame
  done_with "${platform[@]}" --chip $chip --waves $second:$((second + 9))
  [ "$(times)" -eq 21 ] || fail "$chip: platform.vcd of the second frame has $(times) times"
done
done_with "${platform[@]}" --chip rtl --waves $start:$((start + 9)) --waves-scope wd_top.u_sequencer
grep '^\$scope module u_sequencer' "$net/platform.vcd" >/dev/null && ! grep '^\$scope module u_post' "$net/platform.vcd" >/dev/null || fail "rtl: signals of another block"
done_with "${platform[@]}" --chip axi --waves 0:20 # the reset
[ "$(changes rst_ni)" = 01 ] || fail "axi: rst_ni has the values $(changes rst_ni)"
start=$(of load_start)
done_with "${platform[@]}" --chip axi --waves $((start - 20)):$((start + 20)) # what the host writes in front of the load
changes s_axil_awvalid_i | grep '1.*01' >/dev/null || fail "axi: no writes of registers, s_axil_awvalid_i has the values $(changes s_axil_awvalid_i)"
end=$(of first_frame_interrupt)
done_with "${platform[@]}" --chip axi --waves $((end - 5)):$((end + 5))
[ "$(changes interrupt_o)" = 01 ] || fail "axi: interrupt_o has the values $(changes interrupt_o) around cycle $end"
for signal in m_axi_araddr_o run_o; do grep "^\$var .* $signal" "$net/platform.vcd" >/dev/null || fail "axi: no signal $signal"; done
done_with "${platform[@]}" --chip axi --waves $((end - 9)):$end --waves-scope wd_chip_shell.u_master
[ "$(times)" -eq 21 ] || fail "axi, a block: platform.vcd has $(times) times"
grep '^\$var .* arvalid_o' "$net/platform.vcd" >/dev/null && ! grep '^\$var .* run_o' "$net/platform.vcd" >/dev/null || fail "axi: signals of another block"

done_with "${platform[@]}"
[ ! -e "$net/platform.vcd" ] || fail "signals of another call stay beside the figures"

# Every fault can be seen, with its cause, instruction and address; all models tell the same.
listed() { sed -n "s/^  $1.*; \([0-9]*\)\$/\1/p" "$net/program.txt" | sed -n "$2p"; } # listed INSTRUCTION NTH: its row
first=$(listed 'LOAD_WEIGHTS .*mem_addr=0 .*coded=1' 1) halt=$(listed HALT 2)
input=$(listed LOAD_TENSOR 1) scores=$(listed STORE_SCORES 1)
input_beat=$(sed -n 's/^  LOAD_TENSOR .*mem_addr=\([0-9]*\).*/\1/p' "$net/program.txt" | sed -n 1p)
score_beat=$(sed -n 's/^  STORE_SCORES .*mem_addr=\([0-9]*\).*/\1/p' "$net/program.txt" | sed -n 1p)
[ -n "$input_beat" ] && [ -n "$score_beat" ] && [ -n "$first" ] && [ -n "$halt" ] || fail "program.txt: no coded burst at 0 or no HALT: $(cat "$net/program.txt")"
for chip in fast systemc rtl axi; do
  faulted watchdog "of instruction" "${platform[@]}" --chip $chip --memory ideal --latency 22 --watchdog 50
  [ "$(of cycles)" = 50 ] || fail "$chip: the watchdog's fault is in cycle $(of cycles)"
  faulted bus_error "of instruction $first, beat 0" "${platform[@]}" --chip $chip --bus-error 3
  faulted bus_error "of instruction $input, beat $input_beat" "${platform[@]}" --chip $chip --bus-error $((16 * input_beat))
  faulted bus_error "of instruction $scores, beat $score_beat" "${platform[@]}" --chip $chip --bus-error $((16 * score_beat))
  faulted illegal_opcode "of instruction $halt" "${platform[@]}" --chip $chip --damage opcode
  faulted instruction_address "of instruction 255" "${platform[@]}" --chip $chip --damage end
  faulted stream_error "of instruction $first" "${platform[@]}" --chip $chip --damage stream
  faulted address_outside "of instruction $halt, row 256" "${platform[@]}" --chip $chip --damage row
done
# A watchdog of as many cycles as a frame takes stops it in every model, one more does not.
one=(platform --out "$net" --data random)
for chip in fast systemc rtl axi; do
  done_with "${one[@]}" --chip $chip --memory ideal
  cycles=$(of frame_cycles)
  load=$(of load_cycles)
  [ "${cycles%.*}" -gt "${load%.*}" ] || fail "$chip: a load of $load cycles, a frame of $cycles"
  faulted watchdog "of instruction" "${one[@]}" --chip $chip --memory ideal --watchdog "${cycles%.*}"
  done_with "${one[@]}" --chip $chip --memory ideal --watchdog $((${cycles%.*} + 1))
done
# Signals up to a fault are there; of a window behind it there are none, and the fault is told.
for chip in systemc rtl axi; do
  rm -f "$net/platform.vcd"
  faulted watchdog "of instruction" "${platform[@]}" --chip $chip --memory ideal --watchdog 50 --waves 0:99999999
  grep -q "platform.vcd has the signals to there, cycle $(of end)" "$work/stderr" || fail "$chip: $(cat "$work/stderr")"
  [ "$(sed -n 's/^#//p' "$net/platform.vcd" | tail -n 1)" -ge "$((1000 * $(of end)))" ] || fail "$chip: platform.vcd ends before the fault"
  rm -f "$net/platform.vcd"
  faulted watchdog "of instruction" "${platform[@]}" --chip $chip --memory ideal --watchdog 50 --waves 9999999:99999999
  grep -q "cycle $(of end), before any of --waves 9999999:99999999" "$work/stderr" && [ -z "$(find "$net" -name '*vcd*')" ] || fail "$chip: $(cat "$work/stderr")"
done
done_with "${platform[@]}" --watchdog 1000000
refused "--bus-error is 99999999, the program's memory has bytes 0 to" "${platform[@]}" --bus-error 99999999
refused "--watchdog is 0, must be 1 to" "${platform[@]}" --watchdog 0

refused "--chip is 'golden', must be one of" "${platform[@]}" --chip golden
refused "--memory is 'ddr9', must be one of" "${platform[@]}" --memory ddr9
refused "--megahertz is 0, must be 1 to 10000" "${platform[@]}" --megahertz 0
refused "--outstanding is 65, must be 1 to 64" "${platform[@]}" --outstanding 65
refused "--quantum is '-1', must be a number, 0 to 1e+06" "${platform[@]}" --quantum -1
refused "--fast" "${platform[@]}" --fast
refused "--waves: the model fast has no signals; give --chip systemc, rtl or axi" "${platform[@]}" --waves 0:9
refused "--waves is 9:3, which ends before it begins" "${platform[@]}" --chip systemc --waves 9:3
refused "the SystemC model has no signals in the first 1 level from chip.core.top down; raise --waves-depth" "${platform[@]}" --chip systemc --waves 0:9 --waves-depth 1
refused "--waves-scope is of --waves" "${platform[@]}" --chip axi --waves-scope wd_top
refused "--outstanding is 8, the RTL of axi is built for 4" "${platform[@]}" --chip axi --outstanding 8
done_with "${platform[@]}" --chip systemc
end=$(of end)
refused "--waves 0:99999999: the simulation has $end cycles; give at most 0:$((end - 1))" "${platform[@]}" --chip systemc --waves 0:99999999
refused "--quantum: the model rtl never runs ahead" "${platform[@]}" --chip rtl --quantum 1
refused "--no-dmi: the model axi has no direct access" "${platform[@]}" --chip axi --memory ideal --no-dmi
refused "--no-dmi: ddr3-1600 gives no direct access" "${platform[@]}" --no-dmi
refused "--bus-registers: axi is the chip" "${platform[@]}" --chip axi --bus-registers
refused "the RTL has no block 'wd_tops'; give one of wd_arch_pkg, wd_chip_shell, wd_top" "${platform[@]}" --chip axi --waves 0:9 --waves-scope wd_tops
echo '{"pes_per_group": 32}' >"$work/other.json"
mkdir "$work/missing"
mv "$net/program.wdp" "$work/missing/kept"
refused "program.wdp" "${platform[@]}"
head -c 200 "$work/missing/kept" >"$net/program.wdp"
refused "program.wdp" "${platform[@]}"
done_with compile --out "$net" --arch "$work/other.json"
refused "pes_per_group" "${platform[@]}" --chip rtl
refused "; the RTL chip with its AXI buses is built for the arrays {} {\"pes_per_group\":16}; give --chip systemc or fast" "${platform[@]}" --chip axi
done_with compile --out "$net" --arch "$imagenet"
refused "; others with cmake -DWD_RTL_ARCHS=FILES, as for --arch; give --chip systemc or fast" "${platform[@]}" --chip rtl
done_with compile --out "$net" --arch "$work/other.json" --no-huffman
refused "--damage stream: the program has no coded weights" "${platform[@]}" --damage stream
refused "--weigh-cycles changes nothing under --no-huffman" compile --out "$net" --no-huffman --weigh-cycles
echo '{"pes_per_group": 32, "decoders": 0}' >"$work/rows.json"
for option in --no-huffman --no-on-chip-signs --weigh-cycles; do
  refused "$option changes nothing for a chip with 'decoders' 0" compile --out "$net" --arch "$work/rows.json" $option
done
refused "--no-on-chip-signs changes nothing under --no-huffman" compile --out "$net" --no-huffman --no-on-chip-signs
done_with "${platform[@]}" --chip systemc
echo "platform: $run_cycles cycles with an ideal memory, $(of frame_cycles) of the other array with DDR3"
