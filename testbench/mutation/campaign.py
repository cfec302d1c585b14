# SPDX-License-Identifier: Apache-2.0
"""Runs mutants against the tests that can see them, and keeps each result by what it depends on."""
import fnmatch
import hashlib
import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from built_tree import Broken
from mutant_build import MutantBuild, Stopped

FINAL = ("killed", "not compiling", "hung")


@dataclass(frozen=True)
class Sight:
    """A test as the table names it: rtl.core@small makes only that model of RTL again."""
    name: str
    models: tuple = None

    def __str__(self):
        return self.name if self.models is None else f"{self.name}@{','.join(self.models)}"


class Table:
    """Lines `part pattern...: test...`; a file's tests are those of all lines that match it, in their order; `- pattern` leaves out."""

    def __init__(self, path):
        self.rows, self.left_out = [], []
        for number, line in enumerate(Path(path).read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if line.startswith("- "):
                self.left_out += line[2:].split()
            elif line:
                head, colon, tests = line.partition(": ")
                part, *patterns = head.split()
                if not colon or not patterns:
                    raise Broken(f"{path}:{number}: a line is 'part pattern...: test...' or '- pattern...', not '{line}'")
                self.rows.append((part, patterns, tests.split()))

    def part(self, path):
        if any(fnmatch.fnmatch(path, p) for p in self.left_out):
            return None
        return next((part for part, patterns, _ in self.rows if any(fnmatch.fnmatch(path, p) for p in patterns)), None)

    def tests(self, path, known):
        found = {}
        for _, patterns, tests in self.rows:
            if any(fnmatch.fnmatch(path, p) for p in patterns):
                for test in tests:
                    name, at, models = test.partition("@")
                    names = [n for n in known if fnmatch.fnmatch(n, name)]
                    if not names:
                        raise Broken(f"the table names test '{name}', which ctest does not have")
                    for n in names:
                        found[Sight(n, tuple(models.split(",")) if at else None)] = True
        return list(found)


class Results:
    """One small file each, so that a stop loses none."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def _path(self, key):
        return self.folder / key[:2] / f"{key}.json"

    def get(self, key):
        try:
            return json.loads(self._path(key).read_text())
        except FileNotFoundError:
            return None

    def put(self, key, result):
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{threading.get_ident()}")
        new.write_text(json.dumps(result, indent=1))
        os.replace(new, path)


class Campaign:
    def __init__(self, built, table, results, runner, work, least_cpu_s):
        self.built, self.table, self.results, self.runner = built, table, results, runner
        self.work, self.least_cpu_s = Path(work), least_cpu_s
        self.texts = {}

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = (self.built.root / path).read_text()
        return self.texts[path]

    def sights(self, path):
        """Tests that can see a change of the file, in their order."""
        original = str(self.built.tree / path)
        found = [s for s in self.table.tests(path, self.built.tests)
                 if self._script(s) or any(original in self.built.files_of(p) for p in self._programs(s))]
        if not found:  # else its mutants would survive, and nobody would have looked
            raise Broken(f"no test that the table names reads '{path}'; name one for it, or leave the file out ('- {path}')")
        return found

    def _programs(self, sight):
        return [self.built.programs[w] for w in self.built.tests[sight.name].command if w in self.built.programs]

    def _script(self, sight):
        return not self._programs(sight)

    def programs(self, paths):
        """What has to be built for the tests of files."""
        return sorted({p for path in paths for s in self.table.tests(path, self.built.tests) for p in self._programs(s)})

    def key(self, sight, path=None, text=""):
        test = self.built.tests[sight.name]
        if self._script(sight):
            files = self.built.sources
        else:
            files = frozenset().union(*(self.built.files_of(p) for p in self._programs(sight)))
        files = files - {str(self.built.tree / path)} if path else files
        print_of = self.built.fingerprint(files, [str(sight), *test.command])
        return hashlib.sha256(f"{print_of}\0{path}\0{text}".encode()).hexdigest()

    def check_unchanged(self, sights):
        """Each test passes without a mutation; tells how long it takes."""
        for sight in sorted({Sight(s.name) for s in sights}, key=str):
            key = self.key(sight)
            if self.results.get(key) is None:
                test = self.built.tests[sight.name]
                print(f"without a mutation: {sight.name}", flush=True)
                ended = self.runner.run(test.command, test.cwd, 3600)
                if ended.status != 0:
                    raise Broken(f"{sight.name} fails without any mutation; its last words: {ended.output[-400:].strip()}")
                self.results.put(key, {"test": sight.name, "outcome": "passed", "cpu_s": round(ended.cpu_s, 3)})

    def limit_s(self, sight):
        """Of processor time: much more than it takes unchanged."""
        return self.least_cpu_s + 6 * self.results.get(self.key(Sight(sight.name)))["cpu_s"]

    def known(self, mutant):
        """(outcome, test, seconds of all tests) as far as results tell: outcome None: not all was run."""
        text, seconds = mutant.apply(self.text(mutant.path)), 0
        for sight in self.sights(mutant.path):
            result = self.results.get(self.key(sight, mutant.path, text))
            if result is None:
                return None, None, seconds
            seconds += result["cpu_s"]
            if result["outcome"] in FINAL:
                return result["outcome"], str(sight), seconds
        return "survived", None, seconds

    def run(self, mutants, jobs, told):
        """@param told called with each mutant and its outcome, test and seconds"""
        pool = ThreadPoolExecutor(jobs)
        lock = threading.Lock()

        def one(mutant):
            self.run_one(mutant)
            with lock:
                told(mutant, *self.known(mutant))
        waiting = [pool.submit(one, m) for m in mutants]
        try:
            for future in waiting:
                future.result()
        except BaseException:
            self.runner.stop()
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()

    def run_one(self, mutant):
        text = mutant.apply(self.text(mutant.path))
        folder = self.work / "run" / mutant.id
        shutil.rmtree(folder, ignore_errors=True)
        try:
            build = MutantBuild(self.built, self.runner, folder, mutant.path, text)
            for sight in self.sights(mutant.path):
                key = self.key(sight, mutant.path, text)
                result = self.results.get(key)
                if result is None:
                    result = dict(mutant=str(mutant), test=str(sight), **self._try(build, sight))
                    self.results.put(key, result)
                if result["outcome"] in FINAL:
                    return
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _try(self, build, sight):
        test = self.built.tests[sight.name]
        command, mutated = list(test.command), False
        try:
            if self._script(sight):
                command, mutated = [w.replace(str(self.built.tree), str(build.farm())) for w in command], True
            for i, word in enumerate(command):
                program = self.built.programs.get(word) and build.program(self.built.programs[word], sight.models)
                if program:
                    command[i], mutated = program, True
        except Stopped as stopped:
            return {"outcome": stopped.outcome, "cpu_s": 0, "said": stopped.output[-300:]}
        if not mutated:
            return {"outcome": "passed", "cpu_s": 0}
        if "NoTests" in command:
            command.append("--abort")  # Catch: one failure is enough
        ended = self.runner.run(command, test.cwd, self.limit_s(sight))
        outcome = "hung" if ended.hung else "killed" if ended.status != 0 else "passed"
        return {"outcome": outcome, "cpu_s": round(ended.cpu_s, 3), "status": ended.status, "said": ended.output[-300:] if outcome != "passed" else ""}
