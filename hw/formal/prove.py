#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves properties of the RTL, by induction with Yosys and z3, or plants a bug in a copy and demands that the proof finds it.

Errors    status 1 where a property does not hold, is not inductive, or a planted bug is not found as a violation from the
          initial states on.
Test      formal.*
"""
import argparse
import os
import resource
import sys
import tempfile

from property import Property, PropertyError, all_names, source
from solver import SOLVERS, SolverError, need, yosys


def parameters(run):
    return " ".join(f"{name}={value}" for name, value in run.items()) or "defaults"


def spent_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def model(work, prop, run, solver, bug=None):
    """A property with some parameters, and with a bug, for the solver."""
    files = []
    for module in prop.modules:
        with open(source(module)) as file:
            # Concurrent assertions are for Verilator; Yosys does not read them. The rules of buses have each as an output, too.
            text = "".join(line for line in file if "assert property" not in line)
        if bug and bug.module == module:
            text = bug.plant(text)
        files.append(os.path.join(work, module + ".sv"))
        with open(files[-1], "w") as file:
            file.write(text)
    if bug and bug.module not in prop.modules:
        raise PropertyError(f"{prop.file}: '{bug.module}' is not among its modules")
    asked = SOLVERS[solver](work, prop.name)
    # -formal: the form with enables, not SYNTHESIS, which Yosys defines otherwise.
    yosys(work, "model", [
        f"read_verilog -defer -formal -sv {source('wd_arch_pkg')} {' '.join(files)} {prop.file}",
        f"hierarchy -top {prop.name} " + " ".join(f"-chparam {name} {value}" for name, value in run.items()),
        "prep -flatten -nordff", "rename -top " + prop.name, "check -assert", "async2sync", "memory_map", *asked.finish()])
    return asked


def prove(prop, solver):
    """What is wrong, or None."""
    for run in prop.runs:
        began = spent_s()
        with tempfile.TemporaryDirectory() as work:
            asked = model(work, prop, run, solver)
            violation = asked.violation(prop.depth + 1)
            if violation:
                return f"{parameters(run)}: broken: {violation}"
            gap = prop.inductive and asked.gap(prop.depth)
            if gap:
                return f"{parameters(run)}: not inductive over {prop.depth} cycles: {gap}"
        how = f"for ever (induction over {prop.depth})" if prop.inductive else f"for {prop.depth} cycles from the initial states"
        print(f"{prop.name}: {parameters(run)}: holds {how}, {spent_s() - began:.1f} s of processor time", flush=True)
    return None


def plant(prop, solver):
    """A bug that no run finds, or None."""
    for bug in prop.bugs:
        found = None
        for run in prop.runs:
            with tempfile.TemporaryDirectory() as work:
                found = model(work, prop, run, solver, bug).violation(prop.steps_to_find)
            if found:
                print(f"{prop.name}: found: {bug}: {found}", flush=True)
                break
        if not found:
            return f"not found: {bug}"
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    options.add_argument("--planted", action="store_true", help="plant the properties' bugs and demand that each is found")
    options.add_argument("--list", action="store_true", help="print the properties and their claims")
    options.add_argument("--solver", choices=SOLVERS, default="sat", help="default: sat")
    options.add_argument("property", nargs="*", help="default: all")
    given = options.parse_args()
    names = given.property or all_names()
    if given.list:
        for name in names:
            print(f"{name}: {Property(name).claim}")
        return 0
    need("yosys", *(["yosys-smtbmc", "z3"] if given.solver == "z3" else []))
    wrong = 0
    for name in names:
        problem = (plant if given.planted else prove)(Property(name), given.solver)
        if problem:
            print(f"prove.py: {name}: {problem}", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (PropertyError, SolverError) as error:
        sys.exit(f"prove.py: {error}")
