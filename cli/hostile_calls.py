#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that must be refused, generated from what the program declares: each must end in one clear line on standard error,
status 1, within seconds, with nothing written.

Options come from `whitedwarf --help --json`, keys of JSON files from hostile_keys, which records what their readers ask
for, keys of result files from the report's own table. What is illegal follows from the declared kind and range, never from
what the program answers. Beside that table stand only a call per command that is right but for the hostile part (BASES), files
that have all keys (SAMPLES) and what a folder holds (PRODUCTS).

usage: hostile_calls.py WHITEDWARF HOSTILE_KEYS TREE [--sample N] [--list] [--only TEXT]
"""
import concurrent.futures.thread  # at once: another user may not read where it lies
import copy
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SECONDS = 5
HUGE_TEXT = "x" * 5000
BYTES = "a\udcff\udcfeb"  # surrogateescape: the bytes a ff fe b
LINES = "a\nb"

TINY = {
    "name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
    "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": 1,
}

# Files that have, between them, every key of their kind; those of the repository are added.
SAMPLES = {
    "train": [
        {**TINY, "seed": 1, "image_size": 28, "epochs": 9, "adapt_epochs": 3, "precision": "fp32", "label_smoothing": 0.1,
         "augmentation": {"flip": True, "crop": 1, "cutout": 0, "mixup": 0, "resized_crop": 0},
         "quantization": {"fp8_epochs": 1, "format": "e4m3"}, "averaging": {"kind": "mean", "epochs": 2},
         "distillation": {"teacher": "nowhere", "weight": 0.5, "temperature": 4},
         "supermask": {"method": "supermask", "signs": "random", "coats": 2, "pruned": [0.5, 0.8], "scope": "layer",
                       "distribution": "uniform", "init": "kaiming_normal", "score_gradient": "once", "scaled": True,
                       "dynamic_scaled": False, "gain": 1, "scores": "xavier_uniform", "dense_first": False, "dense_last": False,
                       "sparsity_warmup": {"epochs": 2, "start": 0.1},
                       "freeze": {"pruned": 0.1, "locked": 0.1, "balanced": 0, "distribution": "uniform"}}},
        {**TINY, "network": {"kind": "resnet", "block": "basic", "bottleneck_width": 1, "always_project": False, "patch": 1,
                             "split_pixels": False, "affine": "none", "shared_norm": False,
                             "stem": {"kernel": 3, "stride": 1, "channels": 16, "max_pool": False},
                             "stages": [{"channels": 16, "blocks": 2, "stride": 1, "folded": True}]},
         "optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.001, "decay_norms": False},
         "schedule": {"kind": "step", "rate": 0.1, "warmup_epochs": 0, "per_epoch": True, "factor": 0.1, "milestones": [1, 2]},
         "averaging": {"kind": "exponential", "decay": 0.9},
         "supermask": {"method": "supermask", "coats": 2, "schedule": {"kind": "linear", "first": 0.7}}},
        {**TINY, "network": {"kind": "resnet", "preset": "resnet20", "form": "cifar", "fold": [1]}, "validation": 0.1,
         "optimizer": {"kind": "adamw", "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weight_decay": 0.1, "decay_norms": True},
         "schedule": {"kind": "exponential", "rate": 0.1, "factor": 0.5, "every": 2}},
        {**TINY, "network": {"kind": "conv", "depth": 2, "width": 1, "norm": True}},
        {**TINY, "network": {"kind": "conv", "stages": [{"channels": 8, "layers": 1}], "hidden": [16]}},
        {**TINY, "network": {"kind": "conv", "preset": "vgg11", "form": "cifar"}},
        {**TINY, "network": {"kind": "mixer", "patch": 4, "dim": 8, "channel_dim": 16, "token_dim": 8, "depth": 2, "folds": 1,
                             "gelu": True, "norm": "batch"}},
        {**TINY, "network": {"kind": "res_mlp", "patch": 4, "dim": 8, "channel_dim": 16, "depth": 2, "folds": 1, "gelu": False,
                             "norm": "affine", "layer_scale": 0.1}},
        {**TINY, "supermask": {"method": "signed_threshold", "signs": "learned", "threshold": 0.01}},
        {**TINY, "supermask": {"method": "dense", "init": "kaiming_normal"}},
    ],
    "reca": [
        {"name": "r", "dataset": "fashion-mnist", "seeds": [1], "encoding": {"code": "threshold", "level": 128},
         "automata": [{"evolution": "rows", "rule": 90}], "boundary": "zero", "steps": 2,
         "forest": {"trees": 2, "features_per_node": 0, "criterion": "gini", "max_depth": 3, "min_leaf": 1, "voting": "soft"},
         "linear": {"epochs": 1, "batch": 64, "lr": 0.1, "weight_decay": 0}, "train_images": 100, "test_images": 10,
         "validation_fraction": 0},
        {"name": "r", "encoding": {"code": "gray", "planes": 4}, "automata": [{"evolution": "additive", "cells": ["north"]}]},
        {"name": "r", "automata": [{"evolution": "totalistic", "rule": "B3/S23"}]},
    ],
    "arch": [{"window": 2}],
    "study": [{"name": "s", "baseline": "tiny.json", "seeds": [1], "variants": {"a": {}, "b": {"epochs": 2}},
               "claims": [{"claim": "b is better", "better": "b", "than": "a", "margin": 0.01}]}],
    "explore": [
        {"name": "e", "models": [{"name": "m", "folder": "run"}], "images": 1, "baseline": {"decoders": 4},
         "space": {"window": {"from": 2, "to": 3, "step": 1}}, "objectives": ["cycles"], "constraints": {"energy_pj": {"least": 0, "most": 1e9}},
         "accuracy_images": 1, "confirm": ["systemc"], "search": {"method": "random", "evaluations": 2, "seed": 1}},
        {"name": "e", "models": ["run"], "space": {"window": [2, 3]}, "objectives": ["cycles"],
         "search": {"method": "nsga2", "evaluations": 8, "seed": 1, "population": 8}},
    ],
    "ablation": [
        {"name": "a", "model": "run", "images": 1, "accuracy_images": 1, "design": {"window": 4},
         "variants": {"one": {"design": {"window": 3}}}, "sweep": ["gate_array"]},
        {"name": "a", "config": "tiny.json", "networks": "trained", "seeds": [1], "images": 1,
         "variants": {"one": {"config": {"epochs": 2}}}},
    ],
    "power": [],
}
REPOSITORY = {"train": "algo/configs", "reca": "algo/reservoir/configs", "power": "hw/power"}
# The call that reads a file of a kind; FILE is its place.
READERS = {
    "train": [["train", "--config", "FILE", "--out", "new"], ["sizes", "--config", "FILE"]],
    "reca": [["reca", "--config", "FILE", "--out", "new"]],
    "arch": [["compile", "--out", "run", "--arch", "FILE"]],
    "study": [["study", "--config", "FILE", "--out", "new"]],
    "explore": [["explore", "--config", "FILE", "--out", "new", "--data", "random"]],
    "ablation": [["ablate", "--config", "FILE", "--out", "new"]],
    "power": [["power", "--out", "run", "--power-table", "FILE"]],
}

OSU = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
# Calls that are right.
BASES = {
    "demo": ["--config", "tiny.json", "--out", "new"],
    "train": ["--config", "tiny.json", "--out", "new"],
    "study": ["--config", "study.json", "--out", "new"],
    "import": ["--config", "tiny.json", "--file", "run.onnx", "--out", "new"],
    "export": ["--out", "run", "--file", "new.onnx"],
    "reca": ["--config", "reca.json", "--out", "new"],
    "sizes": ["--config", "tiny.json", "--out", "new", "--model"],
    "compress": ["--out", "run", "--norms", "fp8"],
    "compile": ["--out", "run"],
    "asm": ["--file", "run.asm", "--out", "new"],
    "objdump": ["--out", "run"],
    "check": ["--out", "run"],
    "run": ["--out", "run", "--engines", "fast", "--images", "1"],
    "platform": ["--out", "run"],
    "cosim": ["--out", "run", "--engines", "golden,fast", "--cosim-images", "1"],
    "ablate": ["--out", "run", "--ablation-images", "1"],
    "explore": ["--out", "run", "--ablation-images", "1"],
    "characterize": ["--liberty", OSU, "--out", "new.json", "--program", "run", "--cycles", "100"],
    "power": ["--out", "run"],
    "report": ["--out", "run"],
    "status": ["--out", "run"],
    "bench": [],
    "bench train": [],
    "bench codec": [],
}
# What a command reads in its folder.
PRODUCTS = {
    "export": ["checkpoint.wdc"], "compress": ["model.wdm"], "compile": ["model.wdz"], "objdump": ["program.wdp"],
    "check": ["program.wdp"], "run": ["program.wdp"], "platform": ["program.wdp"], "cosim": ["program.wdp"],
    "ablate": ["model.wdz", "program.wdp"], "explore": ["model.wdz"], "power": ["run.json"],
    "report": ["train.json", "compress.json", "compile.json", "run.json"], "train": ["checkpoint.wdc"],
    "status": ["train.json", "compress.json", "compile.json", "run.json"],
}
IDX = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
# Values that a text with a form, or a path, may have, for options that contradict another one.
FORMS = {"waves": "0:9", "slurm-partition": "main", "slurm-time": "10", "slurm-memory": "4G"}


class Case:
    """A call, what its message must hold (of a tuple, one), and what makes the files that it needs."""

    def __init__(self, name, words, must, make=None, json_bytes=None):
        self.name, self.words, self.must, self.make, self.json_bytes = name, words, must, make, json_bytes


def number(value):
    """As C++ prints it."""
    return str(value) if isinstance(value, int) else f"{value:g}"


# Options --------------------------------------------------------------------------------------------------------------------

def range_of(option):
    return f"{number(option['low'])} to {number(option['high'])}"


def valid_value(option):
    kind = option["takes"]
    if kind in ("whole", "number"):
        return number(option["low"])
    if kind == "word":
        return option["words"][0]
    if option["name"] in FORMS:
        return FORMS[option["name"]]
    return "x"


def hostile_values(option):
    """Of an option: (what it is, value, what the message must hold)."""
    kind, name = option["takes"], option["name"]
    shown = "--" + name
    if kind in ("whole", "number"):
        seeds = kind == "whole" and option["several"] and name == "seeds"
        accepted = [f"1 to {option['high']}"] if seeds else [range_of(option)]
        low, high = option["low"], option["high"]
        bad = [("empty", ""), ("text", "many"), ("trailing", f"{number(low)}x"), ("space", " 1"), ("hexadecimal", "0x10"),
               ("huge", "9" * 40), ("below", number(low - 1) if kind == "whole" else repr(low - 0.5)), ("not a number", "nan"),
               ("infinite", "inf"), ("comma", "1,5,"), ("list", f"{number(low)};{number(high)}")]
        if high < 2**62:
            bad.append(("above", number(high + 1) if kind == "whole" else repr(high * 2 + 1.0)))
        if low >= 0:
            bad.append(("negative", "-1"))
        if kind == "whole":
            bad += [("fraction", "1.5"), ("exponent", "1e3"), ("plus", "+1")]
        if not option["several"]:
            bad.append(("two", f"{number(low)},{number(low)}"))
        for what, value in bad:
            told = value
            if option["several"] and "," in value:  # the part that is none
                told = ""
            if option["several"] and value == f"{number(low)};{number(high)}":
                told = value
            if re.fullmatch(r"-?\d+", told) and len(told) < 19:
                told = str(int(told))
            yield what, value, [shown, told] + accepted
        yield "no UTF-8", BYTES, [shown, "a\\xff\\xfeb"] + accepted
        yield "two lines", LINES, [shown, "a\\x0ab"] + accepted
        yield "endless", HUGE_TEXT, [shown, " ... "] + accepted
        if seeds:
            yield "repeated in the list", "1,1", [shown, "1 is named twice"]
    elif kind == "word":
        words = option["words"]
        accepted = [",".join(words)] if not name == "kernel" else [", ".join(words)]
        bad = [("unknown", "nothing"), ("upper case", words[0].upper() + "X"), ("cut", words[0] + "_"), ("space", words[0] + " ")]
        if option["several"]:
            bad += [("comma", words[0] + ","), ("unknown in the list", words[0] + ",nothing")]
            yield "empty", "", [shown, "names no"] + accepted
            yield "repeated in the list", f"{words[0]},{words[0]}", [shown, f"'{words[0]}' is named twice"]
        else:
            bad += [("empty", ""), ("two", f"{words[0]},{words[-1]}")]
        for what, value in bad:
            told = value.split(",")[-1] if option["several"] and "," in value else value
            yield what, value, [shown, f"'{told}'"] + accepted
        yield "no UTF-8", BYTES, [shown, "a\\xff\\xfeb"] + accepted
        yield "two lines", LINES, [shown, "a\\x0ab"] + accepted
        yield "endless", HUGE_TEXT, [shown, " ... "] + accepted
    elif kind == "text":
        form = option.get("form")
        yield "empty", "", [shown, form] if form else [shown, "is empty"]
        if form:
            for what, value, told in [("letters", "*?", "*?"), ("no UTF-8", BYTES, "a\\xff\\xfeb"), ("two lines", LINES, "a\\x0ab")]:
                yield what, value, [shown, told, form]
    elif kind == "path":
        yield "empty", "", [shown, "is ''" if option["several"] else "is empty"]
        if option["several"]:
            yield "comma", "a,", [shown, "'a,'"]


def option_cases(tables):
    for table in tables:
        command = table["command"].split()
        call = table["command"]
        options = {option["name"]: option for option in table["options"]}
        lists = f"`whitedwarf {call} --help`"
        for option in table["options"]:
            name = option["name"]
            shown = "--" + name
            if option["takes"] == "nothing":
                yield Case(f"{call} {shown} with a value", command + [f"{shown}=1"], [shown, lists])
                yield Case(f"{call} {shown} empty value", command + [f"{shown}="], [shown, lists])
                yield Case(f"{call} {shown} twice", command + [shown, shown], [shown, "more than once", lists])
                continue
            valid = valid_value(option)
            yield Case(f"{call} {shown} twice", command + [shown, valid, shown, valid], [shown, "more than once", lists])
            yield Case(f"{call} {shown} without a value", command + [shown], [shown, "missing", lists])
            yield Case(f"{call} {shown} name cut", command + [shown[:-1] + "_", valid], [shown[:-1] + "_", lists])
            for what, value, must in hostile_values(option):
                words = [f"{shown}={value}"] if value.startswith("-") else [shown, value]
                if value == "":
                    words = [shown, ""]
                yield Case(f"{call} {shown} {what}", command + words, must)
        for what, word in [("word", "now"), ("option", "--nothing"), ("short option", "-x"), ("no UTF-8", BYTES), ("dashes", "---")]:
            if table["first"] and not word.startswith("-"):
                continue
            yield Case(f"{call} unknown {what}", command + [word], [])
        for names in table["exclude"]:
            both = [name for name in names if name in options]
            for i, a in enumerate(both):
                for b in both[:i]:
                    words = sum((given(options[name]) for name in (b, a)), [])
                    yield Case(f"{call} --{b} beside --{a}", command + words, ["--" + a, "--" + b, "exclude each other", "give one"])
        for name, others in table["needs"].items():
            yield Case(f"{call} --{name} without --{others[0]}", command + given(options[name]),
                       ["--" + name, "--" + others[0], "or leave it out"])
    for words in ([BYTES], [LINES], [""], [HUGE_TEXT], ["bench", "nothing"], ["--nothing"], ["train", "train"]):
        yield Case(f"command {words[-1][:10]!r}", words, [])


def given(option):
    return ["--" + option["name"]] + ([] if option["takes"] == "nothing" else [valid_value(option)])


# JSON -----------------------------------------------------------------------------------------------------------------------

class Raw(str):
    """JSON text that the library would not write."""


def dumps(value):
    """JSON, with what Raw says as it stands."""
    raws = []

    def plain(item):
        if isinstance(item, Raw):
            raws.append(item)
            return f"\u0001{len(raws) - 1}\u0001"
        if isinstance(item, dict):
            return {key: plain(one) for key, one in item.items()}
        if isinstance(item, list):
            return [plain(one) for one in item]
        return item

    text = json.dumps(plain(value))
    for i, raw in enumerate(raws):
        text = text.replace(json.dumps(f"\u0001{i}\u0001"), raw)
    return text


def told(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return json.dumps(value)


def hostile_json(key, current):
    """Of a key: (what it is, value, what the message must hold)."""
    kind, low, high = key["kind"], key["low"], key["high"]
    if kind == "part":
        if isinstance(current, (dict, list)):
            for what, value in [("null", None), ("number", 7), ("text", "x"), ("flag", True)]:
                yield what, value, []
        return
    several = kind.startswith("list of ")
    one = kind[8:] if several else kind
    ranged = [f"{number(low)} to {number(high)}"] if low is not None and low != high else [number(low)] if low is not None else []
    if one in ("whole", "number"):
        a = "a whole number" if one == "whole" else "a number"
        wrong = [("text", "x"), ("number in quotes", "1"), ("flag", True), ("null", None), ("list", [[]]), ("object", {})]
        values = [(what, value, [told(value), "must be"] + ([a] if one == "whole" or True else []) + ranged) for what, value in wrong]
        if one == "whole":
            values += [("fraction", 1.5, ["1.5", a] + ranged), ("huge", Raw("99999999999999999999"), [a] + ranged),
                       ("exponent", Raw("1e300"), ["1e+300", a] + ranged)]
        if low is not None:
            below = low - 1 if one == "whole" else low - max(1e-3, abs(low))
            values.append(("below", below, [number(below)] + ranged))
            if abs(high) < 1e300:
                above = high + 1 if one == "whole" else high + max(1, abs(high))
                values.append(("above", above, [number(above)] + ranged))
            if low > -1:
                values.append(("negative", -1, ["-1"] + ranged))
        values.append(("infinite", Raw("1e999"), ["is not JSON"]))
        values.append(("no JSON", Raw("NaN"), ["is not JSON"]))
    elif one == "flag":
        values = [(what, value, [told(value), "true or false"])
                  for what, value in [("text", "true"), ("one", 1), ("null", None), ("list", []), ("object", {})]]
    elif one == "word":
        accepted = ["must be one of", ", ".join(key["words"])]
        first = key["words"][0]
        values = [(what, value, [told(value)] + accepted)
                  for what, value in [("unknown", "nothing"), ("empty", ""), ("upper case", first.upper()), ("space", first + " "),
                                      ("number", 1), ("null", None), ("list", [first]), ("two lines", first + "\n")]]
    else:
        values = [(what, value, [told(value), "must be"])
                  for what, value in [("number", 1), ("flag", True), ("null", None), ("list", []), ("object", {})]]
    for what, value, must in values:
        yield what, ([value] if several else value), must
    if several:
        for what, value in [("no list", 1), ("text for a list", "x"), ("null for a list", None), ("object for a list", {})]:
            yield what, value, [told(value), "must be a list"]


def steps_of(origin, file, document):
    """The way from a document's top to the object that messages call `origin`."""
    assert origin.startswith(file), (origin, file)
    steps, at = [], document
    for part in [part for part in origin[len(file):].split(": ") if part]:
        entry = re.fullmatch(r"entry (\d+)", part)
        listed = re.fullmatch(r"(.*)\[(\d+)\]", part)
        way = [int(entry[1]) - 1] if entry else [listed[1], int(listed[2])] if listed else [part.strip("'")]
        for step in way:
            at = at[step]
            steps.append(step)
        if isinstance(at, list) and not entry and not listed and at and isinstance(at[0], dict):
            at = at[0]  # messages do not number these
            steps.append(0)
    return steps, at


