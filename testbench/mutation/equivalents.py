# SPDX-License-Identifier: Apache-2.0
"""Mutants that a person found to change nothing, each with the reason: equivalent.json."""
import json
from pathlib import Path

from built_tree import Broken
from mutants import mutants_of

KEYS = ("file", "line", "mutated", "reason")


def read_equivalents(path, root):
    """(file, line, mutated line) -> reason. Refused: an entry that fits no mutant of today's sources, or says no reason."""
    found, all_of = {}, {}
    entries = json.loads(Path(path).read_text()) if Path(path).exists() else []
    for number, entry in enumerate(entries, 1):
        where = f"{path}: entry {number}"
        if sorted(entry) != sorted(KEYS) or not all(isinstance(entry[k], str) and entry[k].strip() for k in KEYS):
            raise Broken(f"{where}: it has to have the texts {', '.join(KEYS)}, and has {', '.join(entry)}")
        file = entry["file"]
        if file not in all_of:
            if not (Path(root) / file).is_file():
                raise Broken(f"{where}: there is no file '{file}'; remove the entry")
            all_of[file] = {(m.before, m.after) for m in mutants_of(file, (Path(root) / file).read_text())}
        if (entry["line"], entry["mutated"]) not in all_of[file]:
            raise Broken(f"{where}: no mutation of {file} makes '{entry['mutated']}' of '{entry['line']}'; look at the line as it is now, "
                         "then mend the entry or remove it")
        found[file, entry["line"], entry["mutated"]] = entry["reason"]
    return found
