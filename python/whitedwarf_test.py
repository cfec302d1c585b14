#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Python module against the command `whitedwarf`: the same files and figures, the same refusals; arrays, threads, Ctrl-C.

usage: whitedwarf_test.py WHITEDWARF EXAMPLES, with the package in PYTHONPATH
"""
import ast
import inspect
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy

import whitedwarf
from whitedwarf import _native

COMMAND, EXAMPLES = map(os.path.abspath, sys.argv[1:3])
WORK = pathlib.Path(tempfile.mkdtemp())
CONFIG = {"name": "own", "dataset": "numpy", "network": {"kind": "mlp", "hidden": [16]}, "batch": 16,
          "supermask": {"pruned": [0.5]}, "epochs": 2}
DENSE = {**CONFIG, "supermask": {"method": "dense"}}
DATA = str(WORK / "data")
TIMES = ("seconds", "threads", "macs_per_second", "cycles_per_second", "speed", "checkpoint", "program_sha256", "phases")


def make_data():
    random = numpy.random.default_rng(1)
    os.makedirs(DATA)
    for half, count in (("train", 96), ("test", 40)):
        labels = numpy.arange(count) % 2
        images = random.integers(0, 60, (count, 8, 8, 1), dtype=numpy.uint8)
        above = (numpy.arange(8) < 4)[None, :, None, None]
        images += numpy.where(above == (labels == 0)[:, None, None, None], 160, 30).astype(numpy.uint8)
        numpy.save(f"{DATA}/{half}_images.npy", images)
        numpy.save(f"{DATA}/{half}_labels.npy", labels)


def command(*words):
    """The command's result."""
    done = subprocess.run([COMMAND, *map(str, words), "--json"], cwd=WORK, capture_output=True, text=True)
    return json.loads(done.stdout)


def refusal(*words):
    """The command's one line."""
    done = subprocess.run([COMMAND, *map(str, words)], cwd=WORK, capture_output=True, text=True)
    return done.stderr.removeprefix("error: ").removesuffix("\n")