def set_at(document, steps, key, value):
    changed = copy.deepcopy(document)
    at = changed
    for step in steps:
        at = at[step]
    at[key] = value
    return changed


def json_cases(binary, keys_program, tree, folder):
    """Of each kind, each key once, in the first file that has its object."""
    seen = set()
    for kind, samples in SAMPLES.items():
        documents = [(f"sample_{i}", sample) for i, sample in enumerate(samples)]
        if kind in REPOSITORY:
            path = os.path.join(tree, REPOSITORY[kind])
            for name in sorted(os.listdir(path)):
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    documents.append((name, json.load(file)))
        for label, document in documents:
            file = f"{kind}.json"
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                json.dump(document, out)
            read = subprocess.run([keys_program, kind, file], cwd=folder, capture_output=True, text=True, check=False)
            if read.returncode != 0:
                raise SystemExit(f"{kind} {label}: is refused: {read.stderr}")
            for key in json.loads(read.stdout):
                if not key["origin"].startswith(file):
                    continue  # of another file that this one names
                shape = re.sub(r"\[\d+\]|entry \d+", "", key["origin"])
                if (kind, shape, key["key"]) in seen:
                    continue
                try:
                    steps, at = steps_of(key["origin"], file, document)
                except (KeyError, IndexError, TypeError):
                    continue  # of a merged document
                seen.add((kind, shape, key["key"]))
                base = at.get(key["key"]) if isinstance(at, dict) else None
                for call in READERS[kind]:
                    yield from cases_of_key(kind, call, document, steps, key, base)
            yield from whole_file_cases(kind, document, label)


