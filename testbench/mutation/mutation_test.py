#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The tool itself: what each operator makes, by hand; and a toy project with a mutant of each outcome."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from mutants import choose, mutants_of

MADE = [  # file, operator, text, the lines that it becomes
    ("a.cpp", "logic", "x = a && b || c;", ["x = a || b || c;", "x = a && b && c;"]),
    ("a.cpp", "logic", "x = a & 3;  // a && b", ["x = a | 3;  // a && b"]),
    ("a.cpp", "logic", 'f(Foo&& x, const Foo& y, "a && b");', []),
    ("a.cpp", "comparison", "if (a < b) f<int>(c >= d);", ["if (a <= b) f<int>(c >= d);", "if (a < b) f<int>(c > d);"]),
    ("a.sv", "comparison", "  if (a <= b) c_q <= d == e;", ["if (a < b) c_q <= d == e;", "if (a <= b) c_q <= d != e;"]),
    ("a.sv", "comparison", "    x.y[3] <= a;", []),
    ("a.cpp", "arithmetic", "x += a * b - c;", ["x -= a * b - c;", "x += a + b - c;", "x += a * b + c;"]),
    ("a.cpp", "arithmetic", "out << a << b;", []),
    ("a.cpp", "constant", "x = y0 + 1;", ["x = y0 + 2;", "x = y0 + 0;"]),
    ("a.cpp", "constant", "x = 0x10 + 1.5;", []),
    ("a.sv", "constant", "  assign x = 2'b11 + 4'd0;", ["assign x = 2'b00 + 4'd0;", "assign x = 2'b10 + 4'd0;", "assign x = 2'b11 + 4'd1;", "assign x = 2'b11 + 4'd15;"]),
    ("a.sv", "constant", "  input logic [7:0] a_i,", []),
    ("a.sv", "delete", "  end else if (x) y_q <= z;", ["end else if (x) ;"]),
    ("a.sv", "delete", "  always_ff @(posedge clk_i) y_q <= a ? b : c;", ["always_ff @(posedge clk_i) ;"]),
    ("a.sv", "delete", "  assign x = a <= b;", []),
    ("a.cpp", "delete", "  x.y[3] += 4;", [";"]),
    ("a.cpp", "delete", "  if (a) f(b, c);", ["if (a) ;"]),
    ("a.cpp", "delete", "  int x = 4;", []),
    ("a.cpp", "delete", "  return f(x);", []),
    ("a.cpp", "stuck", "  if (f(a)) b = 1;", ["if (true) b = 1;", "if (false) b = 1;"]),
    ("a.cpp", "stuck", "  while (f(a)) g();", ["while (false) g();"]),
    ("a.sv", "stuck", "  if (a) begin", ["if (1'b1) begin", "if (1'b0) begin"]),
    ("a.cpp", "branches", "  x = a ? b : c ? d : e;", ["x = a ? c ? d : e : b;", "x = a ? b : c ? e : d;"]),
    ("a.cpp", "branches", "  if (a) {", ["if (!(a)) {"]),
    ("a.cpp", "drop_term", "  x = a && (b || c);", ["x = a;", "x = (b || c);", "x = a && (b);", "x = a && (c);"]),
    ("a.sv", "drop_term", "  assign x = a & b;", ["assign x = a;", "assign x = b;"]),
    ("a.cpp", "index", "  x = a[i] + b[2];", ["x = a[i + 1] + b[2];"]),
    ("a.cpp", "sides", "  x = c.out_h * c.out_w;", ["x = c.out_w * c.out_w;", "x = c.out_h * c.out_h;"]),
]

