#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy (Debian 12's version 14, .clang-tidy) over the production code. Argument: the build folder, where it
# notes what it has found clean: a folder is looked at again once one of its files, any header or the checks changed.
#
# What      a folder's files are one translation unit, since most of the time goes into the headers that they share. Files
#           that do not compile in it (two use one name for different things) are looked at alone.
# Not       tests; sources of libraries (fst_library.cpp); loops that are compiled per instruction set (*_avx2.cpp and so on); sim/rtl, on Verilator's headers.
set -euo pipefail
cd "$(dirname "$0")/.."
notes=$1/tidy
mkdir -p "$notes"
export notes
flags=(-std=c++20 -I. -isystem /usr/share/verilator/include -Isim/tlm -Isim/tlm/rtl -Iflow/library "-I$1/sim/tlm" "-I$1/flow/library" -DSC_CPLUSPLUS=201703L -DONNX_ML=1 -DONNX_NAMESPACE=onnx)
common=$({ clang-tidy --version; cat .clang-tidy cmake/check_tidy.sh
  find base hw algo compiler sim flow cli -name '*.hpp' -o -name '*.inc' -o -name '*.def' | LC_ALL=C sort | xargs cat; } | sha256sum)

# look FILE: prints what clang-tidy says of it, and fails if it says anything.
look() { clang-tidy --quiet "$1" -- "${flags[@]}" 2>/dev/null; }
# clashes UNIT: the files of it in which the compiler finds errors when they are one.
clashes() {
  clang++ -fsyntax-only -w -ferror-limit=0 "${flags[@]}" "$1" 2>&1 |
    sed -nE 's|^(\./)?([^ :]*\.cpp):[0-9]+:[0-9]+: (fatal )?error: .*|\2|p' |
    LC_ALL=C sort -u | while read -r file; do ! grep -qF "\"$file\"" "$1" || echo "$file"; done
}
check_folder() {
  local folder=$1 unit key file status=0
  local -a files clashing alone=()
  mapfile -t files < <(find "$folder" -maxdepth 1 -name '*.cpp' | LC_ALL=C sort |
    grep -vE '/fst_library\.cpp|_(test|bench|sse2|avx2|avx512|avx512_bf16|amx)\.cpp$')
  [ ${#files[@]} -gt 0 ] || return 0
  key=$({ echo "$common"; printf '%s\n' "${files[@]}"; cat "${files[@]}"; } | sha256sum | cut -c 1-32)
  unit=$notes/${folder//\//_}
  [ "$(cat "$unit.clean" 2>/dev/null)" != "$key" ] || return 0
  printf '#include "%s"\n' "${files[@]}" >"$unit.cpp"
  # The compiler alone is asked only where what it says of one of them is an error: it takes half as long as the checks.
  while status=0 && { look "$unit.cpp" >"$unit.log" || status=1; } && grep -q clang-diagnostic-error "$unit.log"; do
    mapfile -t clashing < <(clashes "$unit.cpp")
    [ ${#clashing[@]} -gt 0 ] || break
    for file in "${clashing[@]}"; do grep -vF "\"$file\"" "$unit.cpp" >"$unit.rest" || true; mv "$unit.rest" "$unit.cpp"; done
    alone+=("${clashing[@]}")
  done
  [ ${#alone[@]} -eq 0 ] || echo "$folder: looked at alone, for names that others have, too: ${alone[*]}"
  for file in "${alone[@]}"; do look "$file" >>"$unit.log" || status=1; done
  [ $status -eq 0 ] || { cat "$unit.log"; return 1; }
  echo "$key" >"$unit.clean"
}
export -f check_folder clashes look
export common
export flags_text="${flags[*]@Q}"

# The largest first, so that no core waits for another at the end.
find base hw algo compiler sim flow cli -name '*.cpp' -printf '%h\n' | grep -v '^sim/rtl$' | sort | uniq -c | sort -rn |
  awk '{print $2}' | xargs -P "$(nproc)" -I {} bash -c 'eval "flags=($flags_text)"; check_folder {}'