def cases_of_key(kind, call, document, steps, key, base):
    where = " ".join(str(step) for step in steps + [key["key"]])

    def case(what, changed, must):
        return Case(f"{call[0]} {kind}: {where} {what}", call, ["hostile.json"] + must, json_bytes=dumps(changed))

    for what, value, must in hostile_json(key, base):
        named = [] if "is not JSON" in must else ["'" + key["key"] + "'" if key["kind"] != "part" else key["key"]]
        yield case(what, set_at(document, steps, key["key"], value), named + must)
    if base is not None:
        name = json.dumps(key["key"])
        text = dumps(set_at(document, steps, key["key"], Raw(f"\u0002, {name}: {json.dumps(base)}")))
        yield Case(f"{call[0]} {kind}: {where} twice", call, ["hostile.json", name, "twice"],
                   json_bytes=text.replace("\u0002", json.dumps(base)))
        yield case("beside an unknown key", set_at(document, steps, key["key"] + "_", base), [("unknown key '" + key["key"] + "_'; known keys are", "there is no block '" + key["key"] + "_'; blocks are")])


def whole_file_cases(kind, document, label):
    text = json.dumps(document)
    for what, content in [("empty", ""), ("cut", text[:len(text) // 2]), ("text behind", text + " x"), ("two objects", text + text),
                          ("list", "[]"), ("number", "7"), ("null", "null"), ("nested", "[" * 5000),
                          ("no UTF-8", text.replace('"name"', '"na\udcffme"', 1)), ("binary", "\0\1\2\3")]:
        if label in ("sample_0", "sg13g2.json") and content != text:
            for call in READERS[kind]:
                yield Case(f"{call[0]} {kind} file: {what}", call, ["hostile.json"], json_bytes=content)


RESULT_WRONG = {
    "a finite number": ["x", None, True, []],
    "a number of at least 0": ["x", None, -1, [], True],
    "a number above 0": ["x", None, 0, -1, []],
    "a whole number of at least 0": ["x", None, -1, 1.5, []],
    "a number of at least 0, or null": ["x", -1, [], True],
    "a number from 0 to 1": ["x", None, -0.1, 1.5, []],
    "a number from 0 to 1, or null": ["x", -0.1, 1.5, []],
    "a text": [7, None, [], True],
    "a text or null": [7, [], True],
    "true or false": [7, None, "true", []],
    "true, false or null": [7, "true", []],
    "an array of texts": [7, "x", None, [7], {}],
    "a JSON object": [7, "x", None, []],
    "a SHA-256": [7, "x", None, "A" * 64],
    "an array of engines: golden, fast, systemc, rtl": ["fast", ["verilog"], None, [7]],
    "\"fp32\" or \"fp8\"": ["fp16", 7, None, ""],
}


def result_cases(keys_program, room):
    """Of each key of each result file, read by `report`."""
    needs = json.loads(subprocess.run([keys_program, "results"], capture_output=True, text=True, check=True).stdout)
    for need in needs:
        # What holds for all keys of an object is checked first.
        above = need["path"].rsplit(".", 1)[0] + ".*"
        wider = [other["must_be"] for other in needs if other["file"] == need["file"] and other["path"] == above]
        path = os.path.join(room, "run", need["file"])
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        at, steps = document, []
        for part in re.findall(r"\[\]|[^.\[\]]+", need["path"]):
            step = 0 if part == "[]" else sorted(at)[0] if part == "*" else part
            steps.append(step)
            at = at[step]
        name = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(step) for step in steps))
        wrong = RESULT_WRONG[need["must_be"]]
        for value in wrong:
            must = [need["file"], name, told(value), (need["must_be"], *wider)]
            yield Case(f"report {need['file']}: {name} {json.dumps(value)[:20]}", ["report", "--out", "run"], must,
                       make=write_file(os.path.join("run", need["file"]), json.dumps(set_at(document, steps[:-1], steps[-1], value))))
        gone = copy.deepcopy(document)
        parent = gone
        for step in steps[:-1]:
            parent = parent[step]
        if "*" not in need["path"].split(".")[-1]:
            del parent[steps[-1]]
            yield Case(f"report {need['file']}: {name} missing", ["report", "--out", "run"], [need["file"], name, "is missing"],
                       make=write_file(os.path.join("run", need["file"]), json.dumps(gone)))


