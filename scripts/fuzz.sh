#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [--seconds N] [TARGET...]: builds the fuzz targets with clang and runs each for N seconds (60), all of them
# unless some are named. What they find is kept in build/fuzz/crashes, one line each here; exit status 1 if there is any.
# The corpus grows in build/fuzz/corpus from run to run. docs/fuzzing.md says what a finding is.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    -h | --help) sed -n '3,5s/^# //p' "$0"; exit 0 ;;
    -*) echo "fuzz: unknown option $1; see scripts/fuzz.sh --help" >&2; exit 1 ;;
    *) targets+=("$1"); shift ;;
  esac
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: --seconds is '$seconds', must be a whole number from 1" >&2; exit 1; }
command -v clang++ >/dev/null || { echo "fuzz: there is no clang++; run scripts/setup.sh" >&2; exit 1; }

build=build/fuzz
[ -f $build/build.ninja ] || cmake --preset fuzz >&2
cmake --build --preset fuzz >&2
mkdir -p $build/crashes $build/corpus
$build/testbench/fuzz/make_fuzz_corpus $build/seeds
if [ ${#targets[@]} -eq 0 ]; then
  for folder in "$build"/seeds/*/; do targets+=("$(basename "$folder")"); done
fi

max_bytes=65536
largest_mb=$((256 + 1024 * max_bytes / 1048576))  # memory_limit() of testbench/fuzz/target.hpp
found=0
for target in "${targets[@]}"; do
  [ -x "$build/testbench/fuzz/fuzz_$target" ] || { echo "fuzz: there is no target '$target'" >&2; exit 1; }
  mkdir -p "$build/corpus/$target"
  log=$build/$target.log
  status=0
  ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=1 "$build/testbench/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -report_slow_units=20 \
    -max_len=$max_bytes -malloc_limit_mb=$largest_mb -rss_limit_mb=$((3 * largest_mb)) -print_final_stats=1 -print_funcs=0 \
    -artifact_prefix="$build/crashes/$target-" "$build/corpus/$target" "$build/seeds/$target" >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ $status -eq 0 ]; then
    echo "fuzz: $target: ${runs:-0} executions, no finding"
  else
    found=$((found + 1))
    file=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    why=$(grep -m1 -E 'SUMMARY:|memory limit:|internal error:|runtime error:|terminate called|what\(\):|ERROR: ' "$log" || true)
    echo "fuzz: $target: FOUND ${file:-no file} (${why:-status $status}); log: $log"
  fi
done
[ $found -eq 0 ]
