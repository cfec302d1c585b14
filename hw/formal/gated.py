#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that a module with clock gates and latches, as synthesis reads it, does what its form with enables does.

What      both forms side by side, same inputs, clock edges and levels step by step: from states on in which their registers are equal, these and
          all outputs stay so. Inputs change behind rising edges.
Errors    status 1 where they differ, the proof is not inductive, or --planted finds no difference in a form with a bug.
Test      formal.gated, formal.gated.fails
"""
import argparse
import json
import os
import resource
import sys
import tempfile

from property import Bug, HARDWARE, PropertyError, source
from solver import Sat, SolverError, need, yosys

# Each with parameters, and a bug of its gated form.
CASES = {
    "walker": ("wd_walker", {}, "wd_walker: assign on_part = !gate_i || clear_i || part_q != '0 -> assign on_part = !gate_i || clear_i"),
    "lane": ("wd_walker_lane", {}, "wd_walker_lane: .en_i(write_i[s]) -> .en_i(write_i[0])"),
    "set": ("wd_walker_set", {"PesPerGroup": 2, "GroupsPerWalker": 2}, "wd_walker_set: .en_i(load_i && entry_i[e]) -> .en_i(load_i)"),
    "pe": ("wd_walker_pe", {}, "wd_walker_pe: .clk_i(clk), .go_i(go) -> .clk_i(clk_i), .go_i(go)"),
    "pe_latch": ("wd_walker_pe", {"LatchOperand": 1}, "wd_walker_pe: if (!clk) begin -> if (clk) begin"),
    "group": ("wd_walker_group", {"PesPerGroup": 1}, "wd_walker_group: .clk_i(clk), .en_i(load) -> .clk_i(clk), .en_i(load_i)"),
    "post_column": ("wd_post_column", {}, "wd_post_column: if (step_q[s]) -> if (step_q[s/2])"),
    "decoder_chunk": ("wd_decoder_chunk", {}, "wd_decoder_chunk: .en_i(on) -> .en_i(mine)"),
    "decoder_free": ("wd_decoder_free", {}, "wd_decoder_free: .en_i(begin_i || free_i) -> .en_i(begin_i)"),
    "decoder_table": ("wd_decoder_table", {}, "wd_decoder_table: .en_i(lengths_i || check_i || symbols_i) -> .en_i(lengths_i || check_i)"),
    "decoder_unit": ("wd_decoder_unit", {}, "wd_decoder_unit: .en_i(on_token) -> .en_i(on_step)"),
    "decoder_generator": ("wd_decoder_generator", {}, "wd_decoder_generator: .en_i(!sign_keys_done) -> .en_i(move)"),
    "speck": ("wd_speck", {}, "wd_speck: .en_i(move_i) -> .en_i(1'b1)"),
    "speck_keys": ("wd_speck_keys", {}, "wd_speck_keys: .en_i(start_i || !done_o) -> .en_i(!done_o)"),
}
STEPS = 4  # two cycles: what clk2fflogic remembers of the step before is settled


def form(work, module, parameters, name, synthesis, bug=None):
    """Reads one form as module `name`; its ports, and its registers by name."""
    folder, files = os.path.join(work, name), []
    os.makedirs(folder)
    for file in sorted(os.listdir(os.path.join(HARDWARE, "rtl"))):
        path = os.path.join(HARDWARE, "rtl", file)
        if bug and file == bug.module + ".sv":
            with open(path) as original:
                text = bug.plant(original.read())
            path = os.path.join(folder, file)
            with open(path, "w") as planted:
                planted.write(text)
        if file.endswith(".sv") and not file.endswith("_pkg.sv"):
            files.append(path)
    packages = [source("wd_arch_pkg"), source("wd_fp_pkg")]
    yosys(work, name, [
        f"read_verilog -defer -sv {'' if synthesis else '-formal '}{' '.join(packages + files)}",
        *(f"chparam -set {key} {value} {module}" for key, value in parameters.items()), f"hierarchy -top {module}",
        "proc", "flatten", "opt_expr", "opt_clean", f"rename -top {name}", f"write_json {work}/{name}.json", f"write_rtlil {work}/{name}.il"])
    with open(f"{work}/{name}.json") as file:
        read = json.load(file)["modules"][name]
    stored = {bit for cell in read["cells"].values() if "ff" in cell["type"] for bit in cell["connections"]["Q"]}
    registers = {net: len(of["bits"]) for net, of in read["netnames"].items() if not of["hide_name"] and set(of["bits"]) <= stored}
    return {port: (of["direction"], len(of["bits"])) for port, of in read["ports"].items()}, registers


def harness(ports, registers):
    """Both forms on one clock, as Verilog."""
    inputs = {port: bits for port, (direction, bits) in ports.items() if direction == "input" and port != "clk_i"}
    outputs = {port: bits for port, (direction, bits) in ports.items() if direction == "output"}
    lines = ["module gated (" + ", ".join(f"input [{bits - 1}:0] {port}" for port, bits in inputs.items()) + ");",
             "(* gclk *) wire gclk; reg clk = 0; always @(posedge gclk) clk <= !clk;"]
    for form_name in ("plain", "synthesised"):
        pins = [".clk_i(clk)"] + [f".{port}({port})" for port in inputs] + [f".{port}({port}_{form_name})" for port in outputs]
        lines += [f"wire [{bits - 1}:0] {port}_{form_name};" for port, bits in outputs.items()]
        lines += [f"{form_name} u_{form_name} ({', '.join(pins)});"]
        lines += [f"(* hierconn *) wire [{bits - 1}:0] \\u_{form_name}.{net} ;" for net, bits in registers.items()]
    for port, bits in inputs.items():
        lines += [f"reg [{bits - 1}:0] {port}_last; always @(posedge gclk) {port}_last <= {port};"]
    equal = [f"\\u_plain.{net} == \\u_synthesised.{net} " for net in registers]
    lines += ["always @* begin"]
    lines += [f"if (!$initstate && !clk) assume ({port} == {port}_last);" for port in inputs]
    lines += [f"if ($initstate) assume ({same});" for same in equal]
    lines += [f"if (!$initstate) assert ({same});" for same in equal]
    lines += [f"if (!$initstate) assert ({port}_plain == {port}_synthesised);" for port in outputs]
    return "\n".join(lines + ["end", "endmodule", ""])


def compare(case, planted):
    """What is wrong, or None."""
    module, parameters, text = CASES[case]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as work:
        ports, plain = form(work, module, parameters, "plain", False)
        _, gated = form(work, module, parameters, "synthesised", True, Bug(text) if planted else None)
        registers = {net: bits for net, bits in plain.items() if gated.get(net) == bits}
        with open(f"{work}/gated.sv", "w") as file:
            file.write(harness(ports, registers))
        asked = Sat(work, "gated")
        yosys(work, "model", [f"read_rtlil {work}/plain.il", f"read_rtlil {work}/synthesised.il", f"read_verilog -formal -sv {work}/gated.sv",
                              "hierarchy -top gated", "proc", "flatten", "opt_expr", "opt_clean", "check -assert", "memory_map", "clk2fflogic",
                              *asked.finish()])
        difference = asked.violation(2 * STEPS if planted else STEPS)
        gap = not difference and not planted and asked.gap(STEPS)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    if planted:
        if difference:
            print(f"{case}: found: {text}: {difference.replace('cycles', 'half cycles')}", flush=True)
        return None if difference else f"not found: {text}"
    if difference or gap:
        return f"{module}: " + (f"differ {difference}" if difference else "not inductive")
    print(f"{case}: {module}: {sum(registers.values())} registers and all outputs equal for ever, {spent.ru_utime - used.ru_utime:.1f} s of processor time",
          flush=True)
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    options.add_argument("--planted", action="store_true", help="plant a bug in the gated form and demand that it is found")
    options.add_argument("case", nargs="*", help=f"default: all of {', '.join(CASES)}")
    given = options.parse_args()
    for case in given.case:
        if case not in CASES:
            sys.exit(f"gated.py: case '{case}': not one of {', '.join(CASES)}")
    need("yosys")
    wrong = 0
    for case in given.case or CASES:
        problem = compare(case, given.planted)
        if problem:
            print(f"gated.py: {case}: {problem}", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (PropertyError, SolverError) as error:
        sys.exit(f"gated.py: {error}")
