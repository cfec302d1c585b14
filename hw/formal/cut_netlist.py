# SPDX-License-Identifier: Apache-2.0
"""A module of gates, cut at all that stores and at its instances, as combinational logic; and whether two of them are the same.

Names     of what is compared: "port[3]", "instance.pin[3]"; of a stored bit its wire, "count_q[3]", and what goes into it, "count_q[3].D".
Solver    ABC's cec, which comes with Yosys.
Errors    CutError: cells that are no gates, points that one of the two lacks, no answer in LIMIT_S.
"""
import json
import os
import re
import subprocess

# Truth tables as BLIF has them: pins, rows of which the output is 1.
GATES = {
    "$_BUF_": ("A", ["1"]), "$_NOT_": ("A", ["0"]), "$_AND_": ("AB", ["11"]), "$_NAND_": ("AB", ["0-", "-0"]), "$_OR_": ("AB", ["1-", "-1"]),
    "$_NOR_": ("AB", ["00"]), "$_XOR_": ("AB", ["10", "01"]), "$_XNOR_": ("AB", ["11", "00"]), "$_ANDNOT_": ("AB", ["10"]),
    "$_ORNOT_": ("AB", ["1-", "-0"]), "$_MUX_": ("ABS", ["1-0", "-11"]), "$_NMUX_": ("ABS", ["0-0", "-01"]),
    "$_AOI3_": ("ABC", ["0-0", "-00"]), "$_OAI3_": ("ABC", ["00-", "--0"]),
    "$_AOI4_": ("ABCD", ["0-0-", "0--0", "-00-", "-0-0"]), "$_OAI4_": ("ABCD", ["00--", "--00"]),
}
OPPOSITE = {"$_BUF_": "$_NOT_", "$_AND_": "$_NAND_", "$_OR_": "$_NOR_", "$_XOR_": "$_XNOR_", "$_MUX_": "$_NMUX_"}
OPPOSITE.update({inverted: gate for gate, inverted in OPPOSITE.items()})
STORES = re.compile(r"\$_(DFF_[PN]|DFFSR_[PN]{3}|DLATCH_[PN])_$")
WRITE = re.compile(r"(.*\.write\[\d+\])\.(bits\[\d+\]\.data|address\[\d+\]\.pin)\.D\[0\]$")  # netlist.py's MEMORY_MAP
CONSTANT = ("0", "1")
LIMIT_S = 300


class CutError(Exception):
    pass


class Cut:
    """inputs, outputs: name -> bit, a number or a constant; stored: bit -> cell; holds: name -> bit that is stored, or constant."""

    def __init__(self, path, module):
        with open(path) as file:
            of = json.load(file)["modules"][module]
        self.gates, self.inputs, self.outputs, self.stored = [], {}, {}, {}
        for port, net in of["ports"].items():
            points = self.inputs if net["direction"] == "input" else self.outputs
            points.update((f"{port}[{index}]", bit) for index, bit in enumerate(net["bits"]))
        for name, cell in of["cells"].items():
            pins = cell["connections"]
            if cell["type"] in GATES:
                self.gates.append(cell)
            elif STORES.match(cell["type"]):
                self.stored[pins["Q"][0]] = cell
            elif cell["type"].startswith("$") and not cell["type"].startswith("$paramod"):
                raise CutError(f"cell {name} of type {cell['type']} is no gate")
            else:
                for pin, bits in pins.items():
                    points = self.outputs if cell["port_directions"][pin] == "input" else self.inputs
                    points.update((f"{name}.{pin}[{index}]", bit) for index, bit in enumerate(bits))
        self.names, self.holds = {bit: [] for bit in self.stored}, {}
        for wire, net in of["netnames"].items():
            for index, bit in enumerate(net["bits"]):
                if not net["hide_name"] and (bit in self.stored or bit in CONSTANT):
                    self.holds[f"{wire}[{index}]"] = bit
                    self.names.setdefault(bit, []).append(f"{wire}[{index}]")
        # What is written, and where, matters while something is: the RTL says nothing of it otherwise.
        self.guards = {}  # name of an output -> bits of which one has to be 1
        for name in self.outputs:
            write = WRITE.match(name)
            if write:
                self.guards[name] = [bit for other, bit in self.outputs.items() if other.startswith(write[1]) and other.endswith(".enable.D[0]") and (
                    write[2].startswith("address") or other == name.replace(".data.D", ".enable.D"))]

    def stays_zero(self, bits):
        """Of stored bits: those that hold 0 for ever once all of them do, whatever the other points are."""
        zero, drivers = set(bits), {cell["connections"]["Y"][0]: cell for cell in self.gates}
        while True:
            value = {"0": 0, "1": 1, "x": 0, "z": 0, **{bit: 0 for bit in zero}}  # None: either

            def of(bit):
                work = [bit]
                while work:
                    at = work[-1]
                    if at in value or at not in drivers:
                        value.setdefault(at, None)
                        work.pop()
                        continue
                    pins = drivers[at]["connections"]
                    order, rows = GATES[drivers[at]["type"]]
                    missing = [pins[pin][0] for pin in order if pins[pin][0] not in value]
                    if missing:
                        work += missing
                        continue
                    have = [value[pins[pin][0]] for pin in order]
                    fits = [all(mark == "-" or bit is None or str(bit) == mark for mark, bit in zip(row, have)) for row in rows]
                    sure = [all(mark == "-" or str(bit) == mark for mark, bit in zip(row, have)) for row in rows]
                    value[at] = 0 if not any(fits) else 1 if any(sure) else None
                    work.pop()
                return value[bit]
            left = {bit for bit in zero if of(self.stored[bit]["connections"]["D"][0]) == 0}
            if left == zero:
                return zero
            zero = left

    def invert(self, number):
        """Plants a bug: one gate gives the opposite."""
        places = [cell for cell in self.gates if cell["type"] in OPPOSITE]
        cell = places[number % len(places)]
        cell["type"] = OPPOSITE[cell["type"]]

    def blif(self, points, values, compared):
        """points: of all inputs of the logic, in order; values: bit -> point or constant; compared: (name, bit) of outputs."""
        lines = [".model cut", ".inputs " + " ".join(points), ".outputs " + " ".join(f"o{number}" for number in range(len(compared)))]
        lines += [".names n0", ".names n1", "1"]
        driven = {*CONSTANT, *values}
        for bit, value in values.items():
            lines += [f".names {value if value not in CONSTANT else 'n' + value} n{bit}", "1 1"]
        used = {bit for _, bit in compared} | {bit for guards in self.guards.values() for bit in guards}
        for cell in self.gates:
            pins = cell["connections"]
            order, rows = GATES[cell["type"]]
            lines += [".names " + " ".join(f"n{pins[pin][0]}" for pin in order) + f" n{pins['Y'][0]}", *(row + " 1" for row in rows)]
            driven.add(pins["Y"][0])
            used.update(pins[pin][0] for pin in order)
        lines += [f".names n{bit}" for bit in used - driven]  # x, z, what nobody drives: 0
        for number, (name, bit) in enumerate(compared):
            guards = self.guards.get(name)
            if guards:
                lines += [".names " + " ".join(f"n{guard}" for guard in guards) + f" on{number}", "0" * len(guards) + " 0",
                          f".names n{bit} on{number} o{number}", "11 1"]
            else:
                lines += [f".names n{bit} o{number}", "1 1"]
        return "\n".join(lines + [".end", ""])


