# SPDX-License-Identifier: Apache-2.0
"""What was reached: reads Verilator's coverage data and benches' cover points, takes out what is waived, and makes the table.

A point is a place of a source: a block or branch ("line") or a bit of a signal ("toggle"). All instances of a module, in the array and in its
bench, are one: it is reached if one of them reaches it. Which points there are the array says; only modules that it does not have are counted as
their benches have them.
"""
import re
from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

ARRAY = "TOP.wd_top"  # the instance whose points are counted
TARGETS = {"line": 98.0, "toggle": 90.0, "functional": 100.0}


class Bad(Exception):
    """What is wrong with an input, in one line."""


@dataclass(frozen=True, order=True)
class Point:
    module: str
    line: int
    kind: str  # line or toggle
    what: str  # a bit, or block, if, else, ... with its column


@dataclass
class Module:
    """Points of one module, each with how often it was reached; waived ones apart."""

    counts: dict = field(default_factory=dict)
    waived: set = field(default_factory=set)
    functional: dict = field(default_factory=dict)  # cover point: how often

    def share(self, kind):
        """Reached and all points of a kind; waived ones are none."""
        if kind == "functional":
            return sum(map(bool, self.functional.values())), len(self.functional)
        counted = [n for point, n in self.counts.items() if point.kind == kind and point not in self.waived]
        return sum(map(bool, counted)), len(counted)


def read_data(path):
    """{module: Module} of Verilator's data."""
    of_array, others = defaultdict(lambda: defaultdict(int)), defaultdict(lambda: defaultdict(int))
    for number, text in enumerate(Path(path).read_text(errors="replace").splitlines(), 1):
        if not text.startswith("C "):
            continue
        fits = re.fullmatch(r"C '(.*)' (\d+)", text)
        keys = dict(part.split("\x02", 1) for part in fits[1].split("\x01") if "\x02" in part) if fits else {}
        if not {"f", "l", "page", "o", "h"} <= keys.keys():
            raise Bad(f"{path}, line {number}: no coverage point of Verilator's")
        kind = {"v_toggle": "toggle", "v_line": "line", "v_branch": "line"}.get(keys["page"].split("/")[0])
        name = Path(keys["f"])
        if kind is None or name.parts[-3:-1] != ("hw", "rtl"):
            continue  # harnesses, assertions
        what = keys["o"] if kind == "toggle" else f"{keys['o']} {keys.get('n', 0)}"
        point = Point(name.stem, int(keys["l"]), kind, what)
        inside = keys["h"] == ARRAY or keys["h"].startswith(ARRAY + ".")
        (of_array if inside else others)[point.module][point] += int(fits[2])
    modules = {}
    for name in sorted(of_array.keys() | others.keys()):
        declared = of_array.get(name) or others[name]
        reached = others.get(name, {})
        both = name in of_array
        modules[name] = Module({p: n + (reached.get(p, 0) if both else 0) for p, n in declared.items()})
    return modules


def read_functional(paths, modules):
    """Adds cover points, of lines `module, point, count` with tabs between; a point of several benches is one."""
    for path in paths:
        for number, text in enumerate(Path(path).read_text().splitlines(), 1):
            parts = text.split("\t")
            if len(parts) != 3 or not parts[2].isdigit():
                raise Bad(f"{path}, line {number}: not 'module, point, count' with tabs between")
            if parts[0] not in modules:
                raise Bad(f"{path}, line {number}: no module '{parts[0]}' was run; see Cover in the bench")
            functional = modules[parts[0]].functional
            functional[parts[1]] = functional.get(parts[1], 0) + int(parts[2])


def fits_bits(what, pattern):
    """Whether a bit, as Verilator names it (name or name[3]), is one of a pattern: name, name[3] or name[7:4], where a name may hold *."""
    parts = re.fullmatch(r"([^\[\]]+)(?:\[(\d+)(?::(\d+))?\])?", pattern)
    bit = re.fullmatch(r"([^\[\]]+)(?:\[(\d+)\])?(.*)", what)
    if not parts:
        raise Bad(f"'{pattern}' is neither name, name[bit] nor name[high:low]")
    if not bit or bit[3] or not fnmatchcase(bit[1], parts[1]):
        return False
    if parts[2] is None:
        return True
    high, low = int(parts[2]), int(parts[3] or parts[2])
    return bit[2] is not None and low <= int(bit[2]) <= high


def apply_waivers(path, modules, sources):
    """Takes out what waivers name: lines `module | kind | reason | what`. One that names nothing unreached is stale, and refused."""
    for number, text in enumerate(Path(path).read_text().splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        parts = [part.strip() for part in text.split(" | ", 3)]
        where = f"{path}, line {number}"
        if len(parts) != 4 or parts[1] not in ("line", "toggle") or not all(parts):
            raise Bad(f"{where}: not 'module | line or toggle | reason | what'")
        name, kind, _, what = parts
        if name not in modules:
            raise Bad(f"{where}: no module '{name}' was run; take the line out")
        module = modules[name]
        if kind == "toggle":
            named = {p for p in module.counts if p.kind == kind and fits_bits(p.what, what)}
        else:
            lines = (Path(sources) / f"{name}.sv").read_text().splitlines()
            named = {p for p in module.counts if p.kind == kind and lines[p.line - 1].strip() == what}
        unreached = {p for p in named if module.counts[p] == 0}
        if not unreached:
            why = "is all reached" if named else "is not there"
            raise Bad(f"{where}: '{what}' of {name} {why}; take the line out")
        module.waived |= unreached


def total_of(modules, kind):
    shares = [module.share(kind) for module in modules.values()]
    return sum(a for a, _ in shares), sum(b for _, b in shares)


def percent(share):
    return 100.0 * share[0] / share[1] if share[1] else 100.0


def table(modules):
    def row(name, shares, waived):
        cells = [f"{percent(s):.1f} % ({s[0]}/{s[1]})" if s[1] else "-" for s in shares[:2]]
        cells.append(f"{shares[2][0]}/{shares[2][1]}" if shares[2][1] else "-")
        return f"| {name} | " + " | ".join(cells) + f" | {waived or '-'} |"

    lines = ["| module | line | toggle | functional | waived |", "|---|---:|---:|---:|---:|"]
    for name, module in sorted(modules.items()):
        lines.append(row(name, [module.share(kind) for kind in TARGETS], len(module.waived)))
    waived = sum(len(module.waived) for module in modules.values())
    lines.append(row("all", [total_of(modules, kind) for kind in TARGETS], waived))
    return "\n".join(lines) + "\n"


def uncovered(modules):
    """What is not reached and not waived, a line each."""
    lines = []
    for name, module in sorted(modules.items()):
        for point, count in sorted(module.counts.items()):
            if count == 0 and point not in module.waived:
                lines.append(f"hw/rtl/{name}.sv:{point.line}: {point.kind} {point.what}")
        lines += [f"hw/rtl/{name}.sv: functional {point}" for point, n in sorted(module.functional.items()) if n == 0]
    return "\n".join(lines) + ("\n" if lines else "")


def below(modules, targets):
    """What misses its target, a sentence each."""
    shares = {kind: percent(total_of(modules, kind)) for kind in targets}
    return [f"{kind} coverage is {shares[kind]:.2f} %, the target {target:g} %" for kind, target in targets.items() if shares[kind] < target]
