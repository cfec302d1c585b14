#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What setup.sh does for a user in a container: without root and sudo, nothing where all packages are there, and one clear line where some are not; what it
# installs as root or with sudo. With stand-ins for dpkg-query, apt-get, cmake, id and sudo, in a copy of the script's folder.
# usage: setup_test.sh
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree/scripts" "$work/bin"
cp "$(dirname "$0")/../setup.sh" "$work/tree/scripts/"
for tool in bash env dirname grep; do ln -s "$(command -v $tool)" "$work/bin/$tool"; done
stand_in() {  # name, text
  printf '#!/bin/bash\n%s\n' "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
stand_in id "echo \$USER_ID"
stand_in cmake "echo cmake \"\$@\" >>$work/calls"
stand_in apt-get "echo apt-get \"\$@\" >>$work/calls"
stand_in dpkg-query "[[ \" \$ABSENT \" == *\" \${@: -1} \"* ]] && echo not-installed || echo installed"
setup() {  # status; user and absent packages come from the environment
  local status=0
  : >"$work/calls"
  PATH=$work/bin "$work/tree/scripts/setup.sh" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$1" ] || { echo "setup.sh: status $status, not $1:" >&2; cat "$work/err" >&2; exit 1; }
}

export USER_ID=1000 ABSENT=
setup 0
[ "$(cat "$work/calls")" = "cmake --preset release" ] || { cat "$work/calls" >&2; exit 1; }

export ABSENT="z3 verilator"
setup 1
[ ! -s "$work/calls" ]
[ "$(cat "$work/err")" = "setup: packages are missing, and there is neither root nor sudo to install them; as root: apt-get install --no-install-recommends verilator z3" ] ||
  { cat "$work/err" >&2; exit 1; }

export USER_ID=0
setup 0
grep -qx 'apt-get install -y -qq --no-install-recommends verilator z3' "$work/calls"

export USER_ID=1000
stand_in sudo "echo sudo >>$work/calls; exec \"\$@\""
setup 0
[ "$(grep -c '^sudo$' "$work/calls")" -eq 2 ]
grep -qx 'apt-get install -y -qq --no-install-recommends verilator z3' "$work/calls"
echo "setup: asks for nothing that it does not need"
