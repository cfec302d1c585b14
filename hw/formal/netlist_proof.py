#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the netlist of each module is its RTL: Yosys reads and synthesises, ABC compares.

What      each module of an elaborated chip, as synthesis reads it (clock gates, latches, parameters from the chip's), against its netlist of library
          cells by hw/syn/netlist.py, wd_fp_* and wd_lanes_* flattened into it. Both are cut at flops, latches, instances and memories. What goes into
          these, clocks too, and out of the module has to be the same function of what comes out of them: by induction the two do the same for ever
          from any state on in which their flops are equal.
Not       initial states, delays, memory arrays. Of flops that nothing uses, of those that always hold the same and of constant ones, the netlist may
          have fewer. Registers of what a memory gives stay outside of it. x is 0 on both sides, but for what is not written into a memory.
Errors    status 1 where they differ, with the name of a point that does, or where --planted finds no difference.
Test      formal.netlist, formal.netlist.all, formal.netlist.fails

examples:
  hw/formal/netlist_proof.py                            every module of a small chip
  hw/formal/netlist_proof.py wd_walker wd_post_column   some of them
  hw/formal/netlist_proof.py --planted                  one gate of each netlist is inverted; each has to be found
  hw/formal/netlist_proof.py --set PesPerGroup=64 wd_weight_buffer
"""
import argparse
import os
import resource
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../syn"))
from cut_netlist import Cut, CutError, difference  # noqa: E402
from liberty import Library, LibertyError  # noqa: E402
from netlist import Synthesis, SynthesisError, base_name, flattened  # noqa: E402
from property import HARDWARE  # noqa: E402
from solver import SolverError, need, yosys  # noqa: E402

LIBERTY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
TOP = "wd_chip"
# Memories are cut at their pins: fewer rows are narrower addresses.
SMALL = {"PesPerGroup": 16, "Decoders": 2, "WeightRows": 16, "NormRows": 16, "ActRows": 16, "InstrRows": 16, "ScoreRows": 16}
PERIOD_NS = 2.0
# Sums of many operands, which synthesis joins into one tree of carry-save adders: no solver proves that tree from the plain sums in useful time. Of
# these modules the RTL is taken after Yosys has joined the sums.
JOINED_SUMS = {"wd_count_ones"}
# State machines that Yosys recognizes and codes anew, so that no name tells which states are the same: proved of a netlist without that.
RECODED = {"wd_axi_registers", "wd_dma"}
# Instances of which only some outputs come, one bit of many at a time: part of the proof instead of cut.
INLINED = {"wd_axi_registers": {"wd_register_map"}}
# Only asked for by name: cec has no answer in LIMIT_S (products of two variables, in two of them), and, in the last, flops that lose their names.
UNPROVED = {"wd_post_multiply", "wd_post", "wd_post_table", "wd_sequencer", "wd_decoder_generator"}


def rtl_of(work, synthesis, derived, others):
    """The module as it was read, as gates."""
    yosys(work, "rtl", [
        *synthesis.read_module(derived, others), *([f"synth -noabc -top {derived} -run begin:fine"] if base_name(derived) in JOINED_SUMS else ["proc", "flatten", "opt_expr", "opt_clean"]),
        "memory -nomap", "memory_nordff", *synthesis.memory_pins(),
        "techmap", "simplemap", "dfflegalize -cell $_DFF_P_ x -cell $_DFFSR_PNN_ x -cell $_DLATCH_?_ x", "opt_clean", f"write_json {work}/rtl.json"])
    return Cut(f"{work}/rtl.json", derived)


def netlist_of(work, synthesis, derived, others):
    """The module's netlist, each cell of the library as its function."""
    yosys(work, "netlist", [
        *synthesis.read_module(derived, others), *synthesis.cells(derived, PERIOD_NS, ["memory_nordff", *synthesis.memory_pins()], "-nofsm" if base_name(derived) in RECODED else ""), "opt_clean",
        f"read_liberty -overwrite -ignore_miss_func {synthesis.library.path}", f"hierarchy -top {derived}", "flatten", "techmap", "simplemap", "opt_clean",
        f"write_json {work}/netlist.json"])
    return Cut(f"{work}/netlist.json", derived)


def prove(synthesis, derived, names, planted):
    """What is wrong, or None."""
    used, module = resource.getrusage(resource.RUSAGE_CHILDREN), base_name(derived)
    others = [name for name in names if name != derived and not flattened(base_name(name)) and base_name(name) not in INLINED.get(module, ())]
    with tempfile.TemporaryDirectory() as work:
        rtl, netlist = rtl_of(work, synthesis, derived, others), netlist_of(work, synthesis, derived, others)
        if planted:
            if not netlist.gates:
                return None  # nothing but instances
            netlist.invert(zlib.crc32(module.encode()))
        stored, compared, point = difference(rtl, netlist, work)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    if planted:
        if point:
            print(f"{module}: found: {point}", flush=True)
        return None if point else "not found: an inverted gate"
    if point:
        return f"{point} is another function in the netlist"
    print(f"{module}: {stored} stored bits, {compared} functions equal, {spent.ru_utime - used.ru_utime:.1f} s of processor time", flush=True)
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    options.add_argument("--planted", action="store_true", help="invert a gate of each netlist and demand that it is found")
    options.add_argument("--liberty", default=LIBERTY, metavar="FILE", help="cells (default: qflow's osu018)")
    options.add_argument("--set", action="append", default=[], metavar="Param=Value", help="another parameter of wd_chip; may be repeated")
    options.add_argument("module", nargs="*", help=f"default: all of the chip but {', '.join(UNPROVED)}")
    given = options.parse_args()
    need("yosys")
    parameters = dict(SMALL)
    for text in given.set:
        name, equals, value = text.partition("=")
        if not equals or not value.isdigit():
            sys.exit(f"netlist_proof.py: --set '{text}' is not Parameter=Number")
        parameters[name] = value
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        synthesis = Synthesis(work, os.path.join(HARDWARE, "rtl"), Library(given.liberty))
        names = synthesis.elaborate(TOP, parameters)
        modules = {base_name(name) for name in names}
        for module in given.module:
            if module not in modules:
                sys.exit(f"netlist_proof.py: module '{module}': {TOP} has no such; it has {', '.join(sorted(modules))}")
        for derived in names:
            module = base_name(derived)
            if module not in given.module and (given.module or flattened(module) or module == "wd_icg" or module in UNPROVED):
                continue
            try:
                problem = prove(synthesis, derived, names, given.planted)
            except CutError as error:
                problem = str(error)
            if problem:
                print(f"netlist_proof.py: {module}: {problem}", file=sys.stderr, flush=True)
                wrong = 1
    return wrong


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (SolverError, SynthesisError, LibertyError) as error:
        sys.exit(f"netlist_proof.py: {error}")
