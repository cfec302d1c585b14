# SPDX-License-Identifier: Apache-2.0
"""A private copy of the repository with a build of its own, and what CMake and Ninja know of it."""
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


class Broken(Exception):
    """What a user can mend; its text is a line."""


def sources_of(root):
    """Tracked files and new ones that git does not ignore."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True).stdout
    return sorted(p for p in listed.decode().split("\0") if p and (Path(root) / p).is_file())


def copy_sources(root, tree):
    """Writes what differs, so that Ninja builds only that; removes what is gone."""
    listing = tree / ".sources"
    sources = sources_of(root)
    before = listing.read_text().split("\n") if listing.exists() else []
    for path in set(before) - set(sources):
        (tree / path).unlink(missing_ok=True)
    for path in sources:
        to, data = tree / path, (Path(root) / path).read_bytes()
        if not to.exists() or to.read_bytes() != data:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(root) / path, to)
    listing.write_text("\n".join(sources))


_QUOTED = r'"((?:\\.|[^"\\])*)"'


def _tests_of(file):
    """From what CMake wrote: ctest itself does not tell commands whose program is not built yet."""
    for name, words in re.findall(rf"^add_test\(\[=\[(.*?)\]=\] ((?:{_QUOTED.replace('(', '(?:', 1)}\s*)*)\)", file.read_text(), re.M):
        yield Test(name, [re.sub(r"\\(.)", r"\1", word) for word in re.findall(_QUOTED, words)], str(file.parent))


@dataclass(frozen=True)
class Test:
    name: str
    command: list
    cwd: str


class BuiltTree:
    """Of a tree that is configured; nothing here writes but configure() and build()."""

    def __init__(self, root, tree, build):
        self.root, self.tree, self.build_folder = Path(root), Path(tree), Path(build)

    def configure(self, arguments):
        if not (self.build_folder / "build.ninja").exists():
            self._shell(["cmake", "-G", "Ninja", "-S", self.tree, "-B", self.build_folder, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *arguments])
        else:
            self._shell(["ninja", "-C", self.build_folder, "build.ninja"])  # tests that have come since

    def build(self, targets, jobs):
        environment = dict(os.environ, CCACHE_BASEDIR=str(self.tree))
        self._shell(["ninja", "-C", self.build_folder, "-j", str(jobs), *targets], environment)

    def _shell(self, command, environment=None):
        done = subprocess.run([str(c) for c in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Broken(f"{self.tree}: '{' '.join(map(str, command[:3]))} ...' fails without any mutation; its last words: {done.stdout[-600:].strip()}")

    def _ninja(self, *arguments):
        done = subprocess.run(["ninja", "-t", *arguments], cwd=self.build_folder, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{self.build_folder}: ninja -t {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @functools.cached_property
    def sources(self):
        return frozenset(str(self.tree / path) for path in sources_of(self.root))

    @functools.cached_property
    def tests(self):
        return {test.name: test for file in sorted(self.build_folder.rglob("CTestTestfile.cmake")) for test in _tests_of(file)}

    @functools.cached_property
    def programs(self):
        """Those that are linked here, by their absolute paths."""
        lines = (line.split(": ") for line in self._ninja("targets", "all").splitlines())
        return {str(self.build_folder / name): name for name, rule, *_ in lines if "_EXECUTABLE_LINKER" in rule}

    @functools.cached_property
    def compile_commands(self):
        """Object -> (command, source), of paths relative to the build folder."""
        said = json.loads((self.build_folder / "compile_commands.json").read_text())
        found = {}
        for entry in said:
            output = entry.get("output") or re.search(r" -o (\S+)", entry["command"]).group(1)
            found[os.path.relpath(os.path.join(self.build_folder, output), self.build_folder)] = (entry["command"], entry["file"])
        return found

    @functools.cached_property
    def read_by(self):
        """Object -> the files that the compiler read for it, absolute, of the tree and the build alone."""
        found, current = {}, None
        for line in self._ninja("deps").splitlines():
            if line.startswith("    "):
                path = os.path.normpath(os.path.join(self.build_folder, line.strip()))
                if path.startswith(str(self.tree)):
                    current.add(path)
            elif ": #deps" in line:
                current = found.setdefault(line.split(": #deps")[0], set())
        return found

    @functools.lru_cache(maxsize=None)
    def inputs(self, program):
        return self._ninja("inputs", program).split("\n")

    @functools.lru_cache(maxsize=None)
    def link_command(self, program):
        lines = self._ninja("commands", "-s", program).strip().split("\n")
        return lines[-1]

    def objects(self, program):
        return [i for i in self.inputs(program) if i in self.compile_commands]

    @functools.lru_cache(maxsize=None)
    def models(self, program):
        """Verilated models that the program links: name (as small) -> folder of what cmake/verilate.sh makes."""
        folders = {os.path.dirname(i) for i in self.inputs(program) if i.endswith(".cpp") and os.path.basename(os.path.dirname(os.path.dirname(i))) == "verilated"}
        return {os.path.basename(folder).removeprefix("wd_rtl_").removesuffix("_model"): self.build_folder / folder for folder in folders}

    @functools.lru_cache(maxsize=None)
    def verilator_command(self, folder):
        """What makes a model, as words."""
        unit = os.path.relpath(folder / "fast0.cpp", self.build_folder)
        words = shlex.split(self._ninja("commands", "-s", unit).strip().split("\n")[-1])
        script = [i for i, word in enumerate(words) if word.endswith("/verilate.sh")]
        if not script:
            raise Broken(f"{unit}: is not made by cmake/verilate.sh, whose arguments tell how")
        to, prefix, _, _, *command = words[script[0] + 1:]
        command = command[:command.index("&&")] if "&&" in command else command
        return (*command, "--prefix", prefix, "--Mdir", to, "--make", "cmake")

    @functools.lru_cache(maxsize=None)
    def _digest(self, path):
        """Of the sources as they are, which the copy may be behind of where nothing is run."""
        source = self.root / os.path.relpath(path, self.tree)
        return hashlib.sha256(source.read_bytes()).digest() if source.is_file() else b""

    @functools.lru_cache(maxsize=None)
    def files_of(self, program):
        """Sources that decide how a program is made and what it does."""
        files = set()
        for of in self.objects(program):
            files |= {p for p in self.read_by.get(of, ()) if not p.startswith(str(self.build_folder))}
            files.add(self.compile_commands[of][1])
        for folder in self.models(program).values():
            files |= {word for word in self.verilator_command(folder) if word.startswith(str(self.tree)) and os.path.isfile(word)}
        return frozenset(files)

    def fingerprint(self, files, words):
        total = hashlib.sha256("\0".join(words).replace(str(self.tree), "").encode())
        for path in sorted(files):
            total.update(os.path.relpath(path, self.tree).encode() + b"\0" + self._digest(path))
        return total.hexdigest()