TOY = {
    "part/toy.hpp": "inline int half(int a) { return a / 2; }\n",
    "part/toy.cpp": """#include "part/toy.hpp"
int sum(int a, int b) { return a + b; }
int unseen(int a) { return a * 5; }
int least(int a) { return a < 3 ? a : 3; }
int apart(const char* a, const char* b) { return static_cast<int>(b - a); }
long down(volatile long n) {
  while (n != 0) n = n - 1;
  return half(static_cast<int>(n));
}
int greedy(int a) {
  char* all = nullptr;
  for (int i = 0; i != 3; i = i + 1) all = new char[1 << 20], all[i] = 1, a = a ^ all[i];
  return a;
}
""",
    "part/toy_test.cpp": """#include "part/toy.hpp"
int sum(int, int);
int least(int);
long down(long);
int apart(const char*, const char*);
int greedy(int);
int main() { return sum(2, 3) == 5 && least(7) == 3 && least(1) == 1 && down(3) == 0 && half(9) == 4 && apart("", "") != 1 && greedy(0) == 1 ? 0 : 1; }
""",
    "gate.sv": "module gate (input logic a, b, output logic x, y);\n  assign x = a && b;\n  assign y = a || b;\nendmodule\n",
    "gate_test.cpp": """#include "Vgate.h"
int main() {
  Vgate gate;
  for (int i = 0; i < 4; ++i) {
    gate.a = i & 1, gate.b = i >> 1;
    gate.eval();
    if (gate.x != (i == 3)) return 1;
  }
}
""",
    "CMakeLists.txt": """cmake_minimum_required(VERSION 3.25)
project(Toy CXX)
enable_testing()
add_library(toy STATIC part/toy.cpp)
target_include_directories(toy PUBLIC ${CMAKE_SOURCE_DIR})
add_executable(toy_test part/toy_test.cpp)
target_link_libraries(toy_test PRIVATE toy)
add_test(NAME toy COMMAND toy_test)
find_package(verilator REQUIRED HINTS /usr/share/verilator)
include(cmake/WdVerilate.cmake)
wd_verilate(gate_model Vgate gate SOURCES ${CMAKE_SOURCE_DIR}/gate.sv)
add_executable(gate_test gate_test.cpp)
target_link_libraries(gate_test PRIVATE gate_model)
add_test(NAME gate COMMAND gate_test)
add_test(NAME script COMMAND ${CMAKE_SOURCE_DIR}/script.sh)
""",
    "script.sh": "#!/bin/sh\ngrep -q 'y = a ||' \"$(dirname \"$0\")/gate.sv\"\n",
    "table.txt": "cpp part/toy.?pp: toy\nrtl gate.sv: gate@gate script\n",
    "equivalent.json": json.dumps([{
        "file": "part/toy.cpp", "line": "int least(int a) { return a < 3 ? a : 3; }", "mutated": "int least(int a) { return a <= 3 ? a : 3; }", "reason": "3 either way"}]),
}

EXPECTED = {  # changed line -> outcome
    "int sum(int a, int b) { return a - b; }": "killed",
    "int unseen(int a) { return a + 5; }": "survived",
    "int least(int a) { return a <= 3 ? a : 3; }": "equivalent",
    "int apart(const char* a, const char* b) { return static_cast<int>(b + a); }": "not compiling",
    "while (n != 0) n = n + 1;": "hung",
    "for (int i = 0; i != 3; i = i - 1) all = new char[1 << 20], all[i] = 1, a = a ^ all[i];": "hung",
    "inline int half(int a) { return a * 2; }": "killed",
    "assign x = a || b;": "killed",
    "assign y = a && b;": "killed",  # by the script
}


class Operators(unittest.TestCase):
    def test_each_makes_what_it_says(self):
        for file, operator, text, expected in MADE:
            with self.subTest(operator=operator, text=text):
                made = [m.after for m in mutants_of(file, text) if m.operator == operator]
                self.assertEqual(sorted(made), sorted(expected))

    def test_an_applied_mutant_changes_its_line_alone(self):
        text = TOY["part/toy.cpp"]
        for mutant in mutants_of("toy.cpp", text):
            before, after = text.split("\n"), mutant.apply(text).split("\n")
            self.assertEqual([i for i, (a, b) in enumerate(zip(before, after), 1) if a != b], [mutant.line])
            self.assertEqual(after[mutant.line - 1].strip(), mutant.after)

    def test_a_number_stays_when_lines_come_before(self):
        text = TOY["part/toy.cpp"]
        self.assertEqual([m.id for m in mutants_of("toy.cpp", text)], [m.id for m in mutants_of("toy.cpp", "\n\n" + text)])

    def test_the_choice_is_of_the_seed_and_in_proportion(self):
        texts = {"big.cpp": "x = a + b;\n" * 300, "small.cpp": "x = a + b;\n" * 100}
        chosen = choose(texts, 1, 40)
        self.assertEqual(chosen, choose(dict(reversed(texts.items())), 1, 40))
        self.assertNotEqual(chosen, choose(texts, 2, 40))
        self.assertEqual(len(chosen), 40)
        self.assertEqual(sum(m.path == "big.cpp" for m in chosen), 30)


