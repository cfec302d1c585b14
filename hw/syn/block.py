#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises one block for a liberty file, hierarchy kept, and writes its netlist.json: Yosys' JSON with short module names.

Prints    the name of the top module.
Errors    LibertyError, SynthesisError.
Test      cli.characterize
"""
import argparse
import os
import shutil
import sys

from liberty import Library, LibertyError
from netlist import Synthesis, SynthesisError, base_name
from timing import HERE, Options, PACKAGES, assignment, positive

def main():
    options = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = options.add_argument
    add("--liberty", required=True, metavar="FILE", help="cells")
    add("--top", required=True, metavar="MODULE", help="of hw/rtl or hw/syn/blocks")
    add("--set", type=assignment, action="append", default=[], metavar="Param=Value", help="a parameter of the module; may be repeated")
    add("--module", metavar="MODULE", help="only this one below the top module, with the parameters that it has there")
    add("--cut", action="append", default=[], metavar="MODULE", help="leave this one out; may be repeated")
    add("--rtl", default=os.path.join(HERE, "../rtl"), metavar="FOLDER", help="another version's hw/rtl")
    add("--period", type=positive(float), default=4.0, metavar="NS", help="clock period that synthesis aims at (default: 4)")
    add("--elaborated", metavar="FOLDER", help="where the RTL of this top module is kept, read by Yosys: taken from there, or left there")
    add("--out", required=True, metavar="FOLDER", help="where the files go")
    given = options.parse_args()
    if shutil.which("yosys") is None:
        sys.exit(f"block.py: yosys was not found; install Debian's package {PACKAGES['yosys']}")
    os.makedirs(given.out, exist_ok=True)
    library = Library(given.liberty)
    synthesis = Synthesis(given.out, given.rtl, library)
    block = os.path.join(HERE, "blocks", given.top + ".sv")
    others = [block] if os.path.exists(block) else []
    if given.elaborated and not os.path.exists(given.elaborated):
        part = given.elaborated + ".part"
        os.makedirs(part, exist_ok=True)
        Synthesis(part, given.rtl, library).elaborate(given.top, dict(given.set), others)
        os.rename(part, given.elaborated)
    if given.elaborated:
        names = synthesis.use_elaborated(given.elaborated)
    else:
        names = synthesis.elaborate(given.top, dict(given.set), others)
    wanted = given.module or given.top
    derived = next((name for name in names if base_name(name) == wanted), None)
    if derived is None:
        sys.exit(f"block.py: module '{wanted}': not below {given.top}")
    netlist = synthesis.synthesise(derived, given.period, given.cut, names)
    print(netlist.top)


if __name__ == "__main__":
    try:
        main()
    except (LibertyError, SynthesisError) as error:
        sys.exit(f"block.py: {error}")
