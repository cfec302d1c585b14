#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Help in all its forms is of one table: what `--help`, manual pages and completions list is what `help --json` declares; pages format
# without a warning; bash and zsh complete commands, options, words, lists and files; --quiet, --verbose and --color.
# usage: help_test.sh WHITEDWARF
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
refused() { # refused EXPECTED ARGUMENTS
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -F -- "$expected" "$work/stderr" >/dev/null ||
    fail "$*: status $status, expected '$expected', got $(cat "$work/stderr")"
}

"$bin" help --json >"$work/table"
"$bin" help --man "$work/man"
"$bin" --help >"$work/usage"
for words in help -h; do "$bin" $words | cmp - "$work/usage"; done
python3 - "$bin" "$work" <<'EOF'
import json, re, subprocess, sys
binary, work = sys.argv[1:]
def text(*words): return subprocess.run([binary, *words], capture_output=True, check=True, text=True).stdout
usage = open(work + "/usage").read()
for table in json.load(open(work + "/table")):
    command = table["command"]
    assert re.search(rf"^  {command} ", usage, re.M), command
    shown = text(*command.split(), "--help")
    assert shown == text("help", *command.split()) == text(*command.split(), "-h"), command
    assert max(map(len, shown.split("Examples")[0].splitlines())) <= 80, command
    page = open(f"{work}/man/whitedwarf-{command.replace(' ', '-')}.1").read().replace("\\-", "-").replace("\\:", "")
    listed = re.findall(r"^  (?:-h, )?--([a-z0-9-]+)(?: (\S+))?", shown, re.M)
    assert [name for name, _ in listed] == [option["name"] for option in table["options"]], command
    assert re.findall(r"^\\fB(?:-h, )?--([a-z0-9-]+)", page, re.M) == [name for name, _ in listed], command
    for (name, value), option in zip(listed, table["options"]):
        assert (value == "") == (option["takes"] == "nothing"), (command, name, value)
        if "called" in option: assert value.split(",...")[0] in option["called"], (command, name, value)
        if option["several"]: assert value.endswith(",..."), (command, name, value)
        for word in option.get("words", []): assert word in re.sub(r",\n +", ",", shown), (command, name, word)
assert max(map(len, usage.splitlines())) <= 80
EOF
[ "$("$bin" power --help | grep -cE '^  --(voltage V|clock MHz) ')" -eq 2 ] || fail "power: no units"
refused "'bake' is not a command" help bake
refused "bench: 'speed' is unknown; it can be train or codec" help bench speed
refused "'quick' is one word too many" help train quick
refused "help --completion is 'fish', must be one of bash,zsh" help --completion fish
refused "names the folder" help --man
refused "help --man: $work/usage/x cannot be made (Not a directory)" help --man "$work/usage/x"
for command in objdump check asm compile power cosim report; do refused "unrecognised option '--threads'" $command --threads 2; done
refused "unrecognised option '--out'" bench codec --out x

if command -v groff >/dev/null; then
  for page in "$work"/man/*.1; do
    groff -man -Tutf8 -wall -ww "$page" >"$work/formatted" 2>"$work/stderr" || fail "$page"
    [ ! -s "$work/stderr" ] || fail "$page: $(cat "$work/stderr")"
    [ -s "$work/formatted" ] || fail "$page is empty"
  done
fi

# What bash answers at the end of a line.
"$bin" help --completion bash >"$work/bash"
cat >"$work/ask" <<'EOF'
source "$1"
compopt() { :; }  # outside of a completion there is nothing to set
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_whitedwarf
printf '%s\n' "${COMPREPLY[@]}"
EOF
mkdir "$work/place"
touch "$work/place/a file.json"
mkdir "$work/place/folder"
answers() { # answers EXPECTED WORDS...
  local expected=$1 got
  shift
  got=$(cd "$work/place" && bash "$work/ask" "$work/bash" whitedwarf "$@" | paste -sd ' ')
  [ "$got" = "$expected" ] || fail "bash: '$*' is answered with '$got', not '$expected'"
}
answers "compress compile" comp
answers "train" help tra
answers "train codec" bench ""
answers "--steps" bench train --st
answers "--engines" run --en
answers "golden" run --engines g
answers "golden,fast" run --engines golden,f
answers "systemc" run --engines = s
answers "fp16 fp8" compress --norms ""
answers "a file.json folder" train --config ""
answers "folder" run --data ""
answers "folder" report ""
answers "a file.json folder" study ""
answers "" run --images 3
answers "" bake --o
"$bin" help --completion zsh >"$work/_whitedwarf"
if command -v zsh >/dev/null; then
  zsh -n "$work/_whitedwarf" || fail "zsh does not read its completion"
  python3 "$(dirname "$0")/ask_zsh.py" "$work" "$work/place" || fail "zsh"
fi

# Messages: none, plain, with times; errors are always told.
(cd "$work" && "$bin" sizes --net conv2 --dataset cifar10 --model --out net >/dev/null 2>&1)
"$bin" compress --out "$work/net" --quiet >/dev/null 2>"$work/stderr"
[ ! -s "$work/stderr" ] || fail "--quiet: $(cat "$work/stderr")"
"$bin" compress --out "$work/net" --verbose >/dev/null 2>"$work/stderr"
grep -E '^\[ +[0-9.]+ s\] done; [0-9.]+ s of the processors, [0-9]+ MiB of memory at most$' "$work/stderr" >/dev/null || fail "--verbose: $(cat "$work/stderr")"
refused "--quiet and --verbose exclude each other" compress --quiet --verbose
refused "error: $work/none" compress --out "$work/none" --quiet
refused "--color is 'red', must be one of auto,always,never" compress --color red
for color in auto never; do
  refused "error: $work/none" compress --out "$work/none" --color $color
done
refused $'\033[1;31merror:\033[0m '"$work/none" compress --out "$work/none" --color always
