#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs Verilator and puts its files together into FAST that run in every cycle and SLOW for the rest (0: those are among the fast),
# of about the same size each: FOLDER/fast0.cpp, FOLDER/slow0.cpp and so on.
# usage: cmake/verilate.sh FOLDER PREFIX FAST SLOW VERILATOR ARGUMENTS...
set -euo pipefail
folder=$1 prefix=$2 fast=$3 slow=$4
shift 4
rm -rf "$folder"  # files of before, which are not this module's any more, would be put in
mkdir -p "$folder"
"$@" --prefix "$prefix" --Mdir "$folder" --make cmake

# share KIND COUNT: the files on stdin, each line its size and name, into COUNT files, the largest first, each to the smallest so far.
share() {
  sort -k1,1nr -k2 | awk -v path="$folder/$1" -v count="$2" '
    BEGIN { for (i = 0; i < count; i++) printf "" > (path i ".cpp") }
    { least = 0
      for (i = 1; i < count; i++) if (total[i] < total[least]) least = i
      total[least] += $1
      print "#include \"" $2 "\"" > (path least ".cpp") }'
}
is_slow='__(Slow|Syms|ConstPool_[0-9]+)\.cpp$'
files() { find "$folder" -maxdepth 1 -name "$prefix*.cpp" -printf '%s %f\n'; }
if [ "$slow" -eq 0 ]; then
  files | share fast "$fast"
else
  files | { grep -vE "$is_slow" || true; } | share fast "$fast"
  files | { grep -E "$is_slow" || true; } | share slow "$slow"
fi
