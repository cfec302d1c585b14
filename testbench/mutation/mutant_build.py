# SPDX-License-Identifier: Apache-2.0
"""Makes the programs of one mutant in a folder of its own, with what the built tree has and did not change.

Only what reads the mutated file is compiled again, and linked before the libraries that have it unchanged: the linker then takes no
object of theirs that defines the same. Verilated models are made again likewise.
"""
import os
import re
from pathlib import Path

from built_tree import Broken

COMPILE_CPU_S = 600
_UNOPTIMIZED = re.compile(r"(Slow|__Syms)[^/]*\.cpp$")


class Stopped(Exception):
    """A step of the build did not end well: `outcome` says how."""

    def __init__(self, outcome, output):
        super().__init__(outcome)
        self.outcome, self.output = outcome, output


class MutantBuild:
    def __init__(self, built, runner, folder, path, text):
        self.built, self.runner, self.folder = built, runner, Path(folder)
        self.original = str(built.tree / path)
        self.path = path
        self.overlay = self.folder / "overlay"  # comes first where includes are looked for
        self.mutated = self.overlay / path
        self.mutated.parent.mkdir(parents=True)
        self.mutated.write_text(text)
        self.objects, self.made = {}, {}

    def _run(self, command, cwd=None):
        environment = dict(os.environ, CCACHE_DISABLE="1", LC_ALL="C")
        ended = self.runner.run(command, str(cwd or self.built.build_folder), COMPILE_CPU_S, environment)
        if ended.hung:
            raise Stopped("hung", ended.output)
        if ended.status != 0:
            raise Stopped("not compiling", ended.output)

    def _new(self, name):
        path = self.folder / f"{len(self.objects) + len(self.made)}_{os.path.basename(name)}"
        return path

    def _compile(self, of, changes=(), source=None):
        """@param changes in the command: (text, text)"""
        key = (of, changes)
        if key in self.objects:
            return self.objects[key]
        command, original = self.built.compile_commands[of]
        if source is None:
            source = str(self.mutated) if original == self.original else original
        to = str(self._new(of))
        command = re.sub(r" -M(D|MD|T \S+|F \S+)\b", "", command)
        command = re.sub(r" -o \S+", f" -o {to}", command)
        command = re.sub(r" -c \S+$", f" -c {source}", command)
        command = command.replace(" -Werror", "").replace("/usr/bin/ccache ", "")
        for before, after in changes:
            command = command.replace(before, after)
        compiler, _, rest = command.partition(" ")
        self._run(f"exec {compiler} -w -I{self.overlay} -MD -MF {to}.d {rest}")
        if not self.path.endswith(".sv") and str(self.mutated) not in Path(f"{to}.d").read_text():
            raise Broken(f"{of} does not read '{self.path}' by its path from the root, and would not be mutated; include it from the root")
        self.objects[key] = to
        return to

    def _verilate(self, name, folder, signals):
        """@return objects of the model made again, and its folder"""
        key = (name, signals)
        if key in self.made:
            return self.made[key]
        to = self.folder / f"model_{name}"
        words = [str(self.mutated) if w == self.original else w for w in self.built.verilator_command(folder)]
        if not signals:
            words = re.sub(r" --trace( |$)| --trace-max-width \d+", r" ", " ".join(words)).split()
        words[words.index("--Mdir") + 1] = str(to)
        self._run(words + ["-Wno-fatal"])
        files = sorted(p for p in os.listdir(to) if p.endswith(".cpp"))
        include = re.search(r"-(?:I|isystem )(\S+)/vltstd\b", " ".join(c for c, _ in self.built.compile_commands.values())).group(1)
        objects = []
        for unit, optimize in (("fast", "-O1"), ("slow", "-O0")):
            of = [f for f in files if bool(_UNOPTIMIZED.search(f)) == (unit == "slow")]
            (to / f"{unit}_unit.cpp").write_text("".join(f'#include "{f}"\n' for f in of))
            trace = int("--trace" in words)
            self._run(["c++", "-std=c++20", "-w", optimize, f"-DVM_TRACE={trace}", f"-DVM_TRACE_VCD={trace}", f"-I{to}", "-isystem", include,
                       "-isystem", f"{include}/vltstd", "-c", f"{to}/{unit}_unit.cpp", "-o", f"{to}/{unit}.o"])
            objects.append(f"{to}/{unit}.o")
        self.made[key] = objects, to
        return self.made[key]

    def program(self, program, models):
        """@param models those to make again, or None: all that have the file  @return path, or None: it does not read the file"""
        key = ("program", program, models)
        if key in self.made:
            return self.made[key]
        replaced = {}
        if self.path.endswith(".sv"):
            new = self._models(program, models, replaced)
        else:
            for of in self.built.objects(program):
                if self.original in self.built.read_by.get(of, ()) or self.built.compile_commands[of][1] == self.original:
                    replaced[of] = self._compile(of)
            new = []
        if not replaced and not new:
            return None
        to = str(self._new(program)) + ".program"
        self._run(self._linked(program, replaced, new, to))
        self.made[key] = to
        return to

    def _models(self, program, wanted, replaced):
        new, known = [], self.built.models(program)
        if wanted is not None and not set(wanted) <= set(known):
            raise Broken(f"the table names model '{','.join(wanted)}', but {program} links {' '.join(sorted(known))}")
        for name, folder in sorted(known.items()):
            if (wanted is not None and name not in wanted) or self.original not in self.built.verilator_command(folder):
                continue
            users = [of for of in self.built.objects(program) if not self.built.compile_commands[of][1].startswith(f"{folder}/")
                     and any(path.startswith(f"{folder}/") for path in self.built.read_by.get(of, ()))]
            sources = {of: self._without_signals(of) for of in users}
            objects, to = self._verilate(name, folder, signals=not any(sources.values()))
            new += objects
            for of in users:
                replaced[of] = self._compile(of, ((f"{folder}", f"{to}"),), sources[of])
        return new

    def _without_signals(self, of):
        """The source with a configuration of the RTL whose signals nobody watches: half of the code is for them."""
        source = self.built.compile_commands[of][1]
        text = Path(source).read_text()
        quiet = re.sub(r"configuration_of<(\w+), (\w+), \1, \2,", r"configuration_of<\1, \2, void, void,", text)
        if quiet == text:
            return None
        to = self._new(source)
        to.write_text(quiet)
        return str(to)

    def _linked(self, program, replaced, new, to):
        command = self.built.link_command(program)
        command = command.removeprefix(": && ").removesuffix(" && :")
        command = re.sub(r" -o \S+", f" -o {to} " + " ".join(new + [o for of, o in replaced.items() if f" {of} " not in command]), command)
        for of, path in replaced.items():
            command = command.replace(f" {of} ", f" {path} ")
        return "exec " + command

    def farm(self):
        """The tree by links, but the mutated file: for scripts that read sources."""
        root = self.folder / "farm"
        if not root.exists():
            for path in self.built.sources:
                link = root / os.path.relpath(path, self.built.tree)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(self.mutated if path == self.original else path)
        return root
