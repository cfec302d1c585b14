#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plants what check_layering.sh must refuse in a copy of the tree's C++, one by one, and looks for the names in its output.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$root" && find . \( -path './build*' -o -path './.*' \) -prune -o \
  -type f \( -name '*.[chi]pp' -o -name '*.h' -o -name '*.inc' -o -name '*.def' -o -name layering.txt \) -print0 |
  xargs -0 cp --parents -t "$work")
check() { "$root/cmake/check_layering.sh" "$work" >"$work/log"; }
planted=()
restore() {
  local file
  for file in "${planted[@]}"; do
    if [ -e "$root/$file" ]; then cp "$root/$file" "$work/$file"; else rm -r "${work:?}/$file"; fi
  done
  planted=()
}
# refused WHAT NAMES...: the check fails and its output holds every name.
refused() {
  local what=$1 name
  shift
  if check; then echo "$what: accepted"; exit 1; fi
  for name in "$@"; do
    grep -qF -- "$name" "$work/log" || { echo "$what: '$name' is not in:"; cat "$work/log"; exit 1; }
  done
  restore
}
append() { planted+=("$1"); echo "$2" >>"$work/$1"; }
include() { append "$1" "#include \"$2\""; }
table() { planted+=(cmake/layering.txt); sed -i "$1" "$work/cmake/layering.txt"; }

check || { cat "$work/log"; exit 1; }

include base/error.hpp algo/train/trainer.hpp
refused 'an upward include' 'base/error.hpp:' 'algo/train/trainer.hpp'

include algo/layers/pool.hpp algo/supermask/threshold.hpp
include algo/supermask/threshold.hpp algo/layers/pool.hpp
refused 'a circle of two files' 'algo/layers/pool.hpp:' 'algo/supermask/threshold.hpp:'

include algo/layers/pool.hpp algo/supermask/threshold.hpp
include algo/supermask/threshold.hpp algo/layers/pool.hpp
table 's#^algo/layers:#& algo/supermask#; s#^algo/supermask:#& algo/layers#'
refused 'a circle that the table allows' 'algo/layers/pool.hpp:' 'a circle: algo/layers names algo/supermask'

include sim/engine.hpp testbench/fuzz/seeds.hpp
refused 'production on testbench' 'sim/engine.hpp:' 'testbench/fuzz/seeds.hpp'
include cli/main.cpp testbench/fuzz/seeds.hpp
refused 'a command on testbench' 'cli/main.cpp:' 'testbench/fuzz/seeds.hpp'
include base/files_test.cpp testbench/fuzz/seeds.hpp
refused 'a unit test on testbench' 'base/files_test.cpp:' 'testbench/fuzz/seeds.hpp'

mkdir "$work/sim/other"
touch "$work/sim/other/engine.cpp"
planted+=(sim/other)
refused 'a folder without a row' 'sim/other: no row in cmake/layering.txt'
table '$a sim/gone: base'
refused 'a row without a folder' 'sim/gone holds no C++'

include sim/golden.cpp golden.hpp
refused 'an include that is not from the root' 'sim/golden.cpp:' 'golden.hpp'
append base/files.cpp '#  include <algo/train/trainer.hpp>'
refused 'angle brackets' 'base/files.cpp:' 'algo/train/trainer.hpp'
include base/json.hpp algo/nowhere/json.hpp
refused 'a folder that is not there' 'base/json.hpp:' 'no such folder'
check
echo 'every planted include was refused'