def timeless(value):
    """Without what no two calls have alike."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key not in TIMES and "seconds" not in key}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def same_bytes(name, a, b):
    return (WORK / a / name).read_bytes() == (WORK / b / name).read_bytes()


class Stages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (WORK / "config.json").write_text(json.dumps(CONFIG))
        cls.trained = whitedwarf.train(config=CONFIG, data=DATA, out=WORK / "py", threads=1)
        whitedwarf.compress(out=WORK / "py", data=DATA)
        whitedwarf.compile(out=WORK / "py", batch=2)
        cls.ran = whitedwarf.run(out=WORK / "py", data=DATA, images=10, systemc_images=2, rtl_images=2)
        cls.command_trained = command("train", "--config", "config.json", "--data", DATA, "--out", "cli", "--threads", 1)
        command("compress", "--out", "cli", "--data", DATA)
        command("compile", "--out", "cli", "--batch", 2)
        cls.command_ran = command("run", "--out", "cli", "--data", DATA, "--images", 10, "--systemc-images", 2, "--rtl-images", 2)

    def test_files_are_the_commands_bit_for_bit(self):
        for name in ("model.wdm", "model.wdz", "program.wdp"):
            self.assertTrue(same_bytes(name, "py", "cli"), name)

    def test_results_are_the_commands(self):
        self.assertEqual(timeless(self.trained), timeless(self.command_trained))
        self.assertEqual(timeless(self.ran), timeless(self.command_ran))
        self.assertEqual(list(self.ran.engines), ["fast", "golden", "rtl", "systemc"])
        self.assertEqual(self.ran.equal, {"values": True, "cycles": True, "counters": True})

    def test_columns_are_arrays(self):
        layers = whitedwarf.columns(self.ran.layers)
        self.assertEqual(layers["cycles"].tolist(), [row["cycles"] for row in self.command_ran["layers"]])

    def test_options_are_the_commands(self):
        names = {"import": "import_network", "export": "export_network"}
        call = {"json", "help", "quiet", "verbose", "color", "papers"}
        told = subprocess.run([COMMAND, "--help", "--json"], capture_output=True, text=True, check=True).stdout
        compared = 0
        for table in json.loads(told):
            name = names.get(table["command"], table["command"])
            if name not in whitedwarf._stages.TABLES:
                continue
            wanted = {o["name"].replace("-", "_"): o for o in table["options"] if o["name"] not in call and not o["name"].startswith("slurm")}
            signature = inspect.signature(getattr(whitedwarf, name)).parameters
            self.assertEqual(set(wanted) | {"progress"}, set(signature), name)
            for keyword, option in wanted.items():
                self.assertIn(f"    {keyword}: {option['help']}", getattr(whitedwarf, name).__doc__)
                if option["default"].isdigit():
                    self.assertEqual(signature[keyword].default, int(option["default"]), keyword)
            compared += 1
        self.assertEqual(compared, len(whitedwarf._stages.STAGES))

    def test_program_runs_on_arrays(self):
        program = whitedwarf.Program(WORK / "py/program.wdp")
        images = numpy.load(f"{DATA}/test_images.npy")[:3]
        self.assertEqual(program.image_shape, (8, 8, 1))
        whitedwarf.run(out=WORK / "py", data=DATA, images=3, engines=["fast"], scores=True)
        rows = [line.split(",") for line in (WORK / "py/scores.csv").read_text().splitlines()]
        outcomes = {engine: program.run(images, engine) for engine in ("golden", "fast", "systemc", "rtl")}
        for engine, outcome in outcomes.items():
            self.assertEqual((outcome.scores.dtype, outcome.scores.shape), (numpy.float16, (3, 2)), engine)
            self.assertTrue(outcome.scores.flags.c_contiguous)
            numpy.testing.assert_array_equal(outcome.scores, outcomes["golden"].scores)
            numpy.testing.assert_array_equal(outcome.classes, numpy.argmax(outcome.scores, axis=1))
        # The file has one line an image, whose last numbers are the scores.
        self.assertEqual([[float(v) for v in row[-2:]] for row in rows], outcomes["fast"].scores.astype(float).tolist())
        self.assertEqual(outcomes["golden"].counters, {})
        for engine in ("systemc", "rtl"):
            for name, values in outcomes["fast"].counters.items():
                self.assertEqual((values.dtype, values.shape), (numpy.uint64, (2,)))  # frames of 2 images
                numpy.testing.assert_array_equal(outcomes[engine].counters[name], values, f"{engine} {name}")
        # SystemC elaborates once in a process, for one program and its switches; the others take any.
        with self.assertRaisesRegex(whitedwarf.Error, "SystemC elaborates once in a process; start another process"):
            program.run(images, "systemc", off=["gate_array"])
        off = program.run(images, "rtl", off=["gate_array"])
        numpy.testing.assert_array_equal(off.scores, outcomes["golden"].scores)
        self.assertEqual(set(off.counters), set(outcomes["rtl"].counters))

    def test_objects_have_what_the_files_have(self):
        model, coded = whitedwarf.Model(WORK / "py/model.wdm"), whitedwarf.CompressedModel(WORK / "py/model.wdz")
        self.assertEqual(coded.bytes, (WORK / "cli/model.wdz").stat().st_size)
        self.assertEqual(list(model.weights), list(coded.weights))
        for name, weights in model.weights.items():
            self.assertEqual(weights.levels.dtype, numpy.uint8)
            numpy.testing.assert_array_equal(numpy.abs(weights.values), weights.levels)
            numpy.testing.assert_array_equal(weights.values, coded.weights[name].values)
        self.assertEqual(sum(w.levels.size for w in model.weights.values()), model.weight_count)
        program = whitedwarf.Program(WORK / "py/program.wdp")
        shown = subprocess.run([COMMAND, "objdump", "--out", WORK / "cli"], capture_output=True, text=True, check=True).stdout
        for line in program.listing.splitlines():
            self.assertIn(line, shown)
        self.assertEqual(program.instructions.shape, (len(program.listing.splitlines()), 6))

    def test_state_dict_is_the_file(self):
        class Tensor:  # as PyTorch's
            dtype = "torch.float32"

            def __init__(self, array):
                self.array = array

            detach = cpu = contiguous = lambda self: self

            def numpy(self):
                return self.array

        class Module:
            def __init__(self, arrays):
                self.arrays = arrays

            def state_dict(self):
                return {name: Tensor(array) for name, array in self.arrays.items()}

        random = numpy.random.default_rng(3)
        arrays = {"fc1.weight": random.standard_normal((16, 64), dtype=numpy.float32),
                  "classifier.weight": random.standard_normal((2, 16), dtype=numpy.float32)}
        for part, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            arrays[f"fc1.norm.{part}"] = numpy.full(16, value, numpy.float32)
        _native.write_tensors(WORK / "net.safetensors", arrays, "arrays")
        (WORK / "dense.json").write_text(json.dumps(DENSE))
        wanted = command("import", "--config", "dense.json", "--data", DATA, "--file", "net.safetensors", "--repository", "own", "--out", "cli_import")
        self.assertIn("accuracy_fp32", wanted, wanted)
        for out, given in (("dict", arrays), ("module", Module(arrays))):
            report = whitedwarf.import_network(file=given, config=DENSE, repository="own", data=DATA, out=WORK / out)
            self.assertEqual({**report, "file": ""}, {**wanted, "file": ""})
            self.assertEqual([p.name for p in (WORK / out).glob("*.safetensors")], [])
        wrong = {**arrays, "fc1.weight": arrays["fc1.weight"][:, :60].copy()}
        with self.assertRaisesRegex(whitedwarf.Error, "^file: tensor 'fc1.weight'.*60.*64"):
            whitedwarf.import_network(file=wrong, config=DENSE, repository="own", data=DATA, out=WORK / "never")
        self.assertFalse((WORK / "never").exists())
        for value, text in ((arrays["fc1.weight"].T, "another order than C"), ([1.0], "is a list, must be a NumPy array"),
                            (arrays["fc1.weight"].astype(complex), r"complex128 \(16, 64\), must be bool"),
                            (arrays["fc1.weight"].astype(">f4"), "little-endian")):
            with self.assertRaisesRegex(whitedwarf.Error, text):
                whitedwarf.import_network(file={**arrays, "fc1.weight": value}, config=DENSE, repository="own", data=DATA, out=WORK / "never")
        self.assertFalse((WORK / "never").exists())

    def test_wrong_images_are_refused_with_what_is_expected(self):
        program = whitedwarf.Program(WORK / "py/program.wdp")
        good = numpy.zeros((2, 8, 8, 1), numpy.uint8)
        for images, text in ((good.astype(float), r"images: is float64 \(2, 8, 8, 1\), must be uint8 \(N, 8, 8, 1\)"),
                             (good[..., 0].copy(), r"is uint8 \(2, 8, 8\), must"), (good[:0].copy(), "at least 1"),
                             (good[:, :, ::-1], "another order than C"), ("images", "is a str, must be a NumPy array")):
            with self.assertRaisesRegex(whitedwarf.Error, text):
                program.run(images)
        with self.assertRaisesRegex(whitedwarf.Error, "engine 'slow' is unknown"):
            program.run(good, "slow")

    def test_refusals_have_the_commands_text(self):
        for keywords, words in (({"seed": 0}, ["--seed", 0]), ({"seed": 1, "seeds": [1, 2]}, ["--seed", 1, "--seeds", "1,2"]),
                                ({"config": "absent.json"}, ["--config", "absent.json"]), ({"threads": 300}, ["--threads", 300])):
            with self.assertRaises(whitedwarf.Error) as raised:
                whitedwarf.train(out=WORK / "never", **keywords)
            self.assertEqual(str(raised.exception), refusal("train", "--out", WORK / "never", *words))
        with self.assertRaisesRegex(whitedwarf.Error, r"^--seed is 'one' \(str\), must be an int$"):
            whitedwarf.train(seed="one")
        with self.assertRaisesRegex(whitedwarf.Error, r"^--quick is 1 \(int\), must be True or False$"):
            whitedwarf.train(quick=1)
        with self.assertRaisesRegex(whitedwarf.Error, "train: 'sed' is no keyword; keywords are arch,"):
            whitedwarf.train(sed=1)
        with self.assertRaisesRegex(whitedwarf.Error, "^config: unknown key 'epoch'"):
            whitedwarf.train(config={**CONFIG, "epoch": 1}, data=DATA, out=WORK / "never")
        self.assertFalse((WORK / "never").exists())

    def test_progress_is_told_and_its_exceptions_come_out(self):
        news = []
        whitedwarf.train(config=CONFIG, data=DATA, out=WORK / "told", progress=lambda *one: news.append(one))
        self.assertTrue(news and news[0][0] == "train" and 0 <= news[0][1] <= 1 and "epoch" in news[0][2], news)

        def fails(label, share, note):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            whitedwarf.train(config=CONFIG, data=DATA, out=WORK / "stopped", progress=fails)
        with self.assertRaisesRegex(whitedwarf.Error, "progress function calls whitedwarf"):
            whitedwarf.train(config=CONFIG, data=DATA, out=WORK / "nested", progress=lambda *one: whitedwarf.compile(out=WORK / "py"))

    def test_interrupt_stops_and_the_same_call_goes_on(self):
        long = {**CONFIG, "epochs": 60}
        begun = threading.Event()
        ticks = []

        def interrupt():  # Python goes on meanwhile: the lock is released
            begun.wait()
            for _ in range(5):
                ticks.append(time.monotonic())
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        with self.assertRaises(KeyboardInterrupt):
            whitedwarf.train(config={**long, "epochs": 10000}, data=DATA, out=WORK / "long", threads=1, progress=lambda *one: begun.set())
        thread.join()
        self.assertEqual(len(ticks), 5)
        self.assertTrue((WORK / "long/checkpoint.wdc").exists())
        self.assertFalse((WORK / "long/train.json").exists())
        # Python's own handler is back.
        with self.assertRaises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        # A short training, stopped after its first news, ends as one that was never stopped.
        def stop_at_once(*one):
            os.kill(os.getpid(), signal.SIGINT)

        with self.assertRaises(KeyboardInterrupt):
            whitedwarf.train(config=long, data=DATA, out=WORK / "cut", threads=1, progress=stop_at_once)
        whitedwarf.train(config=long, data=DATA, out=WORK / "cut", threads=1)
        whitedwarf.train(config=long, data=DATA, out=WORK / "whole", threads=1)
        self.assertTrue(same_bytes("model.wdm", "cut", "whole"))

    def test_types_for_editors(self):
        package = pathlib.Path(whitedwarf.__file__).parent
        stages = ast.parse((package / "_stages.pyi").read_text())
        functions = {node.name: [one.arg for one in node.args.kwonlyargs] for node in stages.body if isinstance(node, ast.FunctionDef)}
        self.assertEqual(functions, {name: list(inspect.signature(getattr(whitedwarf, name)).parameters) for name in whitedwarf._stages.STAGES})
        for node in ast.parse((package / "_native.pyi").read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name != "Error":
                told = {one.name for one in node.body if isinstance(one, ast.FunctionDef)} - {"__init__"}
                real = {name for name in vars(getattr(whitedwarf, node.name)) if not name.startswith("_")}
                self.assertEqual(told, real, node.name)
        self.assertTrue((package / "py.typed").exists())

    def test_examples(self):
        def example(name, *words):
            done = subprocess.run([sys.executable, f"{EXAMPLES}/{name}.py", *words], cwd=WORK, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        self.assertRegex(example("train_and_measure", "first", DATA), r"engines agree: True\n(.* cycles\n)+")
        self.assertRegex(example("bring_pytorch", "brought", DATA), "1056 weights, accuracy ")
        self.assertRegex(example("explore_chips", "chips", "first", DATA), r"\* \{'window': ")


if __name__ == "__main__":
    make_data()
    try:
        done = unittest.main(argv=sys.argv[:1], exit=False).result
    finally:
        shutil.rmtree(WORK)
    sys.exit(0 if done.wasSuccessful() and done.testsRun > 0 else 1)
