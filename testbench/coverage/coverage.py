#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Coverage of the RTL: which lines, bits and cover points the block benches and random programs on a small array reach.

examples:
  scripts/coverage.sh                   builds build/coverage, runs, prints a table per module; status 1 below a target
  scripts/coverage.sh --only dma        of the tests, those with 'dma' in the name, and what is kept of others
  scripts/coverage.sh --no-build        with the programs that are there

What a test has reached is kept in build/coverage/reached under a hash of its program and arguments: after a change only what it
reaches is run again, and a call that was stopped goes on. build/coverage/uncovered.txt lists what is not reached.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from points import TARGETS, Bad, apply_waivers, below, read_data, read_functional, table, uncovered

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTS = re.compile(r"rtl\..*|coverage\..*")
# Foreign tools; the cores of other arrays; other forms (gates as cells, other numbers of decoders) of modules that are there; rules of the bus, which are no design.
NOT = re.compile(r"rtl\.(lint|clock_edges|synthesis.*|core|core_memory|fp_mpfr|axi_rules|walker_pe_.*_gated|walker_pe_latch|decoder_(8|16|32))")


def options():
    parser = argparse.ArgumentParser(prog="coverage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="programs at once, and compilers (2)")
    parser.add_argument("--limit", type=int, default=1800, help="seconds that a test may take (1800)")
    parser.add_argument("--only", default="", help="tests with this in their names; of others what is kept")
    parser.add_argument("--no-build", action="store_true", help="take the programs that are there")
    for kind, target in TARGETS.items():
        parser.add_argument(f"--{kind}", type=float, default=target, help=f"target in percent ({target:g})")
    chosen = parser.parse_args()
    if chosen.jobs < 1 or chosen.limit < 1:
        parser.error("--jobs and --limit are at least 1")
    for kind in TARGETS:
        if not 0 <= getattr(chosen, kind) <= 100:
            parser.error(f"--{kind} is a percentage, not {getattr(chosen, kind):g}")
    return chosen


def run(command, **more):
    if subprocess.run(command, **more).returncode != 0:
        raise Bad(f"failed: {' '.join(map(str, command))}")


def configure(build):
    run(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DWD_COVERAGE=ON"], stdout=sys.stderr)


def tests_of(build):
    """{name: command} of the tests that are run; a program that is not built has none."""
    listed = json.loads(subprocess.check_output(["ctest", "--test-dir", build, "--show-only=json-v1"], stderr=subprocess.DEVNULL))["tests"]
    return {t["name"]: t.get("command") for t in listed if TESTS.fullmatch(t["name"]) and not NOT.fullmatch(t["name"])}


def target_of(name):
    """The program of a test, as cmake/WdAddTest.cmake and CMakeLists.txt name it."""
    return "coverage_programs" if name.startswith("coverage.") else name.replace(".", "_") + "_test"


def key_of(command):
    key = hashlib.sha256(Path(command[0]).read_bytes())
    key.update("\0".join(command[1:]).encode())
    return key.hexdigest()[:24]


def reach(command, kept, limit):
    """Runs a test; what it has reached is in the folder `kept` when it has passed. Returns seconds."""
    new = kept.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    begin = time.monotonic()
    try:
        done = subprocess.run(command, env=os.environ | {"WD_COVERAGE_FOLDER": str(new)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
    except subprocess.TimeoutExpired:
        raise Bad(f"took more than {limit} seconds; see --limit") from None
    if done.returncode != 0:
        raise Bad("failed:\n" + done.stdout.decode(errors="replace")[-2000:])
    if not list(new.glob("*.dat")):
        raise Bad("left no data; is it built with WD_COVERAGE?")
    data = sorted(new.glob("*.dat"))
    run(["verilator_coverage", "--write", new / "merged", *data])
    for path in data:
        path.unlink()
    (new / "merged").rename(new / "merged.dat")
    new.rename(kept)
    return time.monotonic() - begin


def reach_all(tests, chosen, build):
    """Folders with what tests have reached, and the names of those that failed."""
    folder = build / "reached"
    folders = {name: folder / key_of(command) for name, command in tests.items() if command}
    lacking = [name for name in tests if name not in folders]
    if lacking:
        raise Bad(f"{len(lacking)} programs are not built, {lacking[0]}'s among them; call without --no-build")
    todo = [name for name in tests if not folders[name].is_dir() and chosen.only in name]
    todo.sort(key=lambda name: not name.startswith("coverage."))  # what takes longest first
    failed, begin = [], time.monotonic()
    with ThreadPoolExecutor(chosen.jobs) as pool:
        running = {pool.submit(reach, tests[name], folders[name], chosen.limit): name for name in todo}
        for done, future in enumerate(as_completed(running), 1):
            name = running[future]
            passed = time.monotonic() - begin
            left = passed / done * (len(todo) - done)
            try:
                said = f"{future.result():.0f} s"
            except Bad as bad:
                failed.append(name)
                said = str(bad)
            print(f"coverage: {done} of {len(todo)}, {name}: {said}; about {left:.0f} s left", file=sys.stderr, flush=True)
    known = {path for path in folders.values() if path.is_dir()}
    for path in folder.iterdir() if folder.is_dir() else []:
        if path not in known and path not in folders.values():
            shutil.rmtree(path)  # of programs of before
    return sorted(known), failed


def main():
    chosen = options()
    build = ROOT / "build" / "coverage"
    if not chosen.no_build:
        configure(build)
    tests = tests_of(build)
    if not tests:
        raise Bad(f"{build} has no tests; call without --no-build")
    if not chosen.no_build:
        targets = sorted(set(map(target_of, tests)))
        run(["cmake", "--build", build, "-j", str(chosen.jobs), "--target", *targets], stdout=sys.stderr)
        tests = tests_of(build)
    folders, failed = reach_all(tests, chosen, build)
    if not folders:
        raise Bad("no test has left data")
    merged = build / "merged.dat"
    run(["verilator_coverage", "--write", merged, *(folder / "merged.dat" for folder in folders)])
    modules = read_data(merged)
    read_functional([path for folder in folders for path in sorted(folder.glob("*.points"))], modules)
    apply_waivers(HERE / "waivers.txt", modules, ROOT / "hw" / "rtl")
    print(table(modules), end="")
    (build / "uncovered.txt").write_text(uncovered(modules))
    print(f"\nnot reached: {build.relative_to(ROOT)}/uncovered.txt")
    problems = below(modules, {kind: getattr(chosen, kind) for kind in TARGETS})
    problems += [f"{name} failed" for name in failed]
    for problem in problems:
        print(f"coverage: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Bad as bad:
        print(f"coverage: {bad}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("coverage: stopped; the same call goes on", file=sys.stderr)
        sys.exit(130)
