# SPDX-License-Identifier: Apache-2.0
"""Reads C++ and SystemVerilog as far as mutations need it: blanks what is no code, keeps every column."""
import re

STRING = "\x01"  # stands for each character of a string


def _blank(text, fill):
    return "".join(c if c == "\n" else fill for c in text)


_CPP = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.S)
_SV = re.compile(r"""(?P<comment>//[^\n]*|/\*.*?\*/|\(\*\s.*?\*\))|(?P<string>"(?:\\.|[^"\\\n])*")""", re.S)


def masked(text, language):
    """The text with comments as blanks, strings as STRING and lines of the preprocessor as blanks."""
    def cover(match):
        return _blank(match.group(), " " if match.group("comment") else STRING)
    text = (_CPP if language == "cpp" else _SV).sub(cover, text)
    mark = "#" if language == "cpp" else "`"
    lines, continued = text.split("\n"), False
    for i, line in enumerate(lines):
        if continued or line.lstrip().startswith(mark):
            continued = line.endswith("\\")
            lines[i] = " " * len(line)
    return "\n".join(lines)


def closing(text, at):
    """Where the bracket that opens at `at` closes in the same line, or -1."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return -1


def term_end(line, at, enders):
    """Where the expression that begins at `at` ends: before one of `enders` or a bracket that closes, at its own depth."""
    depth, i = 0, at
    while i < len(line):
        c = line[i]
        if depth == 0 and (c in ")]};," or any(line.startswith(e, i) for e in enders)):
            return i
        depth += (c in "([{") - (c in ")]}")
        i += 1
    return -1  # it goes on in the next line


def term_begin(line, at, enders):
    """Where the expression that ends before `at` begins; enders as in term_end."""
    depth, i = 0, at
    while i > 0:
        if depth == 0:
            for e in enders:
                if line.startswith(e, i - len(e)):
                    return i
            if line[i - 1] in "([{;,":
                return i
        depth += (line[i - 1] in ")]}") - (line[i - 1] in "([{")
        i -= 1
    return -1
