#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds what pages tell to run or read and is not there: files of the project, commands of the program, their options, tests of ctest; and pages of results that
docs/figures.md does not have.

usage: docs/site/check_commands.py PROGRAM BUILD [ROOT]     README and docs/ but decisions, which tell of their day; BUILD: a build folder
Errors    a line for each, page:line: text: what is wrong; status 1.
Test      docs.commands, docs.links.fails
"""
import json
import re
import subprocess
import sys
from pathlib import Path

FILE = re.compile(r"(?<![\w/.-])((?:scripts|algo|hw|testbench|cli|flow|sim|compiler|base|python|cmake|docs)/[\w./-]+\.(?:sh|py|json|sv|cpp|hpp|md|def|txt|inc))\b")
COMMAND = re.compile(r"(?<![\w/.-])whitedwarf ((?:[a-z_]+ ?){1,2})((?:[^`|;&\n]|\\\n)*)")
TEST = re.compile(r"ctest [^`\n]*?-R ([\w.]+)")
PLACEHOLDER = re.compile(r"\b(NAME|X|x)(_|\b)|_X_")  # of a file that a page tells to make


def code(text):
    """(number of the line, code) of spans and fenced blocks."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*```", line):
            fence = None if fence else number
        elif fence:
            yield number, line
        else:
            for span in re.finditer(r"`([^`]+)`", line):
                yield number, span[1]


def options_of(program):
    tables = json.loads(subprocess.run([program, "help", "--json"], capture_output=True, text=True, check=True).stdout)
    return {"help": {"json", "completion", "man"}} | {table["command"]: {option["name"] for option in table["options"]} for table in tables}


def tests_of(root, build):
    """Of this build, and those that others have."""
    listed = json.loads(subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout)
    others = [name for lists in root.glob("*/**/CMakeLists.txt") if "build" not in lists.parts for name in re.findall(r"NAME ([a-z_.]+)", lists.read_text())]
    return {test["name"] for test in listed["tests"]} | set(others)


def wrong(root, made, known, tests, text):
    """What is wrong in a piece of code: (text, what)."""
    for found in FILE.finditer(text):
        if not (root / found[1]).exists() and found[1] not in made and not PLACEHOLDER.search(found[1]):
            yield found[1], "no such file"
    for found in COMMAND.finditer(text):
        words = found[1].split()
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in known), None)
        if name is None:
            yield f"whitedwarf {words[0]}", "no such command"
            continue
        for option in re.findall(r"(?<!\S)--([a-z][\w-]*)", found[2]):
            if option not in known[name] | {"help"}:
                yield f"whitedwarf {name} --{option}", "no such option"
    for found in TEST.finditer(text):
        if not any(re.search(found[1], test) for test in tests):
            yield found[0], "no such test"


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("check_commands.py: takes PROGRAM BUILD [ROOT]")
    root = Path(sys.argv[3] if len(sys.argv) > 3 else Path(__file__).parents[2]).resolve()
    known, tests, bad, count = options_of(sys.argv[1]), tests_of(root, sys.argv[2]), 0, 0
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if "decisions" in page.parts:
            continue
        text = page.read_text()
        made = set(re.findall(r"(?:>|\bcp \S+ )(\S+)", text))
        for number, piece in code(text):
            count += 1
            for what, problem in wrong(root, made, known, tests, piece):
                bad += 1
                print(f"{page.relative_to(root)}:{number}: {what}: {problem}", file=sys.stderr)
    figures = (root / "docs/figures.md").read_text()
    for page in sorted((root / "docs/results").glob("*.md")):
        if f"(results/{page.name}" not in figures:
            bad += 1
            print(f"docs/figures.md: says nothing of results/{page.name}", file=sys.stderr)
    print(f"{count} pieces of code, {bad} wrong")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