def _some(names):
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _need_all(names, there, text):
    missing = set(names) - set(there)
    if missing:
        raise CutError(f"{text}: {_some(missing)}")


def match(rtl, netlist):
    """Inputs of the RTL's logic and of the netlist's, bit -> point; and (name, bit of the RTL, bit of the netlist) of all outputs to compare."""
    _need_all(netlist.inputs, rtl.inputs, "of the netlist, but not of the RTL")
    _need_all(netlist.outputs, rtl.outputs, "of the netlist, but not of the RTL")
    _need_all(rtl.outputs, netlist.outputs, "of the RTL, but not of the netlist")
    same = {}  # stored bit of the RTL -> what has its name in the netlist: a stored bit, or the constant that it always is
    for bit in rtl.stored:
        there = [netlist.holds[name] for name in rtl.names[bit] if name in netlist.holds]
        if there:
            same[bit] = there[0]
    _need_all(((netlist.names[bit] or ["a flop without a name"])[0] for bit in set(netlist.stored) - set(same.values())), (), "stored by the netlist, but not by the RTL")
    same.update((bit, "0") for bit in rtl.stays_zero(bit for bit in rtl.stored if bit not in same))
    left, right, compared = {}, {}, [(name, rtl.outputs[name], bit) for name, bit in netlist.outputs.items()]
    for number, (name, bit) in enumerate(rtl.inputs.items()):
        if bit not in CONSTANT:
            left[bit] = f"i{number}"
        if name in netlist.inputs and netlist.inputs[name] not in CONSTANT:
            right[netlist.inputs[name]] = f"i{number}"
    for bit, cell in rtl.stored.items():
        other, name = same.get(bit), (rtl.names[bit] or ["?"])[0]
        if other in CONSTANT:
            left[bit] = other
            compared.append((f"{name}.D", cell["connections"]["D"][0], other))
        elif other is None:
            left[bit] = f"s{bit}"  # nothing uses it; otherwise something differs
        else:
            left[bit], right[other] = f"n{other}_q", f"n{other}_q"
            if cell["type"] != netlist.stored[other]["type"]:
                raise CutError(f"{name}: {cell['type']} in the RTL, {netlist.stored[other]['type']} in the netlist")
            compared += [(f"{name}.{pin}", bits[0], netlist.stored[other]["connections"][pin][0]) for pin, bits in cell["connections"].items() if pin != "Q"]
    return left, right, compared


def difference(rtl, netlist, work):
    """(number of stored bits, number of points compared, name of one that differs or None)"""
    left, right, compared = match(rtl, netlist)
    points = sorted({point for point in [*left.values(), *right.values()] if point not in CONSTANT})
    for file, cut, values, column in (("rtl", rtl, left, 1), ("netlist", netlist, right, 2)):
        with open(os.path.join(work, file + ".blif"), "w") as out:
            out.write(cut.blif(points, values, [(point[0], point[column]) for point in compared]))
    try:
        said = subprocess.run(["yosys-abc", "-c", "cec -T 100000 -C 1000000 rtl.blif netlist.blif"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", cwd=work, timeout=LIMIT_S).stdout
    except subprocess.TimeoutExpired:
        raise CutError(f"yosys-abc: no answer in {LIMIT_S} s")
    counts = len(rtl.stored), len(compared)
    if "Networks are equivalent" in said:
        return *counts, None
    shown = re.search(r"^Output o(\d+):", said, re.M)
    if "NOT EQUIVALENT" in said and shown:
        return *counts, compared[int(shown[1])][0]
    raise CutError("yosys-abc: " + " | ".join(said.splitlines()[-3:]))
