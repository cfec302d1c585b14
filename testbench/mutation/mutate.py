#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation campaign: changes the RTL and the C++ one place at a time, and tells which changes no test sees.

examples:
  scripts/mutate.sh --rtl --count 200            200 mutants of all RTL files, in proportion
  scripts/mutate.sh --cpp --count 300 --seed 2   other ones, of C++
  scripts/mutate.sh --only compiler/emit.cpp --count all
  scripts/mutate.sh --count 100 --list           which ones, with what is known of them; runs nothing
  scripts/mutate.sh --only 3f2a91c0de            one again, by its number
  scripts/mutate.sh --count 300 --report out/    out/mutants.md and out/mutants.json of what is known; runs nothing

The work is done in a copy of the sources (build/mutation/tree) with a build of its own, made at the first call. What was found is
kept in build/mutation/results by what it depends on: a call that was stopped goes on, and after a change only what the change can reach is run again.
"""
import argparse
import shlex
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from built_tree import Broken, BuiltTree, copy_sources, sources_of
from campaign import Campaign, Results, Table
from equivalents import read_equivalents
from limited import Runner
from mutants import choose, read_texts
from operators import OPERATORS
from score import as_json, markdown

HERE = Path(__file__).resolve().parent


def number_or_all(text):
    if text == "all":
        return None
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is neither a number nor 'all'")
    return int(text)


def at_least_one(text):
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of at least 1")
    return int(text)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/mutate.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--rtl", action="store_true", help="mutants of RTL (default: RTL and C++)")
    parser.add_argument("--cpp", action="store_true", help="mutants of C++")
    parser.add_argument("--count", type=number_or_all, default=100, metavar="N", help="how many, over all files in proportion; 'all' (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="only mutants with this number, or in files with this text in their path; may be repeated")
    parser.add_argument("--operator", action="append", default=[], choices=[o.__name__ for o in OPERATORS], help="only mutants of this operator; may be repeated")
    parser.add_argument("--list", action="store_true", help="list them with what is known; runs nothing")
    parser.add_argument("--report", metavar="DIR", help="write the tables of what is known into DIR; runs nothing")
    parser.add_argument("--jobs", type=at_least_one, default=1, metavar="N", help="mutants at a time (default: 1)")
    parser.add_argument("--memory", type=at_least_one, default=4096, metavar="MiB", help="limit of each process (default: 4096)")
    parser.add_argument("--least-limit", type=at_least_one, default=20, metavar="S", help="processor time that a test has at least (default: 20); six times what it takes comes on top")
    parser.add_argument("--work", default=None, metavar="DIR", help="where copy and results are (default: build/mutation)")
    parser.add_argument("--root", default=str(HERE.parent.parent), metavar="DIR", help="the sources (default: these)")
    parser.add_argument("--table", default=None, metavar="FILE", help="which tests see which files (default: testbench/mutation/seen_by.txt)")
    parser.add_argument("--equivalent", default=None, metavar="FILE", help="mutants that change nothing (default: testbench/mutation/equivalent.json)")
    return parser.parse_args(arguments)


def chosen_mutants(options, table, root):
    parts = {p for p in ("rtl", "cpp") if getattr(options, p)} or {"rtl", "cpp"}
    part_of = {path: table.part(path) for path in sources_of(root)}
    paths = [path for path, part in part_of.items() if part in parts]
    ids = [t for t in options.only if len(t) == 10 and all(c in "0123456789abcdef" for c in t)]
    texts = [t for t in options.only if t not in ids]
    if texts:
        paths = [p for p in paths if any(t in p for t in texts)]
        if not paths:
            raise Broken(f"--only {' '.join(texts)}: no file of the table has this in its path")
    mutants = choose(read_texts(root, paths), options.seed, None if ids else options.count, options.operator)
    if ids:
        mutants = [m for m in mutants if m.id in ids]
        if not mutants:
            raise Broken(f"--only {' '.join(ids)}: the sources have no such mutant; --list names those that there are")
    return [(m, part_of[m.path]) for m in mutants]


def main(arguments):
    options = parse(arguments)
    root = Path(options.root).resolve()
    table = Table(options.table or HERE / "seen_by.txt")
    equivalent = read_equivalents(options.equivalent or HERE / "equivalent.json", root)
    chosen = chosen_mutants(options, table, root)
    work = Path(options.work or root / "build" / "mutation").resolve()
    tree = work / "tree"
    reads = options.list or options.report
    if reads and not (tree / ".sources").exists():
        if options.report:
            raise Broken(f"{work}: nothing was run there yet; call without --report first")
        for mutant, _ in chosen:
            print(mutant)
        return
    runner = Runner(options.memory)
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    built = BuiltTree(root, tree, tree / "build" / "release")
    campaign = Campaign(built, table, Results(work / "results"), runner, work, options.least_limit)
    to_run = [m for m, _ in chosen if (m.path, m.before, m.after) not in equivalent]
    if not reads:
        tree.mkdir(parents=True, exist_ok=True)
        copy_sources(root, tree)
        built.configure(["-DWD_UNITY=OFF"])
        built.build(campaign.programs({m.path for m in to_run}), options.jobs)
        campaign.check_unchanged([s for path in sorted({m.path for m in to_run}) for s in campaign.sights(path)])
        left = [m for m in to_run if campaign.known(m)[0] is None]
        print(f"{len(chosen)} mutants, {len(chosen) - len(to_run)} of them equivalent, {len(left)} to run", flush=True)
        done = iter(range(1, len(left) + 1))
        campaign.run(left, options.jobs, lambda m, outcome, test, seconds:
                     print(f"{next(done)}/{len(left)} {outcome}{' by ' + test if outcome == 'killed' else ''} ({seconds:.1f} s): {m}", flush=True))
    rows = []
    for mutant, part in chosen:
        known = ("equivalent", None, 0) if (mutant.path, mutant.before, mutant.after) in equivalent else campaign.known(mutant)
        rows.append((mutant, part, known[0] or "not run", known[1]))
    if options.list:
        for mutant, _, outcome, test in rows:
            print(f"{outcome}{' by ' + test if outcome == 'killed' else ''}: {mutant}")
        return
    command = shlex.join(["scripts/mutate.sh", *(a for a in arguments if a not in ("--report", options.report))])
    if options.report:
        Path(options.report).mkdir(parents=True, exist_ok=True)
        (Path(options.report) / "mutants.md").write_text(markdown(rows, command))
        (Path(options.report) / "mutants.json").write_text(as_json(rows, command))
    else:
        print(markdown(rows, command))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Broken as broken:
        print(f"error: {broken}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("stopped; the same call goes on", file=sys.stderr)
        sys.exit(130)
