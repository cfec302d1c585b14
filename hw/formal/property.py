# SPDX-License-Identifier: Apache-2.0
"""A property: a module of properties/ that instantiates what it is about, with assumptions and assertions, and whose head says
how it is proved.

Shape     words of the head: `Proves`, the claim; `Modules`, of hw/rtl, hw/gen or hw/sva/bus, that are read; `Runs`, parameters, runs separated by
          ';'; `Depth`, induction over so many cycles, or `Bound`, no induction, so many cycles from reset; `Finds`, cycles in which the planted bugs show (default 8); `Planted`, a line for
          each bug, "MODULE: text -> other text".
Errors    PropertyError: a head that lacks a word, text to replace that is not there once.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
HARDWARE = os.path.normpath(os.path.join(HERE, ".."))
FOLDERS = ("rtl", "gen", "sva/bus")


class PropertyError(Exception):
    pass


def source(module):
    """The file of a module."""
    for folder in FOLDERS:
        path = os.path.join(HARDWARE, folder, module + ".sv")
        if os.path.exists(path):
            return path
    raise PropertyError(f"module '{module}': no {module}.sv in hw/{', hw/'.join(FOLDERS)}")


class Bug:
    """One text of one module, replaced."""

    def __init__(self, text):
        match = re.fullmatch(r"(\w+): (.+) -> (.+)", text)
        if not match:
            raise PropertyError(f"'{text}' is not 'MODULE: text -> other text'")
        self.module, self.old, self.new = match.groups()

    def plant(self, text):
        if text.count(self.old) != 1:
            raise PropertyError(f"{self.module}: '{self.old}' is there {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)

    def __str__(self):
        return f"{self.module}: {self.old} -> {self.new}"


class Property:
    def __init__(self, name):
        self.name, self.file = name, os.path.join(HERE, "properties", name + ".sv")
        if not os.path.exists(self.file):
            raise PropertyError(f"property '{name}': not one of {', '.join(all_names())}")
        words, bugs, word = {}, [], None
        with open(self.file) as file:
            for line in file:
                if not line.startswith("//"):
                    break
                match = re.fullmatch(r"//(?: (\w+) +| {9,})(\S.*)\n", line)
                if match and match[1] == "Planted":
                    bugs.append(Bug(match[2]))
                elif match and match[1] and line[12] == " ":
                    word = match[1]
                    words[word] = match[2]
                elif match and not match[1] and word:
                    words[word] += " " + match[2]
        if not bugs:
            raise PropertyError(f"{self.file}: its head has no 'Planted'")
        for needed in ("Proves", "Modules"):
            if needed not in words:
                raise PropertyError(f"{self.file}: its head has no '{needed}'")
        if ("Depth" in words) == ("Bound" in words):
            raise PropertyError(f"{self.file}: its head needs one of 'Depth' and 'Bound'")
        self.claim, self.modules = words["Proves"], words["Modules"].split()
        self.runs = [dict(pair.split("=") for pair in run.split()) for run in words.get("Runs", "").split(";")]
        self.inductive = "Depth" in words
        self.depth = int(words["Depth" if self.inductive else "Bound"].split()[0])
        self.bugs, self.steps_to_find = bugs, int(words.get("Finds", max(8, self.depth + 1)))


def all_names():
    return sorted(name[:-3] for name in os.listdir(os.path.join(HERE, "properties")) if name.endswith(".sv"))
