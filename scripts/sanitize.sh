#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests with GCC's sanitizers, in build/asan or build/tsan.
# usage: scripts/sanitize.sh address [CTEST ARGUMENTS...]    all regular tests with AddressSanitizer and UndefinedBehaviorSanitizer,
#                                                            checks of form and of foreign tools left out
#        scripts/sanitize.sh thread [FOLDER...]              ThreadSanitizer on the tests of folders whose code runs on several threads:
#                                                            thread pool, loaders, layers, trainings, fast simulator, studies
# Examples: scripts/sanitize.sh address -R '^algo'    scripts/sanitize.sh thread base algo/train
set -euo pipefail
usage() { sed -n '4,9s/^# \{0,1\}//p' "$0"; }
kind=${1:-}
case $kind in
  address) preset=asan ;;
  thread) preset=tsan ;;
  -h | --help) usage && exit 0 ;;
  *) echo "sanitize: '$kind' is neither address nor thread; see scripts/sanitize.sh --help" >&2 && exit 1 ;;
esac
shift
cd "$(dirname "$0")/.."
folders=(base algo/{data,layers,optimize,supermask,reservoir,executor,quantize,train,compress} sim flow)
if [ $kind = thread ]; then
  for folder in "$@"; do
    [[ " ${folders[*]} " == *" $folder "* ]] || { echo "sanitize: '$folder' is none of ${folders[*]}" >&2 && exit 1; }
  done
  [ $# -eq 0 ] || folders=("$@")
fi
scripts/setup.sh
cmake --preset $preset >&2
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
if [ $kind = address ]; then
  cmake --build --preset $preset >&2
  exec ctest --test-dir build/$preset --output-on-failure -j"$(nproc)" -LE study \
    -E '^(tidy|format|layering|layering.fails|rtl.lint|rtl.synthesis.*|syn\..*|report.browser|cli.slurm)$' "$@"
fi
programs=()
for folder in "${folders[@]}"; do programs+=("$folder/${folder//\//_}_tests"); done
cmake --build --preset $preset --target "${programs[@]}" >&2
failed=0
for program in "${programs[@]}"; do
  echo "sanitize: $program"
  "build/$preset/$program" || failed=1
done
exit $failed
