#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes a file that compiles tests as one: reading Catch's and our headers takes longer than most tests. Arguments: the file, the tests.
#
# What      all their headers, then each test in a namespace of its own, so that two may use one name for different things. There,
#           its own #include lines find headers that guard themselves, and add nothing.
# Not       tests that are in a namespace of ours: they are included as they are. Lists (.def, .inc) are read where they stand.
set -euo pipefail
unit=$1
shift
{
  grep -hE '^#include' "$@" | grep -vE '\.(def|inc)"' | LC_ALL=C sort -ru  # <...> first: onnx does not bear what ours include
  for file in "$@"; do
    name=$(basename "$file" .cpp)
    if grep -E '^namespace wd' "$file" >/dev/null; then echo "#include \"$file\""
    else printf 'namespace %s {\n#include "%s"\n}\n' "$name" "$file"; fi
  done
} >"$unit.new"
mv "$unit.new" "$unit"