# Paths ----------------------------------------------------------------------------------------------------------------------

def clear(path):
    if os.path.islink(path) or (os.path.exists(path) and not os.path.isdir(path)):
        os.unlink(path)
    elif os.path.isdir(path):
        os.chmod(path, 0o755)
        shutil.rmtree(path)


def write_file(path, content):
    def make(room):
        clear(os.path.join(room, path))
        with open(os.path.join(room, path), "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
    return make


def maker(action):
    return lambda path: lambda room: (clear(os.path.join(room, path)), action(os.path.join(room, path)))


def make_socket(path):
    there = os.getcwd()
    os.chdir(os.path.dirname(path))
    try:
        one = socket.socket(socket.AF_UNIX)
        one.bind(os.path.basename(path))
        one.close()
    finally:
        os.chdir(there)


def sized(path, size):
    with open(path, "wb") as out:
        out.truncate(size)


def unreadable(path):
    with open(path, "wb") as out:
        out.write(b"{}")
    os.chmod(path, 0)


def locked(path):
    os.mkdir(path)
    os.chmod(path, 0)


KINDS = {
    "folder": maker(os.mkdir),
    "FIFO": maker(os.mkfifo),
    "/dev/zero": maker(lambda path: os.symlink("/dev/zero", path)),
    "/dev/full": maker(lambda path: os.symlink("/dev/full", path)),
    "dangling link": maker(lambda path: os.symlink("nowhere/at/all", path)),
    "link to itself": maker(lambda path: os.symlink(os.path.basename(path), path)),
    "unreadable file": maker(unreadable),
    "empty file": maker(lambda path: sized(path, 0)),
    "zeros": maker(lambda path: sized(path, 5000)),
    "sparse terabyte": maker(lambda path: sized(path, 1 << 40)),
    "locked folder": maker(locked),
    "name of a file in the way": None,  # a path through a file
}
# What is no such thing. A file for a new folder is one whatever it holds.
NO_FILE = ["folder", "FIFO", "/dev/zero", "/dev/full", "dangling link", "link to itself", "unreadable file", "empty file", "zeros",
           "sparse terabyte", "name of a file in the way"]
NO_FOLDER = ["FIFO", "/dev/zero", "/dev/full", "dangling link", "link to itself", "unreadable file", "empty file", "zeros",
             "locked folder", "name of a file in the way"]
NO_NEW_FILE = ["folder", "name of a file in the way"]
NO_NEW_FOLDER = NO_FOLDER


def truncated(path):
    """The file cut in the middle."""
    def make(room):
        whole = os.path.join(room, path)
        with open(whole, "rb") as file:
            content = file.read()
        clear(whole)  # it may be a link to a data set
        with open(whole, "wb") as out:
            out.write(content[:len(content) // 2])
    return make


def put_option(words, name, value):
    """The call with an option set, instead of what it has."""
    words = list(words)
    if "--" + name in words:
        at = words.index("--" + name)
        words[at + 1] = value
        return words
    return words + ["--" + name, value]


def path_cases(tables):
    kinds_of = {"file": NO_FILE, "folder": NO_FOLDER, "new file": NO_NEW_FILE, "new folder": NO_NEW_FOLDER}
    for table in tables:
        command = table["command"]
        excluded = [set(names) for names in table["exclude"]]
        for option in table["options"]:
            name = option["name"]
            if option["takes"] != "path" or command.startswith("bench"):
                continue
            kinds = list(kinds_of[option["place"]])
            if command == "import" and name == "file" or command == "export" and name == "file":
                target = "hostile.onnx"
            else:
                target = "hostile"
            if command == "export" and name == "file":
                kinds = NO_NEW_FILE
            for kind in kinds:
                value = "tiny.json/below" if kind == "name of a file in the way" else target
                if target.endswith(".onnx") and kind == "name of a file in the way":
                    value += ".onnx"
                words = command.split() + put_option(free_of(BASES[command], name, excluded, table["needs"]), name, value)
                make = KINDS[kind](target) if KINDS[kind] else None
                yield Case(f"{command} --{name}: {kind}", words, [value.split("/")[0]], make=make)
        for product in PRODUCTS.get(command, []):
            words = command.split() + BASES[command]
            if command == "train":
                words = ["train", "--config", "tiny.json", "--out", "run"]
            path = os.path.join("run", product)
            for kind in NO_FILE:
                if KINDS[kind] is None or (kind == "link to itself" and product.endswith(".json") and command in ("report", "status")):
                    continue
                if kind == "dangling link" and command in ("train", "report", "status"):
                    continue  # as if there were none
                yield Case(f"{command} in its folder {product}: {kind}", words, [product], make=KINDS[kind](path))
            yield Case(f"{command} in its folder {product}: truncated", words, [product], make=truncated(path))
    for command, words in [("train", BASES["train"]), ("reca", BASES["reca"])]:
        for part in IDX:
            for kind in NO_FILE:
                if KINDS[kind] is None:
                    continue
                yield Case(f"{command} data set's {part}: {kind}", [command] + words + ["--data", "data"], [part.split(".")[0]],
                           make=KINDS[kind](os.path.join("data", part)))
            yield Case(f"{command} data set's {part}: truncated", [command] + words + ["--data", "data"], [part.split(".")[0]],
                       make=truncated(os.path.join("data", part)))


def free_of(base, name, excluded, needs):
    """The call without what the option excludes."""
    words, at = [], 0
    while at < len(base):
        other = base[at][2:]
        length = 2 if at + 1 < len(base) and not base[at + 1].startswith("--") else 1
        if other == name or not any({name, other} <= names for names in excluded):
            words += base[at:at + length]
        at += length
    for other in needs.get(name, [])[:1]:
        if "--" + other not in words:
            words += ["--" + other, {"config": "ablation.json"}.get(other, "x")]
    return words


# Running --------------------------------------------------------------------------------------------------------------------

def snapshot(folder):
    """Of everything in a folder: kind, size, time of change."""
    state = {}
    for where, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(where, name)
            info = os.lstat(path)
            size = info.st_size if not stat.S_ISDIR(info.st_mode) else 0
            # A lock that comes and goes changes its folder's time.
            changed = 0 if stat.S_ISDIR(info.st_mode) else info.st_mtime_ns
            state[os.path.relpath(path, folder)] = (stat.S_IFMT(info.st_mode), size, changed)
    return state


class Room:
    """A folder to call in, made afresh when a case has changed it."""

    def __init__(self, pattern, path):
        self.pattern, self.path = pattern, path
        self.fresh()

    def fresh(self):
        if os.path.exists(self.path):
            for name in os.listdir(self.path):
                clear(os.path.join(self.path, name))
        shutil.copytree(self.pattern, self.path, symlinks=True, dirs_exist_ok=True)


def run_case(case, room, binary):
    """@return what is wrong, or nothing"""
    words = [os.path.join("..", os.path.basename(room.path) + ".files", "hostile.json") if word == "FILE" else word for word in case.words]
    files = room.path + ".files"
    os.makedirs(files, exist_ok=True)
    if case.json_bytes is not None:
        # Beside the files that it names.
        write_file("hostile.json", case.json_bytes)(files)
        for name in ("tiny.json", "run"):
            if not os.path.lexists(os.path.join(files, name)):
                os.symlink(os.path.join(room.path, name), os.path.join(files, name))
    if case.make:
        case.make(room.path)
    before = snapshot(room.path)
    raw = [word.encode("utf-8", "surrogateescape") for word in words]
    begun = time.monotonic()
    process = subprocess.Popen([binary] + raw, cwd=room.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    faults = []
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        faults.append(f"took more than {SECONDS} s")
    message = err.decode("utf-8", "surrogateescape")
    if process.returncode != 1:
        faults.append(f"status {process.returncode}")
    if message.count("\n") != 1 or not message.startswith("error: "):
        faults.append("not one line")
    if message.rstrip().endswith((".", "!")):  # docs/development.md, Messages
        faults.append("a full stop at its end")
    if any(0xdc80 <= ord(letter) <= 0xdcff for letter in message):
        faults.append("no UTF-8")
    if len(message) > 2100:
        faults.append(f"{len(message)} characters")
    for part in case.must:
        choices = part if isinstance(part, tuple) else (part,)
        if not any(one in message for one in choices):
            faults.append(f"no {' or '.join(map(repr, choices))}")
    if out:
        faults.append(f"on standard output: {out[:60]!r}")
    after = snapshot(room.path)
    if after != before:
        changed = sorted(set(after.items()) ^ set(before.items()))
        faults.append("changed " + ", ".join(sorted({name for name, _ in changed})[:4]))
    if case.make or after != before:
        room.fresh()
    seconds = time.monotonic() - begun
    return (faults, message.strip()[:400], seconds)


def make_pattern(binary, folder):
    """A folder with a small training and what follows from it."""
    os.makedirs(folder)

    def put(name, value):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            json.dump(value, out)

    put("tiny.json", TINY)
    put("study.json", {**SAMPLES["study"][0]})
    put("reca.json", SAMPLES["reca"][0])
    put("ablation.json", SAMPLES["ablation"][0])

    def done(*words, output=None):
        made = subprocess.run([binary, *words], cwd=folder, capture_output=True, check=False)
        if made.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {made.stderr.decode()}")
        if output:
            with open(os.path.join(folder, output), "wb") as out:
                out.write(made.stdout)

    done("train", "--config", "tiny.json", "--out", "run", "--threads", "1")
    done("compress", "--out", "run", "--threads", "1")
    done("compile", "--out", "run")
    done("run", "--out", "run", "--engines", "golden,fast", "--images", "4", "--threads", "1")
    done("cosim", "--out", "run", "--engines", "golden,fast", "--cosim-images", "1")
    done("ablate", "--out", "run", "--ablation-images", "1", "--threads", "1")
    done("objdump", "--out", "run", output="run.asm")
    done("export", "--out", "run", "--file", "run.onnx")
    os.mkdir(os.path.join(folder, "data"))
    for part in IDX:
        os.symlink(os.path.join("/usr/share/datasets/fashion-mnist", part), os.path.join(folder, "data", part))


def usable(binary):
    return os.access(binary, os.X_OK)


def as_nobody():
    """A superuser reads what is unreadable: as another user, then. @return whether there is one"""
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        return True
    except OSError:
        return False


def main():
    words = sys.argv[1:]

    def option(name, otherwise=None):
        if name not in words:
            return otherwise
        at = words.index(name)
        value = words[at + 1]
        del words[at:at + 2]
        return value

    sample, only = int(option("--sample", "0")), option("--only", "")
    workers = int(option("--workers", "2"))
    listed = "--list" in words
    words = [word for word in words if word != "--list"]
    binary, keys_program, tree = (os.path.abspath(word) for word in words)
    work = tempfile.mkdtemp(prefix="wd_hostile_")
    os.chmod(work, 0o777)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            reads_all = os.geteuid() == 0 and not as_nobody()
            os.environ["HOME"] = work
            if not usable(binary):
                print("skipped: an ordinary user cannot start the program where it lies")
                code = 77
            else:
                code = campaign(binary, keys_program, tree, work, sample, only, listed, reads_all, workers)
        except SystemExit as error:
            print(error)
        except BaseException:  # pylint: disable=broad-except
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    for name in os.listdir(work):
        subprocess.run(["chmod", "-R", "u+rwX", os.path.join(work, name)], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(work, ignore_errors=True)
    return os.waitstatus_to_exitcode(status)


def campaign(binary, keys_program, tree, work, sample, only, listed, reads_all, workers):
    pattern = os.path.join(work, "pattern")
    make_pattern(binary, pattern)
    tables = json.loads(subprocess.run([binary, "--help", "--json"], capture_output=True, check=True).stdout)
    cases = [*option_cases(tables), *path_cases(tables), *json_cases(binary, keys_program, tree, pattern), *result_cases(keys_program, pattern)]
    for name in SAMPLES:
        if os.path.exists(os.path.join(pattern, f"{name}.json")) and name not in ("study", "reca", "ablation"):
            os.unlink(os.path.join(pattern, f"{name}.json"))
    make_again(pattern)
    if reads_all:
        cases = [case for case in cases if "unreadable" not in case.name and "locked" not in case.name]
        print("skipped: nothing is unreadable to this user")
    if not os.path.exists(OSU):
        cases = [case for case in cases if not case.name.startswith("characterize --") or case.make is None]
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})[:5]
    count = len(cases)
    cases = [case for case in cases if only in case.name]
    if sample and sample < len(cases):
        cases = random.Random(1).sample(cases, sample)
    if listed:
        print("\n".join(case.name for case in cases))
        return 0
    rooms = [Room(pattern, os.path.join(work, f"room{i}")) for i in range(workers)]
    free, lock = list(rooms), threading.Lock()
    failures = []

    def run(case):
        with lock:
            room = free.pop()
        try:
            faults, message, seconds = run_case(case, room, binary)
        finally:
            with lock:
                free.append(room)
        if faults:
            call = " ".join(word if len(word) < 40 else word[:40] + "..." for word in case.words)
            failures.append(f"FAILED {case.name}: {'; '.join(faults)}\n  {call!r}\n  {message!r}")
        return seconds

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        seconds = list(pool.map(run, cases))
    for failure in sorted(failures):
        print(failure.encode("utf-8", "backslashreplace").decode())
    print(f"{len(cases)} of {count} hostile calls, {len(failures)} failures, the longest {max(seconds, default=0):.1f} s")
    return 1 if failures or (not only and count < 2000) else 0


def make_again(pattern):
    """The samples that calls name by themselves."""
    for name, value in [("study", SAMPLES["study"][0]), ("reca", SAMPLES["reca"][0]), ("ablation", SAMPLES["ablation"][0])]:
        with open(os.path.join(pattern, f"{name}.json"), "w", encoding="utf-8") as out:
            json.dump(value, out)


if __name__ == "__main__":
    sys.exit(main())
