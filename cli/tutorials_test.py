#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of a tutorial as a reader would, and compares what they print with what the page shows.

usage: tutorials_test.py BUILD SOURCE PAGE [--clone] [--write]
A page's blocks ```sh are run in one shell, in order, in a folder that looks like the project's; each has to succeed (a line that
starts with `!` has to fail). The block ```text behind one is what it printed: line by line, where numbers may differ; `...` stands for
what is left out, lines or a line's rest. --clone: in a clone of the project that is built first, for pages that change its files; --write: puts what was
printed into the page."""
import os
import re
import signal
import subprocess
import sys
import tempfile

LIMIT = 3000  # seconds of a page


def blocks_of(page):
    """(start of the fence's line, language, text) of each fenced block."""
    found, start, language, lines = [], None, None, []
    for number, line in enumerate(page):
        if start is None and line.startswith("```"):
            start, language, lines = number, line[3:].strip(), []
        elif start is not None and line == "```":
            found.append((start, language, lines))
            start = None
        elif start is not None:
            lines.append(line)
    return found


def pattern(line):
    """A line's words have to be there; a number may be any, and as many spaces as there are."""
    line, cut, _ = line.strip().partition(" ...")
    parts = re.split(r"(\d[\d.,e+-]*|\s+)", line)
    return "".join(r"\s*" if p.isspace() else r"-?[\d.,e+-]*" if re.match(r"\d", p) else re.escape(p) for p in parts) + (".*" if cut else "")


def shortened(line):
    """A long line ends in ` ...` on the page, which stands for any rest."""
    return line if len(line) <= 150 else line[:140].rsplit(" ", 1)[0] + " ..."


def differs(shown, printed):
    """The first shown line that is not printed, in order."""
    at = 0
    for line in shown:
        if line.strip() in ("", "..."):
            continue
        wanted = re.compile(pattern(line))
        while at < len(printed) and not wanted.fullmatch(printed[at].strip()):
            at += 1
        if at == len(printed):
            return line
        at += 1
    return None


def run(script, folder):
    """What the shell printed, by block, and the number of the block that failed. Blocks are told apart by a mark."""
    process = subprocess.Popen(["bash", "-Eeuo", "pipefail", "-c", script], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    try:
        text, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        sys.exit(f"tutorial: took more than {LIMIT} s")
    return process.returncode, text


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    options = set(sys.argv[1:]) - set(arguments)
    if len(arguments) != 3 or options - {"--clone", "--write"}:
        sys.exit(__doc__)
    build, source, page_file = arguments
    page = open(page_file, encoding="utf-8").read().split("\n")
    blocks = blocks_of(page)
    commands = [b for b in blocks if b[1] == "sh"]
    if not commands:
        sys.exit(f"{page_file}: has no commands")
    mark = "=== block "
    script = []
    for number, (_, _, lines) in enumerate(commands):
        script.append(f"echo '{mark}{number}'")
        for line in lines:
            # bash does not end for a command behind `!`, whatever it answers.
            script.append(f"if {line[2:]}; then echo 'succeeded, must fail: {line[2:40]}'; exit 1; fi" if line.startswith("! ") else line)
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, "project")
        if "--clone" in options:
            subprocess.run(["git", "clone", "-q", source, folder], check=True)
            for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release", "--target", "whitedwarf"]):
                subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        else:
            os.makedirs(os.path.join(folder, "build"))
            os.symlink(build, os.path.join(folder, "build", "release"))
            for name in ("algo", "docs", "hw", "scripts", "sim", "testbench"):
                os.symlink(os.path.join(source, name), os.path.join(folder, name))
        status, text = run("\n".join(script), folder)
    printed = {}
    for line in text.split("\n"):
        if line.startswith(mark):
            printed[int(line[len(mark):])] = current = []
        else:
            current.append(line)
    if status != 0:
        last = max(printed)
        sys.exit(f"{page_file}: status {status} in the block of line {commands[last][0] + 1}:\n" + "\n".join(printed[last][-20:]))
    shown = failed = 0
    replacements = []
    for number, command in enumerate(commands):
        behind = blocks.index(command) + 1
        if behind == len(blocks) or blocks[behind][1] != "text":
            continue
        start, _, lines = blocks[behind]
        shown += 1
        replacements.append((start, len(lines), [shortened(line.rstrip()) for line in printed[number] if line.strip() and work not in line]))
        missing = differs(lines, printed[number])
        if (missing is not None or not lines) and "--write" not in options:
            failed += 1
            print(f"{page_file}:{start + 1}: is not printed: {missing}\n  printed was:\n    " + "\n    ".join(printed[number][:40]))
    if "--write" in options:
        for start, count, lines in reversed(replacements):
            page[start + 1 : start + 1 + count] = lines
        open(page_file, "w", encoding="utf-8").write("\n".join(page))
    elif failed or shown == 0:
        sys.exit(f"{page_file}: {failed} of {shown} outputs are not those of the page" if failed else f"{page_file}: shows no output")
    print(f"{os.path.basename(page_file)}: {len(commands)} blocks, {shown} outputs")


if __name__ == "__main__":
    main()
