#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The table's maker on data by hand: what is counted, merged, waived and refused."""
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from coverage import NOT, TESTS, target_of
from points import TARGETS, Bad, apply_waivers, below, fits_bits, read_data, read_functional, table, total_of, uncovered


def point(file, line, kind, what, instance, count, column=1):
    keys = {"f": f"/there/{'testbench' if 'harness' in file else 'hw'}/rtl/{file}.sv", "l": line, "n": column, "page": f"v_{kind}/{file}__pi1", "o": what, "h": instance}
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in keys.items()) + f"' {count}\n"


TOP = "TOP.wd_top"
DATA = "# SystemC::Coverage-3\n" + "".join([
    # Two instances in the array: one reaches the branch, none the other one.
    point("wd_a", 2, "line", "block", TOP + ".u_a0", 7),
    point("wd_a", 3, "branch", "if", TOP + ".u_a0", 0),
    point("wd_a", 3, "branch", "if", TOP + ".u_a1", 4),
    point("wd_a", 3, "branch", "else", TOP + ".u_a0", 0, 2),
    # Bits: 0 by the array, 1 by the bench alone, 2 and 3 by none; 4 is a bit that the bench has and the array lacks.
    point("wd_a", 5, "toggle", "x_i[0]", TOP + ".u_a0", 1),
    point("wd_a", 5, "toggle", "x_i[1]", TOP + ".u_a0", 0),
    point("wd_a", 5, "toggle", "x_i[2]", TOP + ".u_a0", 0),
    point("wd_a", 5, "toggle", "x_i[3]", TOP + ".u_a0", 0),
    point("wd_a", 5, "toggle", "x_i[1]", "TOP.wd_a", 9),
    point("wd_a", 5, "toggle", "x_i[4]", "TOP.wd_a", 9),
    # A module that the array lacks, and files that are no modules of the RTL.
    point("wd_b", 1, "toggle", "y_o", "TOP.wd_b", 3),
    point("wd_b", 2, "toggle", "z_o", "TOP.wd_b", 0),
    point("wd_top", 9, "line", "block", TOP, 1),
    point("wd_harness", 1, "line", "block", "TOP.wd_harness", 0),
])
SOURCE = "module wd_a;\n  always_comb begin\n    if (x || y) z = 1;\n  end\n  logic [3:0] x_i;\n"


class Test(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        (self.folder / "wd_a.sv").write_text(SOURCE)

    def file(self, text):
        path = self.folder / "file"
        path.write_text(text)
        return path

    def modules(self):
        return read_data(self.file(DATA))

    def waive(self, text):
        modules = self.modules()
        apply_waivers(self.file(text), modules, self.folder)
        return modules

    def test_counts(self):
        modules = self.modules()
        self.assertEqual(list(modules), ["wd_a", "wd_b", "wd_top"])
        self.assertEqual(modules["wd_a"].share("line"), (2, 3))
        self.assertEqual(modules["wd_a"].share("toggle"), (2, 4))
        self.assertEqual(modules["wd_b"].share("toggle"), (1, 2))
        self.assertEqual(total_of(modules, "line"), (3, 4))
        self.assertEqual(total_of(modules, "toggle"), (3, 6))

    def test_functional_points_of_benches_are_united(self):
        modules = self.modules()
        read_functional([self.file("wd_a\tfull\t0\nwd_a\tempty\t3\nwd_a\tfull\t2\nwd_b\tnever\t0\n")], modules)
        self.assertEqual(modules["wd_a"].share("functional"), (2, 2))
        self.assertEqual(modules["wd_b"].share("functional"), (0, 1))
        self.assertIn("hw/rtl/wd_b.sv: functional never\n", uncovered(modules))
        for text, said in (("wd_a full 1\n", "not 'module, point, count'"), ("wd_c\tx\t1\n", "no module 'wd_c'")):
            with self.assertRaisesRegex(Bad, "line 1: " + said):
                read_functional([self.file(text)], modules)

    def test_table_and_list(self):
        modules = self.waive("wd_a | toggle | tied | x_i[3:2]\n")
        read_functional([self.file("wd_a\tfull\t1\n")], modules)
        self.assertEqual(table(modules), "| module | line | toggle | functional | waived |\n"
                                         "|---|---:|---:|---:|---:|\n"
                                         "| wd_a | 66.7 % (2/3) | 100.0 % (2/2) | 1/1 | 2 |\n"
                                         "| wd_b | - | 50.0 % (1/2) | - | - |\n"
                                         "| wd_top | 100.0 % (1/1) | - | - | - |\n"
                                         "| all | 75.0 % (3/4) | 75.0 % (3/4) | 1/1 | 2 |\n")
        self.assertEqual(uncovered(modules), "hw/rtl/wd_a.sv:3: line else 2\nhw/rtl/wd_b.sv:2: toggle z_o\n")

    def test_targets(self):
        modules = self.modules()
        self.assertEqual(below(modules, {"line": 75.0, "toggle": 50.0, "functional": 100.0}), [])
        self.assertEqual(below(modules, {"line": 75.1, "toggle": 50.0}), ["line coverage is 75.00 %, the target 75.1 %"])
        self.assertEqual(len(below(modules, TARGETS)), 2)

    def test_waivers(self):
        modules = self.waive("# a comment\n\nwd_a | line | why | if (x || y) z = 1;\nwd_b | toggle | why | z_*\n")
        self.assertEqual(modules["wd_a"].share("line"), (2, 2))  # what is reached stays counted
        self.assertEqual(modules["wd_b"].share("toggle"), (1, 1))
        for text, said in (("wd_a | toggle | why | x_i[0]", "'x_i\\[0\\]' of wd_a is all reached"),
                           ("wd_a | toggle | why | w_i", "'w_i' of wd_a is not there"),
                           ("wd_a | line | why | z = 2;", "is not there"),
                           ("wd_c | toggle | why | x", "no module 'wd_c'"),
                           ("wd_a | toggle | x_i[2]", "not 'module"),
                           ("wd_a | bits | why | x_i[2]", "not 'module"),
                           ("wd_a | toggle | why | x_i[2", "neither name")):
            with self.assertRaisesRegex(Bad, said):
                self.waive(text + "\n")

    def test_bits(self):
        for what, pattern, fits in (("x[3]", "x", True), ("x[3]", "x[3]", True), ("x[3]", "x[7:4]", False), ("x[4]", "x[7:4]", True),
                                    ("x", "x[0]", False), ("xy", "x", False), ("xy[1]", "x*[1:0]", True)):
            self.assertEqual(fits_bits(what, pattern), fits, (what, pattern))

    def test_programs(self):
        """ctest names no program before it is built."""
        for name, target in (("rtl.dma_24", "rtl_dma_24_test"), ("rtl.post", "rtl_post_test"), ("coverage.programs.6", "coverage_programs")):
            self.assertEqual(target_of(name), target)
            self.assertTrue(TESTS.fullmatch(name) and not NOT.fullmatch(name))

    def test_data_that_is_none(self):
        with self.assertRaisesRegex(Bad, "line 1: no coverage point"):
            read_data(self.file("C 'nothing' 1\n"))


if __name__ == "__main__":
    unittest.main()
