# SPDX-License-Identifier: Apache-2.0
"""What the pages of docs/ are made of: links, headings, code. Fenced blocks and code spans hold no links.

Shape     anchors are GitHub's: lower case, spaces to '-', other signs gone, '-1' behind a second one.
"""
import re

FENCE = re.compile(r"^\s*(```|~~~)")
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\()([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(\))")
HEADING = re.compile(r"^(#{1,6}) +(.*?) *#*$")


def prose(text):
    """(number, line) outside of fenced blocks, code spans blanked."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1] == fence:
                fence = None
        elif mark:
            fence = mark[1]
        else:
            yield number, re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", lambda span: " " * len(span[0]), line)


def links(text):
    """(number of the line, target)"""
    return [(number, found[2]) for number, line in prose(text) for found in LINK.finditer(line)]


def slug(heading):
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def headings(text):
    """(level, title, anchor) of each; the title with its code."""
    lines, result, seen = text.splitlines(), [], {}
    for number, _ in prose(text):
        found = HEADING.match(lines[number - 1])
        if found:
            anchor = slug(found[2])
            count = seen.get(anchor, 0)
            seen[anchor] = count + 1
            result.append((len(found[1]), found[2], anchor + (f"-{count}" if count else "")))
    return result