class Toy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wd_mutation.")
        self.root = Path(self.folder.name)
        (self.root / "part").mkdir()
        for name, text in TOY.items():
            (self.root / name).write_text(text)
        (self.root / "script.sh").chmod(0o755)
        (self.root / "cmake").mkdir()
        for name in ("WdVerilate.cmake", "verilate.sh"):  # RTL becomes models as it does in the project
            shutil.copy(HERE.parents[1] / "cmake" / name, self.root / "cmake")
        (self.root / ".gitignore").write_text("/build/\n")
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def tearDown(self):
        self.folder.cleanup()

    def call(self, *arguments):
        return subprocess.run([sys.executable, "-B", HERE / "mutate.py", "--root", self.root, "--table", self.root / "table.txt", "--equivalent",
                               self.root / "equivalent.json", "--count", "all", "--least-limit", "1", "--memory", "1024", *arguments], capture_output=True, text=True)

    def outcomes(self):
        self.assertEqual(self.call("--report", str(self.root / "build/report")).returncode, 0)
        said = json.loads((self.root / "build/report/mutants.json").read_text())
        return {m["after"]: m["outcome"] for m in said["mutants"]}, said

    def test_each_outcome_is_told_kept_and_reported(self):
        ids = [m.id for path in ("part/toy.cpp", "part/toy.hpp", "gate.sv") for m in mutants_of(path, TOY[path]) if m.after in EXPECTED]
        only = [word for id in ids for word in ("--only", id)]
        first = self.call("--jobs", "2", *only)
        self.assertEqual(first.returncode, 0, first.stderr)
        found, said = self.outcomes()
        self.assertEqual({after: found[after] for after in EXPECTED}, EXPECTED)
        self.assertEqual(said["parts"]["rtl"]["killed"], 2)
        self.assertIn("not run", found.values())
        self.assertIn("| cpp | ", (self.root / "build/report/mutants.md").read_text())
        self.assertEqual((self.root / "part/toy.cpp").read_text(), TOY["part/toy.cpp"])
        self.assertIn(" 0 to run", self.call(*only).stdout)  # all is known
        (self.root / "part/toy_test.cpp").write_text(TOY["part/toy_test.cpp"].replace("sum(2, 3) == 5", "sum(2, 0) == 2"))
        again = self.call(*only)
        self.assertIn(" 7 to run", again.stdout, again.stderr)  # the test of C++ is another, and the script may read all files
        self.assertEqual(self.outcomes()[0]["int sum(int a, int b) { return a - b; }"], "survived")

        (self.root / "part/toy_test.cpp").write_text("int main() { return 1; }\n")  # fails without any mutation
        refused = self.call("--only", "part/toy.hpp")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("error: toy fails without any mutation", refused.stderr)

    def test_a_file_that_no_test_reads_is_told(self):
        (self.root / "part/lonely.cpp").write_text("int lonely(int a) { return a + 1; }\n")
        for name, old, new in (("CMakeLists.txt", "add_executable(toy_test", "add_library(alone part/lonely.cpp)\nadd_executable(toy_test"), ("table.txt", "part/toy.?pp", "part/*.cpp")):
            (self.root / name).write_text(TOY[name].replace(old, new))
        call = self.call("--only", "part/lonely.cpp")
        self.assertEqual(call.returncode, 1, call.stdout)
        self.assertIn("no test that the table names reads 'part/lonely.cpp'", call.stderr)

    def refused(self, text, *arguments):
        call = self.call("--list", *arguments)
        self.assertEqual(call.returncode, 1)
        self.assertIn(text, call.stderr)
        self.assertEqual(call.stderr.count("\n"), 1)

    def test_mistakes_are_told_in_a_line(self):
        self.refused("no file of the table has this in its path", "--only", "nowhere")
        self.refused("the sources have no such mutant", "--only", "0123456789")
        entry = json.loads(TOY["equivalent.json"])[0]
        for key, value, text in (("line", "gone", "no mutation of part/toy.cpp makes"), ("file", "gone.cpp", "there is no file 'gone.cpp'"), ("reason", "", "has to have the texts")):
            (self.root / "equivalent.json").write_text(json.dumps([entry | {key: value}]))
            self.refused(text)


if __name__ == "__main__":
    unittest.main()
