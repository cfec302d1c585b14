#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs into a folder of its own and moves that: the demonstration runs there, nothing in it names the tree, and manual pages
# and completions are there. Other tests build their projects against what this one leaves.
# usage: install_test.sh BUILD_FOLDER PREFIX     PREFIX: made anew
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
build=$1 prefix=$2
tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }

rm -rf "$prefix" "$prefix.first"
cmake --install "$build" --prefix "$prefix.first" >"$work/log" || fail "cmake --install: $(tail -n 3 "$work/log")"
mv "$prefix.first" "$prefix"
python3 "$tree/scripts/packaging/tiny_job.py" "$work"
(cd "$work" && "$tree/scripts/packaging/small_demo.sh" "$prefix/bin/whitedwarf" "$work" >/dev/null)
# Synthesis from the RTL, the scripts and the benches of the installation, where the tools are there.
liberty=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
if [ -f "$liberty" ] && command -v yosys >/dev/null && command -v sta >/dev/null && command -v iverilog >/dev/null; then
  (cd "$work" && "$prefix/bin/whitedwarf" characterize --liberty "$liberty" --block instr_memory --cycles 100 --out table.json --quiet >/dev/null)
  grep '"instr_memory"' "$work/table.json" >/dev/null || fail "characterize made no table of the block"
fi

# Texts of the installation name neither the tree nor where it was first.
! grep -rIlF -e "$tree" -e "$prefix.first" "$prefix" || fail "these files name folders"
[ "$("$prefix/bin/whitedwarf" --version)" = "whitedwarf $(sed -nE 's/^project\(WhiteDwarf VERSION ([0-9.]+).*/\1/p' "$tree/CMakeLists.txt")" ] || fail "another version"
# What a public header includes is installed, or not ours.
while read -r header; do [ -f "$prefix/include/$header" ] || fail "$header is included and not installed"; done < <(
  grep -rhoE '#include ["<](whitedwarf/)?[a-z_]+\.hpp[">]' "$prefix/include" | sort -u | sed -E 's/.*["<](.*)[">]/\1/')
! grep -rn '#include "' "$prefix/include" || fail "an installed header includes what only the tree has"

"$prefix/bin/whitedwarf" help --json | grep -oE '"command": "[a-z ]+"' | sed -E 's/.*: "(.*)"/\1/; s/ /-/g' | sort >"$work/commands"
[ -s "$work/commands" ]
(cd "$prefix/share/man/man1" && printf '%s\n' whitedwarf-*.1) | sed -E 's/^whitedwarf-(.*)\.1$/\1/' | sort | diff "$work/commands" - || fail "pages are not those of the commands"
for file in man/man1/whitedwarf.1 bash-completion/completions/whitedwarf zsh/vendor-completions/_whitedwarf whitedwarf/hw/rtl/wd_top.sv \
  whitedwarf/hw/gen/wd_arch_pkg.sv whitedwarf/hw/syn/block.py whitedwarf/hw/power/sg13g2.json whitedwarf/algo/studies/ablation.json \
  whitedwarf/scripts/fetch_cifar10.sh doc/whitedwarf/copyright doc/whitedwarf/docs/install.md; do
  [ -s "$prefix/share/$file" ] || fail "$file is not installed"
done
[ -z "$(find "$prefix" -name '*.cpp' -o -name __pycache__)" ] || fail "files that nobody needs are installed"
