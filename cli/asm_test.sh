#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# objdump and asm: the program of a network with random masks comes back byte for byte and runs; a changed one is what was changed;
# refusals leave nothing.
# usage: asm_test.sh WHITEDWARF CONFIG     CONFIG: a small network's training configuration
set -eu
bin=$1 config=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
refused() { # refused EXPECTED_TEXT ARGUMENTS...: status 1 and one line with the text, nothing on standard output, no folder
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
  [ ! -e "$work/refused" ] || fail "$*: left a folder"
}

done_with sizes --config "$config" --model --out "$work/net"
done_with compress --out "$work/net"
done_with compile --out "$work/net"
"$bin" objdump --out "$work/net" >"$work/net.asm"
done_with asm --file "$work/net.asm" --out "$work/again"
cmp "$work/net/program.wdp" "$work/again/program.wdp" || fail "another program came back"
done_with cosim --out "$work/again" --data random --engines golden,fast --cosim-images 1

# The listing of compile is the part of objdump's text between meta data and memory.
grep -v '^\.' "$work/net.asm" | sed -n '/^load:/,/^$/p' | sed '/^$/d' | cmp - "$work/net/program.txt" || fail "two listings"
"$bin" objdump --out "$work/net" --no-memory | cmp -s - <(sed -E '/^\.(weights|beats)/,$d' "$work/net.asm" | sed '$d') || fail "--no-memory"
"$bin" objdump --out "$work/net" --json | grep '"op": "CONV"' >/dev/null || fail "no instructions in JSON"

# Without its activation, the last layer but one is another program.
sed '0,/ relu=1 /s// relu=0 /' "$work/net.asm" >"$work/changed.asm"
done_with asm --file "$work/changed.asm" --out "$work/changed"
cmp -s "$work/net/program.wdp" "$work/changed/program.wdp" && fail "a change was lost"
"$bin" objdump --out "$work/changed" | cmp - "$work/changed.asm" || fail "the changed text does not come back"

line=$(grep -n ' CONV ' "$work/net.asm" | sed -n 1p | cut -d: -f1)
sed "${line}s/planes=./planes=4/" "$work/net.asm" >"$work/bad.asm"
refused "bad.asm:$line: CONV: field 'planes' is '4', must be a whole number, 1 to 3" asm --file "$work/bad.asm" --out "$work/refused"
# An image that is not the tensor that the program loads.
sed 's/^\.meta patch 4$/.meta patch 2/' "$work/net.asm" >"$work/bad.asm"
refused "make 196 beats a frame, input_beats is 49; change the ones or the other" asm --file "$work/bad.asm" --out "$work/refused"
refused "--file is missing" asm --out "$work/refused"
refused "none.asm" asm --file "$work/none.asm" --out "$work/refused"
refused "the folder holds a compiled program, which would be replaced; choose another --out" asm --file "$work/net.asm" --out "$work/net"
refused "program.wdp: no such file" objdump --out "$work/refused"

# check: a program, its text, and what a missing WAIT lets a convolution read too early.
done_with check --out "$work/net"
grep -q "^instructions  *$(grep -c '^  ' "$work/net/program.txt"), of these" "$work/stdout" || fail "check: $(cat "$work/stdout")"
done_with check --file "$work/net.asm"
frame=$(grep -n '^frame:' "$work/net.asm" | cut -d: -f1)
wait_line=$(tail -n "+$frame" "$work/net.asm" | grep -n '^  WAIT' | sed -n 1p | cut -d: -f1)
wait_line=$((frame + wait_line - 1))
sed "${wait_line}d" "$work/net.asm" >"$work/bad.asm"
refused "bad.asm:" check --file "$work/bad.asm"
head -c 100 "$work/net/program.wdp" >"$work/short.wdp"
refused "short.wdp" check --file "$work/short.wdp"
echo "objdump and asm: $(wc -l <"$work/net.asm") lines"
