# SPDX-License-Identifier: Apache-2.0
"""Reads from a liberty file what synthesis must choose itself: areas, a buffer, a latch, a clock gate.

Errors    LibertyError names the file and what it lacks.
Not       delays: Yosys (ABC) and OpenSTA read the file themselves.
Test      timing_test.sh
"""
import re


class LibertyError(Exception):
    pass


def _groups(text, kind):
    """(argument, body) of every `kind (argument) { body }`, at any depth."""
    for match in re.finditer(r"\b" + kind + r"\s*\(([^)]*)\)\s*\{", text):
        depth, at = 1, match.end()
        for brace in re.finditer(r"[{}]", text[at:]):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                yield match.group(1).strip(' "'), text[at : at + brace.start()]
                break


def _value(text, name):
    match = re.search(r"\b" + name + r'\s*:\s*"?([^";]*)"?\s*;', text)
    return match.group(1).strip() if match else None


class Cell:
    def __init__(self, name, body):
        self.name = name
        self.area = float(_value(body, "area") or 0)
        self.dont_use = _value(body, "dont_use") == "true"
        self.gate = _value(body, "clock_gating_integrated_cell")
        self.pins = {pin: text for pin, text in _groups(body, "pin")}
        self.latch = next((text for _, text in _groups(body, "latch")), None)
        self.latch_state = re.search(r"\blatch\s*\(\s*\"?(\w+)", body)
        self.stores = bool(re.search(r"\b(ff|latch|statetable)\s*\(", body))

    def pin_where(self, attribute, value):
        return next((pin for pin, text in self.pins.items() if _value(text, attribute) == value), None)


class Library:
    """Units: area as in the file (square micrometres in those known), capacitance in femtofarads."""

    def __init__(self, path):
        try:
            with open(path, encoding="latin-1") as file:
                text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        except OSError as error:
            raise LibertyError(f"{path}: {error.strerror}; Debian's qflow-tech-osu018 has a liberty file, --liberty names others")
        self.path = path
        self.cells = {name: Cell(name, body) for name, body in _groups(text, "cell")}
        if not self.cells:
            raise LibertyError(f"{path}: has no cells; a liberty file is needed")
        unit = re.search(r"capacitive_load_unit\s*\(\s*([\d.]+)\s*,\s*\"?(\w)", text)
        self._femto = float(unit.group(1)) * (1000 if unit.group(2).lower() == "p" else 1) if unit else 1000.0
        self._buffers = sorted(self._find_buffers(), key=lambda buffer: buffer[0].area)
        if not self._buffers:
            raise LibertyError(f"{path}: has no buffer cell")

    def _find_buffers(self):
        for cell in self.cells.values():
            if cell.stores or cell.dont_use or len(cell.pins) != 2 or re.search("dly|del|clk", cell.name, re.I):
                continue
            source, sink = cell.pin_where("direction", "input"), cell.pin_where("direction", "output")
            if sink and _value(cell.pins[sink], "function") in (source, f"({source})"):
                yield cell, source, sink

    def buffer(self):
        """(cell, input, output): one of about twice the smallest's area, for nets with many sinks."""
        return min(self._buffers, key=lambda buffer: abs(buffer[0].area - 2 * self._buffers[0][0].area))

    def abc_constraints(self):
        """Inputs come from a buffer, outputs drive four of them."""
        cell, source, _ = self.buffer()
        load = 4 * float(_value(cell.pins[source], "capacitance") or 0.005) * self._femto
        return f"set_driving_cell {cell.name}\nset_load {load:.3f}\n"

    def clock_gate(self):
        """(cell, clock, enable, output) without test pin, or None."""
        for cell in sorted(self.cells.values(), key=lambda cell: cell.area):
            if cell.gate == "latch_posedge":
                return (cell, *(cell.pin_where(f"clock_gate_{pin}_pin", "true") for pin in ("clock", "enable", "out")))
        return None

    def latch(self):
        """(cell, data, enable, output, enable is active low) of a latch without clear and preset, or None."""
        for cell in sorted(self.cells.values(), key=lambda cell: cell.area):
            if cell.latch is None or cell.gate or cell.latch_state is None or re.search(r"\b(clear|preset)\b", cell.latch):
                continue
            data, enable = _value(cell.latch, "data_in"), _value(cell.latch, "enable")
            pin = enable.strip("!'()")
            output = next((name for name, text in cell.pins.items()
                           if _value(text, "function") == cell.latch_state.group(1)), None)
            if data in cell.pins and pin in cell.pins and output:
                return cell, data, pin, output, enable != pin
        return None
