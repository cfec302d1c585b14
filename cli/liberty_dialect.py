#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a liberty file once more as another foundry's files are written: other units, axes, names, quotes and layout, same cells.

What      sky130: all in quotes, cells and templates renamed, the slew as the first axis, energies by rail, leakage by condition alone.
          nangate45: femtofarads, picowatts, nothing in quotes that needs none, comments, several statements in a line.
          ps: nangate45 with times in picoseconds.
usage     liberty_dialect.py sky130|nangate45|ps FROM TO
"""
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|\\\r?\n|"(?:[^"\\]|\\.|\\\n)*"|[(){};:,]|[^\s(){};:,"]+|\s+', re.S)
CAPACITANCES = {"capacitance", "rise_capacitance", "fall_capacitance", "max_capacitance", "min_capacitance"}
TIMES = {"max_transition", "min_pulse_width_high", "min_pulse_width_low"}
FOUNDRY = "sky130_fd_sc_hd__"


class Group:
    def __init__(self, kind, arguments):
        self.kind, self.arguments, self.items = kind, arguments, []

    def groups(self, kind=None):
        return [item for item in self.items if isinstance(item, Group) and kind in (None, item.kind)]

    def text(self, name):
        return next((item[1][0] for item in self.items if not isinstance(item, Group) and item[0] == name), None)

    def replace(self, name, values):
        self.items = [(name, values, item[2]) if not isinstance(item, Group) and item[0] == name else item for item in self.items]


def tokens_of(text):
    found = (match.group() for match in TOKEN.finditer(text))
    return [token for token in found if not token.isspace() and not token.startswith(("/*", "\\"))]


def unquoted(token):
    return re.sub(r"\\\r?\n", "", token.strip('"'))


def parse(tokens, at, end):
    """[items], place behind: groups and (name, values, simple)."""
    items = []
    while tokens[at] != end:
        if tokens[at] == ";":
            at += 1
            continue
        name = tokens[at]
        if tokens[at + 1] == ":":
            stop = tokens.index(";", at)
            items.append((name, [" ".join(unquoted(token) for token in tokens[at + 2 : stop])], True))
            at = stop
            continue
        close = tokens.index(")", at)
        values = [unquoted(token) for token in tokens[at + 2 : close] if token != ","]
        at = close + 1
        if tokens[at] == "{":
            group = Group(name, values)
            group.items, at = parse(tokens, at + 1, "}")
            items.append(group)
        else:
            items.append((name, values, False))
    return items, at + 1


def numbers(values):
    return [float(word) for value in values for word in value.replace(",", " ").split()]


def written(value):
    return f"{value:.12g}"


class Dialect:
    def __init__(self, name, library):
        self.sky = name == "sky130"
        self.farads = 1 if self.sky else 1000  # the original has pF, pJ, ns, nW
        self.seconds = 1000 if name == "ps" else 1
        self.watts = 1 if self.sky else 1000
        self.library = library
        self.templates = {group.arguments[0]: group for group in library.groups() if group.kind.endswith("template")}

    def convert(self):
        self.library.arguments = ["sky130_fd_sc_hd__tt_025C_1v80" if self.sky else "NangateOpenCellLibrary"]
        self.library.replace("time_unit", ["1ps" if self.seconds == 1000 else "1ns"])
        self.library.replace("leakage_power_unit", ["1nW" if self.sky else "1pW"])
        self.library.replace("capacitive_load_unit", ["1.0000000000", "pf"] if self.sky else ["1", "ff"])
        for group in self.library.groups("cell"):
            self.cell(group)
        for template in self.templates.values():
            if self.sky:
                template.arguments = ["wd_" + template.arguments[0]]
                self.swap(template, "variable")
            for index in ("index_1", "index_2"):
                count = len(numbers([template.text(index) or ""]))
                # As a template's axes may be: of no use, as each table has its own.
                template.replace(index, [", ".join(str(place + 1) for place in range(count))])
            if self.sky and template.text("variable_2"):
                self.swap(template, "index")

    @staticmethod
    def swap(group, what):
        first, second = group.text(what + "_1"), group.text(what + "_2")
        if second is not None:
            group.replace(what + "_1", [second])
            group.replace(what + "_2", [first])

    def cell(self, cell):
        for name in CAPACITANCES | TIMES | {"cell_leakage_power"}:
            self.scale(cell, name)
        for group in cell.groups("pin"):
            self.pin(group)
        if not self.sky:
            return
        cell.arguments = [FOUNDRY + cell.arguments[0]]
        leakage, pin = cell.text("cell_leakage_power"), cell.groups("pin")[0].arguments[0]
        cell.items = [item for item in cell.items if isinstance(item, Group) or item[0] != "cell_leakage_power"]
        for rail, kind in (("VGND", "primary_ground"), ("VPWR", "primary_power")):
            group = Group("pg_pin", [rail])
            group.items = [("pg_type", [kind], True), ("voltage_name", [rail], True)]
            cell.items.insert(0, group)
        for condition in (pin, "!" + pin):
            group = Group("leakage_power", [])
            group.items = [("value", [leakage], True), ("when", [condition], True)]
            cell.items.insert(0, group)

    def pin(self, pin):
        for name in CAPACITANCES | TIMES:
            self.scale(pin, name)
        for group in pin.groups():
            for table in group.groups():
                self.table(table, energy=group.kind == "internal_power")
        if self.sky:
            # A quarter of each energy is another rail's, and stands before the rest.
            for group in pin.groups("internal_power"):
                pin.items.insert(pin.items.index(group), self.share(group, 0.25, "VGND"))
                pin.items[pin.items.index(group)] = self.share(group, 0.75, "VPWR")

    @staticmethod
    def share(group, part, rail):
        out = Group(group.kind, group.arguments)
        out.items = [("related_pg_pin", [rail], True)] + [item for item in group.items if not isinstance(item, Group)]
        for table in group.groups():
            copy = Group(table.kind, table.arguments)
            copy.items = [(name, [", ".join(written(part * number) for number in numbers([value])) for value in values], simple)
                          if name == "values" else (name, values, simple) for name, values, simple in table.items]
            out.items.insert(0, copy)
        return out

    def scale(self, group, name):
        by = self.farads if name in CAPACITANCES else self.seconds if name in TIMES else self.watts
        value = group.text(name)
        if value is not None:
            group.replace(name, [written(by * float(value))])

    def table(self, table, energy):
        template = self.templates[table.arguments[0]]
        axes = [numbers([table.text(f"index_{axis}") or ""]) for axis in (1, 2)]
        values = numbers(next(item[1] for item in table.items if item[0] == "values"))
        loads = [(template.text(f"variable_{axis}") or "").endswith("capacitance") for axis in (1, 2)]
        axes = [[number * (self.farads if load else self.seconds) for number in axis] for axis, load in zip(axes, loads)]
        values = [number * (self.farads if energy else self.seconds) for number in values]
        columns = len(axes[1]) or len(values)
        rows = [values[at : at + columns] for at in range(0, len(values), columns)]
        if self.sky and axes[1]:
            axes.reverse()
            rows = [list(column) for column in zip(*rows)]
        table.items = [(f"index_{place + 1}", [", ".join(map(written, axis))], False) for place, axis in enumerate(axes) if axis]
        table.items.append(("values", [", ".join(map(written, row)) for row in rows], False))
        if self.sky:
            table.arguments = ["wd_" + table.arguments[0]]

    def quoted(self, text):
        plain = re.fullmatch(r"[\w.+-]+", text) and (text[0].isalpha() or re.fullmatch(r"[\d.eE+-]+", text))
        number = re.fullmatch(r"[\d.eE+-]+", text)
        return f'"{text}"' if not plain or (self.sky and not number) else text

    def write(self, group, depth=0):
        pad = "    " * depth
        comment = "" if self.sky or depth != 1 else f"{pad}/* {group.kind} {{\n{pad}   {group.arguments} */\n"
        out = f"{comment}{pad}{group.kind} ({', '.join(map(self.quoted, group.arguments))}) {{\n"
        line = ""
        for item in group.items:
            if isinstance(item, Group):
                out += (line and line + "\n") + self.write(item, depth + 1)
                line = ""
                continue
            name, values, simple = item
            if simple:
                one = f"{name} : {self.quoted(values[0])};"
            elif name == "values" and self.sky:
                one = name + "(" + ", \\\n        ".join(f'"{value}"' for value in values) + ");"
            else:
                lists = name.startswith(("index", "values"))
                one = f"{name} (" + ", ".join(f'"{v}"' if lists else self.quoted(v) for v in values) + ");"
            if self.sky:
                out += pad + "    " + one + "\n"
            else:
                line += ("  " if line else pad + "  ") + one
                if len(line) > 120:
                    out, line = out + line + "\n", ""
        return out + (line and line + "\n") + pad + "}\n"


def main():
    name, source, target = sys.argv[1:]
    with open(source, encoding="latin-1") as file:
        tokens = tokens_of(file.read())
    items, _ = parse(tokens + ["END"], 0, "END")
    dialect = Dialect(name, items[0])
    dialect.convert()
    with open(target, "w", encoding="ascii", newline="\r\n" if name == "sky130" else "\n") as file:
        file.write(dialect.write(dialect.library))


if __name__ == "__main__":
    main()
