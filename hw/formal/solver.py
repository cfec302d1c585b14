# SPDX-License-Identifier: Apache-2.0
"""Runs Yosys, its `sat` and yosys-smtbmc with z3.

What      z3 keeps words whole and is better at sums and counters, `sat` (MiniSat) at selections and shifts.
Errors    SolverError: what a tool said, a tool that is missing, a proof that takes too much processor time.
"""
import os
import resource
import shutil
import subprocess

PACKAGES = {"yosys": "yosys", "yosys-smtbmc": "yosys", "z3": "z3"}
LIMIT_CPU_S = 300  # of one call: a solver needs hours, and memory, for what it does not find at once
LIMIT_BYTES = 6 << 30


class SolverError(Exception):
    pass


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise SolverError(f"{tool} was not found; install Debian's package {PACKAGES[tool]}")


def _run(command, work):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_CPU_S, LIMIT_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=work, preexec_fn=limit)
    if done.returncode < 0:
        raise SolverError(f"{command[0]}: no answer in {LIMIT_CPU_S} s of processor time")
    return done


def yosys(work, name, lines):
    """Runs commands; Yosys's log."""
    script = os.path.join(work, name + ".ys")
    with open(script, "w") as file:
        file.write("\n".join(lines) + "\n")
    done = _run(["yosys", "-q", "-l", os.path.join(work, name + ".log"), script], work)
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line] or done.stdout.splitlines()[-3:]
        raise SolverError("yosys failed: " + " | ".join(errors[:3]))
    with open(os.path.join(work, name + ".log"), errors="replace") as file:
        return file.read()


class Smt:
    """A model, written by Yosys, for z3."""

    def __init__(self, work, top):
        self.work, self.file = work, os.path.join(work, top + ".smt2")

    def finish(self):
        """Commands that end the script which has made the model."""
        return ["opt -fast", "dffunmap", f"write_smt2 -wires {self.file}"]

    def _ask(self, *arguments):
        done = _run(["yosys-smtbmc", "-s", "z3", "--noprogress", *arguments, self.file], self.work)
        if done.returncode == 0 and "Status: PASSED" in done.stdout:
            return None
        failed = [line.split("Assert failed in ", 1)[1] for line in done.stdout.splitlines() if "Assert failed in " in line]
        if not failed:
            raise SolverError("yosys-smtbmc: " + " | ".join(done.stdout.splitlines()[-3:]))
        return failed[0]

    def violation(self, steps):
        """The assertion that is broken within so many steps from the initial states, or None. Assumptions that cannot hold are an error."""
        return self._ask("--presat", "-t", str(steps))

    def gap(self, steps):
        """The assertion that does not follow from so many steps in which all held, or None: with `violation` of as many, a proof."""
        return self._ask("-i", "-t", str(steps))


class Sat:
    """The same for MiniSat. Yosys does not name the assertion: the values of the broken run do."""

    def __init__(self, work, top):
        self.work, self.top, self.file = work, top, os.path.join(work, top + ".il")

    def finish(self):
        return ["opt -fast", "dffunmap", f"write_rtlil {self.file}"]

    def _ask(self, options):
        return yosys(self.work, "sat", [f"read_rtlil {self.file}", f"sat -set-assumes {options} {self.top}"])

    def violation(self, steps):
        if "SAT solving finished - model found" not in self._ask("-seq 1"):
            raise SolverError("its assumptions cannot hold")
        output = self._ask(f"-prove-asserts -tempinduct -tempinduct-baseonly -maxsteps {steps}")
        if "Reached maximum number of time steps -> proved base case" in output:
            return None
        if "SAT temporal induction proof finished - model found for base case: FAIL!" not in output:
            raise SolverError("yosys: sat ended without a result")
        return "after " + str(output.count("Trying induction with length")) + " cycles"

    def gap(self, steps):
        output = self._ask(f"-prove-asserts -tempinduct -tempinduct-inductonly -maxsteps {steps}")
        return None if "Induction step proven: SUCCESS!" in output else "an assertion"


SOLVERS = {"z3": Smt, "sat": Sat}
