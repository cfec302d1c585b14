#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises the chip's logic for a liberty file and prints each module's area and slowest paths, and the slowest
paths between modules.

Area      um2 of cells, no wires; SRAM is not synthesised: memories are cut at their ports.
Paths     ns of clock period: ideal clock, typical cells of the library, no wires; nets of more than 16 sinks between
          modules are buffered. reg: from flop or memory; in, out: from a port, to a port of the module.
Shape     --pes defaults to a slice of 16 PEs per group: what is around the array does not depend on it, but for the
          expander, the weight buffer and the sum selection of wd_post. --pes 64 is the chip.

examples:
  hw/syn/timing.py                                  the chip in Debian's 180-nm library
  hw/syn/timing.py --liberty sg13g2_stdcell_typ_1p20V_25C.lib --module wd_post --module wd_expander --pes 64
  hw/syn/timing.py --cut wd_organisation            all but the array
  hw/syn/timing.py --rtl ../before/hw/rtl --module wd_post_lane --json before.json
  hw/syn/timing.py --check                          synthesizes, no latch but the clock gate's, no implicit wire
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

from liberty import Library, LibertyError
from netlist import Synthesis, SynthesisError, base_name
from paths import worst

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = {"yosys": "yosys", "sta": "opensta"}


class Options(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f"timing.py: {message}; --help lists the options")


def assignment(text):
    name, equals, value = text.partition("=")
    if not name or not equals or not value.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not Parameter=Number")
    return name, int(value)


def positive(kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e6:
            raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
        return value
    return parse


def read_options():
    options = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = options.add_argument
    add("--liberty", default="/usr/share/qflow/tech/osu018/osu018_stdcells.lib", metavar="FILE", help="cells (default: qflow's osu018)")
    add("--top", default="wd_top", metavar="MODULE", help="where elaboration starts (default: wd_top)")
    add("--module", action="append", metavar="MODULE", help="only this one and what is below it, with the parameters that it has in the top module; may be repeated")
    add("--cut", action="append", default=[], metavar="MODULE", help="leave this one out, its ports are open; may be repeated")
    add("--pes", type=positive(int), default=16, metavar="N", help="PesPerGroup of wd_top (default: 16)")
    add("--set", type=assignment, action="append", default=[], metavar="Param=Value", help="another parameter of the top module; may be repeated")
    add("--rtl", default=os.path.join(HERE, "../rtl"), metavar="FOLDER", help="another version's hw/rtl")
    add("--period", type=positive(float), default=2.0, metavar="NS", help="clock period that synthesis aims at (default: 2)")
    add("--effort", choices=("speed", "area"), default="speed", help="speed: logic keeps its depth; area: Yosys's own script (default: speed)")
    add("--paths", type=positive(int), default=15, metavar="N", help="slowest pairs of modules to list (default: 15)")
    add("--json", metavar="FILE", help="write the figures as JSON")
    add("--check", action="store_true", help="elaborate and check only; needs no library")
    return options.parse_args()


def measure(synthesis, options, derived, names):
    netlist = synthesis.synthesise(derived, options.period, options.cut, names)
    areas, instances, order = netlist.areas(), netlist.instances(), netlist.order()
    modules = [name for name in reversed(order) if name not in netlist.cut]
    found = worst(synthesis, netlist, options.period, modules)
    rows = []
    for name in modules:
        row = {"module": name, "instances": instances[name], "area_own_um2": areas[name][0], "area_um2": areas[name][1]}
        for kind, paths in found[name].items():
            row[{"clk": "reg_reg", "in_reg": "in_reg", "reg_out": "reg_out", "in_out": "in_out"}[kind] + "_ns"] = paths[0][0] if paths else None
        rows.append(row)
    ends = {}
    for kind, paths in found[netlist.top].items():
        for delay, start, end in paths:
            pair = ("input" if kind.startswith("in") else netlist.module_of(start),
                    "output" if kind.endswith("out") else netlist.module_of(end))
            if pair not in ends or ends[pair][0] < delay:
                ends[pair] = delay, start, end
    pairs = [{"from": pair[0], "to": pair[1], "ns": delay, "start": start, "end": end}
             for pair, (delay, start, end) in sorted(ends.items(), key=lambda item: -item[1][0])]
    return {"top": netlist.top, "modules": rows, "paths": pairs[: options.paths]}


def show(result, period):
    def number(value, form):
        return "-" if value is None else format(value, form)

    width = max(len(row["module"]) for row in result["modules"])
    print(f"\n{'module':{width}} {'count':>5} {'own um2':>10} {'um2':>10} {'reg-reg':>8} {'in-reg':>8} {'reg-out':>8} {'in-out':>8}")
    for row in result["modules"]:
        print(f"{row['module']:{width}} {row['instances']:5} {row['area_own_um2']:10.0f} {row['area_um2']:10.0f} "
              + " ".join(f"{number(row[kind + '_ns'], '.2f'):>8}" for kind in ("reg_reg", "in_reg", "reg_out", "in_out")))
    print(f"\nslowest paths in {result['top']}, ns of clock period (aim: {period:g})")
    for path in result["paths"]:
        print(f"{path['ns']:7.2f}  {path['from']} -> {path['to']}   {path['start']} -> {path['end']}")


def main():
    options = read_options()
    for tool in PACKAGES if not options.check else ["yosys"]:
        if shutil.which(tool) is None:
            sys.exit(f"timing.py: {tool} was not found; install Debian's package {PACKAGES[tool]}")
    if options.json and not os.path.isdir(os.path.dirname(os.path.abspath(options.json))):
        sys.exit(f"timing.py: {options.json}: its folder does not exist")
    if options.json and os.path.isdir(options.json):
        sys.exit(f"timing.py: {options.json}: is a folder; --json names a file")
    parameters = dict(([("PesPerGroup", options.pes)] if options.top == "wd_top" else []) + options.set)
    with tempfile.TemporaryDirectory() as work:
        synthesis = Synthesis(work, options.rtl, None if options.check else Library(options.liberty), options.effort)
        names = synthesis.elaborate(options.top, parameters)
        if options.check:
            synthesis.check(options.top)
            print(f"{len(names)} modules synthesize, no latch but the clock gate's, no implicit wire")
            return
        for module in options.cut:
            if module not in map(base_name, names):
                sys.exit(f"timing.py: --cut '{module}': not below {options.top}; these are: {', '.join(sorted(set(map(base_name, names))))}")
        wanted = {}
        for module in options.module or [options.top]:
            wanted[module] = next((name for name in names if base_name(name) == module), None)
            if wanted[module] is None:
                sys.exit(f"timing.py: module '{module}': not below {options.top}; --top elaborates it by itself")
        results = []
        for derived in wanted.values():
            results.append(measure(synthesis, options, derived, names))
            show(results[-1], options.period)
    if options.json:
        with open(options.json + ".part", "w") as file:
            json.dump({"liberty": options.liberty, "period_ns": options.period, "top": options.top, "parameters": parameters,
                       "cut": options.cut, "results": results}, file, indent=1)
        os.replace(options.json + ".part", options.json)


if __name__ == "__main__":
    try:
        main()
    except (LibertyError, SynthesisError) as error:
        sys.exit(f"timing.py: {error}")
