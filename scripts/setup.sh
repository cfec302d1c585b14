#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing, then configures build/release. Safe to run again; needs root or
# sudo only when something is missing. With --site also what scripts/site.sh alone needs.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build pkg-config ccache                      # build
  libsystemc-dev verilator catch2 nlohmann-json3-dev           # SystemC and TLM, RTL simulation, tests, JSON
  libboost-program-options-dev zlib1g-dev                      # command line (and Boost.Math, which comes with it), IDX and checksums
  libzstd-dev                                                  # the codec benchmark's measure of comparison
  z3                                                           # proofs of hw/formal, beside Yosys
  yosys iverilog opensta qflow-tech-osu018                     # synthesis tests; gate level of hw/syn
  libjpeg62-turbo-dev libpng-dev                               # JPEG folders; CIFAR-10 sheets
  libonnx-dev libprotobuf-dev protobuf-compiler               # ONNX files
  libpagmo-dev                                                 # NSGA-II of explorations
  pybind11-dev python3-dev python3-numpy                       # the Python module
  chromium fonts-dejavu-core                                   # the test of the report's pages
  slurm-wlm                                                    # tests of studies on a cluster
  clang libclang-rt-14-dev                                     # fuzz targets
  libmpfr-dev                                                  # the formats' reference in tests
  clang-format clang-tidy                                      # tests of form
  dpkg-dev fakeroot file groff-base zsh                        # tests of packages, manual pages and completions
  dataset-fashion-mnist                                        # the main job's data
)

[ "${1:-}" != --site ] || packages+=(python3-sphinx python3-myst-parser furo)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -x installed >/dev/null || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "setup: packages are missing, and there is neither root nor sudo to install them; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
[ -f build/release/build.ninja ] || cmake --preset release >&2
