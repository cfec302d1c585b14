# SPDX-License-Identifier: Apache-2.0
"""Tables of what a campaign found: Markdown for people, JSON for programs."""
import json
import os

OUTCOMES = ("killed", "survived", "equivalent", "hung", "not compiling", "not run")


def _group(path):
    folder, file = os.path.split(path)
    return "sim (golden)" if folder == "sim" else folder


def score(counts):
    """Of mutants that compile, end, and change something."""
    judged = counts["killed"] + counts["survived"]
    return f"{100 * counts['killed'] / judged:.1f} %" if judged else "-"


def count(rows, of):
    """@param rows (mutant, part, outcome, test)  @return what of() says -> outcome -> number"""
    found = {}
    for row in rows:
        counts = found.setdefault(of(row), dict.fromkeys(OUTCOMES, 0))
        counts[row[2]] += 1
    return dict(sorted(found.items()))


def _table(head, groups):
    lines = [f"| {head} | mutants | " + " | ".join(OUTCOMES) + " | score |", "|---|" + "---:|" * (len(OUTCOMES) + 2)]
    for name, counts in groups.items():
        lines.append(f"| {name} | {sum(counts.values())} | " + " | ".join(str(counts[o]) for o in OUTCOMES) + f" | {score(counts)} |")
    return "\n".join(lines)


def markdown(rows, command):
    survived = [f"- `{m.path}:{m.line}` {m.operator} ({m.id}): `{m.before}` -> `{m.after}`" for m, _, outcome, _ in rows if outcome == "survived"]
    return "\n\n".join((
        f"# Mutants\n\n`{command}`. Score: killed of killed and survived.",
        _table("folder", count(rows, lambda r: f"{r[1]} {_group(r[0].path)}")),
        _table("operator", count(rows, lambda r: f"{r[1]} {r[0].operator}")),
        _table("part", count(rows, lambda r: r[1])),
        "## Survivors\n\n" + "\n".join(survived or ["None."]))) + "\n"


def as_json(rows, command):
    return json.dumps({
        "command": command,
        "parts": {part: dict(counts, score=score(counts)) for part, counts in count(rows, lambda r: r[1]).items()},
        "mutants": [{"id": m.id, "part": part, "file": m.path, "line": m.line, "operator": m.operator, "before": m.before, "after": m.after,
                     "outcome": outcome, "test": test} for m, part, outcome, test in rows]}, indent=1, ensure_ascii=False) + "\n"
