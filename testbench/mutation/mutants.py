# SPDX-License-Identifier: Apache-2.0
"""Makes the mutants of a file, and chooses those of a campaign: the same for a seed, over all files in proportion to their code."""
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from operators import OPERATORS, Line
from source_text import STRING, masked


@dataclass(frozen=True)
class Mutant:
    path: str
    operator: str
    line: int  # counted from 1
    begin: int
    end: int  # columns
    replacement: str
    before: str
    after: str  # the line, without what is blank around it
    occurrence: int  # among mutants that read the same, as where two lines do

    @property
    def id(self):
        """Of what it does, not of where: lines above may come and go."""
        said = "\0".join((self.path, self.operator, self.before, self.after, str(self.occurrence)))
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    def apply(self, text):
        lines = text.split("\n")
        line = lines[self.line - 1]
        lines[self.line - 1] = line[:self.begin] + self.replacement + line[self.end:]
        return "\n".join(lines)

    def __str__(self):
        return f"{self.id} {self.path}:{self.line} {self.operator}: {self.before}  ->  {self.after}"


def language_of(path):
    return "sv" if path.endswith(".sv") else "cpp"


def _depths(lines, language):
    """Of each line's first column, in brackets that an expression may span."""
    brackets = "()[]{}" if language == "sv" else "()[]"
    depth, depths = 0, []
    for line in lines:
        depths.append(depth)
        for c in line:
            if c in brackets:
                depth += 1 if brackets.index(c) % 2 == 0 else -1
    return depths


def mutants_of(path, text):
    """All of them, in the order of their lines."""
    language = language_of(path)
    code = masked(text, language).split("\n")
    lines, words = text.split("\n"), set(re.findall(r"\w+", text))
    found, seen = [], {}
    for number, (line, depth) in enumerate(zip(code, _depths(code, language)), 1):
        parsed = Line(line, language, depth)
        if parsed.first < 0 or not line.strip():
            continue
        for operator in OPERATORS:
            for begin, end, replacement in operator(parsed):
                if begin < parsed.first or (operator.__name__ == "sides" and replacement not in words):
                    continue
                if STRING in replacement:
                    continue  # it holds what stands for a string
                whole = lines[number - 1]
                after = whole[:begin] + replacement + whole[end:]
                said = (operator.__name__, whole.strip(), after.strip())
                if said[1] == said[2]:
                    continue
                seen[said] = seen.get(said, -1) + 1
                found.append(Mutant(path, operator.__name__, number, begin, end, replacement, *said[1:], seen[said]))
    return found


def _lot(*words):
    return int.from_bytes(hashlib.sha256("\0".join(map(str, words)).encode()).digest()[:8], "big")


def _in_turn(mutants, seed):
    """By lot, an operator after the other, so that the rare ones come too."""
    kinds = {}
    for mutant in sorted(mutants, key=lambda m: _lot(seed, m.id)):
        kinds.setdefault(mutant.operator, []).append(mutant)
    rows = sorted(kinds.values(), key=lambda of: _lot(seed, of[0].path, of[0].operator))
    return [row[i] for i in range(max(map(len, rows), default=0)) for row in rows if i < len(row)]


def choose(texts, seed, count, operators=()):
    """@param texts path -> text  @param count None: all  @param operators those wanted; none: all

    A file's share is that of its mutants; which files the fractions go to is drawn by lot.
    """
    all_of = {path: [m for m in mutants_of(path, text) if not operators or m.operator in operators] for path, text in texts.items()}
    if count is None:
        return [mutant for path in sorted(all_of) for mutant in all_of[path]]
    total, passed, chosen = sum(map(len, all_of.values())), 0, []
    for path in sorted(all_of, key=lambda p: _lot(seed, p)):
        first = passed * count // max(total, 1)
        passed += len(all_of[path])
        chosen += _in_turn(all_of[path], seed)[:passed * count // max(total, 1) - first]
    return sorted(chosen, key=lambda m: (m.path, m.line, m.begin, m.replacement))


def read_texts(root, paths):
    return {path: (Path(root) / path).read_text() for path in paths}
