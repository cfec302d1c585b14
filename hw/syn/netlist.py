# SPDX-License-Identifier: Apache-2.0
"""Synthesises the RTL with Yosys, hierarchy kept but for wd_fp_* and wd_lanes_*, and describes the netlist.

Not       SRAM: each memory array is cut at its ports, but for arrays of bytes, which are register files. Pins of two
          cells without area and delay stand for memories: what reaches one ends a path, what one gives starts one.
Errors    SynthesisError: what Yosys said, and the RTL's latches and implicit wires that must not be.
Test      timing_test.sh
"""
import glob
import json
import os
import re
import subprocess

SINKS = 16  # a net with more gets a tree of buffers, as placement would build one

# Yosys's own script (area) restructures with dc2, which turns carry trees into chains: adders of 43 bits take 2.8 times
# as long for 13 % less area. Without it logic keeps the depth that the RTL gave it.
SCRIPTS = {effort: f"strash; &get -n; &fraig -x; &put; scorr; {dc2}strash; &get -n; &dch -f; &nf {{D}}; &put; buffer; upsize {{D}}; dnsize {{D}}\n"
           for effort, dc2 in (("speed", ""), ("area", "dc2; dretime; "))}

MEMORY_CELLS = """library (memory_pins) {
  time_unit : "1ns"; capacitive_load_unit (1, ff); delay_model : table_lookup;
  voltage_unit : "1V"; current_unit : "1mA"; pulling_resistance_unit : "1kohm"; leakage_power_unit : "1nW";
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50; output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20; slew_lower_threshold_pct_fall : 20; slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  cell (wd_memory_in) { area : 0; ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; clock : true; capacitance : 0; }
    pin (D) { direction : input; capacitance : 2;
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("0"); } fall_constraint (scalar) { values ("0"); } } } }
  cell (wd_memory_out) { area : 0; ff (IQ, IQN) { clocked_on : "CK"; next_state : "IQ"; }
    pin (CK) { direction : input; clock : true; capacitance : 0; }
    pin (Q) { direction : output; function : "IQ";
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (scalar) { values ("0"); } cell_fall (scalar) { values ("0"); }
        rise_transition (scalar) { values ("0.02"); } fall_transition (scalar) { values ("0.02"); } } } }
}
"""
MEMORY_MAP = """(* techmap_celltype = "$mem_v2" *)
module memory_pins #(parameter WIDTH = 1, ABITS = 1, RD_PORTS = 1, WR_PORTS = 1) (
  input [RD_PORTS-1:0] RD_CLK, RD_EN, RD_ARST, RD_SRST, input [RD_PORTS*ABITS-1:0] RD_ADDR,
  output [RD_PORTS*WIDTH-1:0] RD_DATA,
  input [WR_PORTS-1:0] WR_CLK, input [WR_PORTS*WIDTH-1:0] WR_EN, WR_DATA, input [WR_PORTS*ABITS-1:0] WR_ADDR);
  parameter MEMID = "", SIZE = 0, OFFSET = 0, INIT = 0, RD_CLK_ENABLE = 0, RD_CLK_POLARITY = 0, RD_TRANSPARENCY_MASK = 0,
    RD_COLLISION_X_MASK = 0, RD_WIDE_CONTINUATION = 0, RD_CE_OVER_SRST = 0, RD_ARST_VALUE = 0, RD_SRST_VALUE = 0,
    RD_INIT_VALUE = 0, WR_CLK_ENABLE = 0, WR_CLK_POLARITY = 0, WR_PRIORITY_MASK = 0, WR_WIDE_CONTINUATION = 0;
  genvar i, p;
  generate
    for (i = 0; i < RD_PORTS; i = i + 1) begin : read
      (* keep *) wd_memory_in enable (.CK(WR_CLK[0]), .D(RD_EN[i]));
    end
    for (i = 0; i < RD_PORTS*ABITS; i = i + 1) begin : read_address
      (* keep *) wd_memory_in pin (.CK(WR_CLK[0]), .D(RD_ADDR[i]));
    end
    for (i = 0; i < RD_PORTS*WIDTH; i = i + 1) begin : read_data
      wd_memory_out pin (.CK(WR_CLK[0]), .Q(RD_DATA[i]));
    end
    for (p = 0; p < WR_PORTS; p = p + 1) begin : write
      for (i = 0; i < WIDTH; i = i + 1) begin : bits
        (* keep *) wd_memory_in enable (.CK(WR_CLK[0]), .D(WR_EN[p*WIDTH+i]));
        (* keep *) wd_memory_in data (.CK(WR_CLK[0]), .D(WR_DATA[p*WIDTH+i]));
      end
      for (i = 0; i < ABITS; i = i + 1) begin : address
        (* keep *) wd_memory_in pin (.CK(WR_CLK[0]), .D(WR_ADDR[p*ABITS+i]));
      end
    end
  endgenerate
endmodule
"""


class SynthesisError(Exception):
    pass


def run(tool, *arguments, log):
    """Runs a tool with its output in `log`; its last lines are the error."""
    with open(log, "w") as file:
        status = subprocess.run([tool, *arguments], stdout=file, stderr=subprocess.STDOUT).returncode
    if status:
        with open(log, errors="replace") as file:
            said = [line for line in file.read().splitlines() if line.strip()]
        errors = [line for line in said if "ERROR" in line or "Error" in line]
        raise SynthesisError(f"{tool} failed: " + " | ".join(errors[:3] or said[-3:]))


def base_name(derived):
    """Of a module with parameters, as Yosys names it: $paramod$8f..\\wd_post or $paramod\\wd_post\\Lanes=.."""
    return next(part for part in derived.split("\\") if re.match(r"\w+$", part) and not part.startswith("$"))


def flattened(base):
    """Whether a module becomes part of the one that instantiates it."""
    return base.startswith(("wd_fp_", "wd_lanes_"))


class Synthesis:
    def __init__(self, work, rtl, library=None, effort="speed"):
        self.work, self.rtl, self.library, self.effort = work, rtl, library, effort
        self.design = work  # the folder of what elaborate() has made

    def path(self, name):
        return os.path.join(self.work, name)

    def _write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def _yosys(self, name, lines):
        run("yosys", "-q", "-l", self.path(name + ".log"), self._write(name + ".ys", "\n".join(lines) + "\n"),
            log=self.path(name + ".out"))

    def _clock_gate(self):
        """The file of wd_icg: the library's cell, if it has one, else the RTL's latch and AND."""
        gate = self.library and self.library.clock_gate()
        if not gate:
            return os.path.join(self.rtl, "wd_icg.sv")
        cell, clock, enable, output = gate
        return self._write("wd_icg.sv", "module wd_icg (input clk_i, input en_i, output clk_o);\n"
                           f"  {cell.name} gate (.{clock}(clk_i), .{enable}(en_i), .{output}(clk_o));\nendmodule\n")

    def elaborate(self, top, parameters, others=()):
        """Reads the RTL and other files; the names of the modules below `top`, as Yosys has derived them."""
        packages = sorted(glob.glob(os.path.join(self.rtl, "../gen/*_pkg.sv")) + glob.glob(os.path.join(self.rtl, "*_pkg.sv")))
        modules = [file for file in sorted(glob.glob(os.path.join(self.rtl, "*.sv")) + glob.glob(os.path.join(self.rtl, "../gen/*.sv")))
                   if file not in packages and os.path.basename(file) != "wd_icg.sv"]
        if not packages or not modules:
            raise SynthesisError(f"{self.rtl}: has no RTL; --rtl names a folder like hw/rtl, beside gen/ with the package")
        modules += others
        if not any(os.path.basename(file) == top + ".sv" for file in modules):
            raise SynthesisError(f"module '{top}': {self.rtl} has no {top}.sv")
        libraries = [f"read_liberty -lib -ignore_miss_func {self.library.path}"] if self.library else []
        self._yosys("elaborate", libraries + [
            "read_verilog -defer -sv -DSYNTHESIS " + " ".join(packages + modules + [self._clock_gate()]),
            *(f"chparam -set {name} {value} {top}" for name, value in parameters.items()),
            f"hierarchy -check -top {top}", f"tee -q -o {self.path('modules')} ls", f"write_rtlil {self.path('elaborated.il')}"])
        with open(self.path("elaborate.log"), errors="replace") as file:
            implicit = [line.strip() for line in file if "implicitly declared" in line]
        if implicit:
            raise SynthesisError(f"Yosys reads the RTL in another way than Verilator: {implicit[0]}")
        return self._module_names()

    def use_elaborated(self, folder):
        """Instead of elaborate(): what another one has left in `folder`, of the same RTL, top module and parameters."""
        self.design = folder
        return self._module_names()

    def _module_names(self):
        known = self.library.cells if self.library else {}
        with open(os.path.join(self.design, "modules")) as file:
            names = [line.strip() for line in file if line.startswith("  ")]
        return [name for name in names if name not in known]

    def check(self, top):
        """Refuses what synthesis would reject, and latches that are not in the clock gate."""
        self._yosys("check", [f"read_rtlil {self.path('elaborated.il')}", f"hierarchy -top {top}", "proc", "opt_expr", "opt_clean",
                              "check -assert", "select -assert-none t:$dlatch wd_icg/* %d"])

    def memory_pins(self):
        """Commands that cut memories at their pins."""
        self._write("memory_map.v", MEMORY_MAP)
        self._write("memory_pins.lib", MEMORY_CELLS)
        return ["memory_map t:$mem_v2 r:WIDTH=8 %i",  # a register file, not SRAM
                f"read_liberty -lib {self.path('memory_pins.lib')}", f"techmap -map {self.path('memory_map.v')} t:$mem_v2"]

    def read_module(self, derived, empty):
        """Commands that read one module and what is below it, but for those in `empty`, as Yosys has derived them."""
        return [f"read_rtlil {os.path.join(self.design, 'elaborated.il')}", *(f"blackbox {name}" for name in empty),
                f"hierarchy -top {derived}",  # nothing is done for modules beside it
                "flatten t:*wd_fp_* t:*wd_lanes_*"]  # number formats, adders: parts of a path

    def cells(self, derived, period, memory_pins, options=""):
        """Commands that make the library's cells of what was read; options of Yosys's synth."""
        library = self.library
        self._write("abc.constr", library.abc_constraints())
        self._write("abc.script", SCRIPTS[self.effort].replace("; ", "\n"))
        latch = library.latch()
        if latch:
            cell, data, enable, output, low = latch
            self._write("latch_map.v", "".join(
                f"module \\$_DLATCH_{kind}_ (input E, D, output Q);\n"
                f"  {cell.name} latch (.{data}(D), .{enable}({'E' if (kind == 'N') == low else '!E'}), .{output}(Q));\nendmodule\n"
                for kind in "NP"))
        return [f"synth -noabc {options} -top {derived} -run begin:fine", *memory_pins, "synth -noabc -run fine:check", f"dfflibmap -liberty {library.path}",
                *([f"techmap -map {self.path('latch_map.v')}", "simplemap"] if latch else []), "opt_clean",
                f"abc -liberty {library.path} -constr {self.path('abc.constr')} -script {self.path('abc.script')} -D {period * 1000:.0f}"]

    def synthesise(self, derived, period, cut, names):
        """The netlist of one module and what is below it; modules of base name in `cut` are left empty."""
        empty = [name for name in names if base_name(name) in cut]
        self._yosys("synthesise", [*self.read_module(derived, empty), *self.cells(derived, period, self.memory_pins()),
                                   "opt_clean -purge", f"write_json {self.path('synthesised.json')}"])
        return Netlist(self, derived)


class Netlist:
    """modules: name -> the module as in Yosys's JSON; cells of type in `modules` are instances."""

    def __init__(self, synthesis, top):
        with open(synthesis.path("synthesised.json")) as file:
            raw = json.load(file)["modules"]
        self.library, self.synthesis, names = synthesis.library, synthesis, {}
        for derived in sorted(raw):
            if derived not in self.library.cells and not derived.startswith("wd_memory_"):
                base = base_name(derived)
                names[derived] = base if base not in names.values() else f"{base}_{sum(n == base or n.startswith(base + '_v') for n in names.values()) + 1}"
        self.top = names[top]
        self.modules = {names[derived]: raw[derived] for derived in names}
        for module in self.modules.values():
            for cell in module["cells"].values():
                cell["type"] = names.get(cell["type"], cell["type"])
        self.cut = {name for name, module in self.modules.items() if not module["cells"]
                    and int(module["attributes"].get("blackbox", "0"), 2)}
        self.loads = {}  # module -> port -> sinks of each bit
        for name in self.order():
            self._merge_memory_pins(self.modules[name])
            self._add_trees(name, self.modules[name])
        self._write(raw)

    def _merge_memory_pins(self, module):
        """A memory has a write enable per bit in Yosys; those that are the same signal are one pin."""
        seen = set()
        for name, cell in list(module["cells"].items()):
            if cell["type"] == "wd_memory_in":
                bit = cell["connections"]["D"][0]
                if bit in seen or isinstance(bit, str):
                    del module["cells"][name]
                seen.add(bit)

    def _is_clock(self, cell, pin):
        if cell["type"] in self.modules:
            return pin.startswith("clk")
        if cell["type"].startswith("wd_memory"):
            return pin == "CK"
        known = self.library.cells[cell["type"]]
        return known.stores and pin not in (known.pin_where("direction", "output"),) and re.search(
            r"\bclock\s*:\s*\"?true|clock_gate_clock_pin\s*:\s*\"?true", known.pins[pin]) is not None

    def _add_trees(self, name, module):
        """Nobody has buffered across modules: a pin of an instance counts as the sinks behind it. Clocks are ideal and stay."""
        buffer, source, sink = self.library.buffer()
        sinks, clocks = {}, set()  # net -> [(connection, index, sinks behind it)]
        for cell in module["cells"].values():
            inner = self.loads.get(cell["type"], {})
            for pin, bits in cell["connections"].items():
                if cell["port_directions"][pin] == "input":
                    if self._is_clock(cell, pin):
                        clocks.update(bits)
                    for index, bit in enumerate(bits):
                        if not isinstance(bit, str):
                            sinks.setdefault(bit, []).append((bits, index, inner[pin][index] if pin in inner else 1))
        clocks.update(bit for port, of in module["ports"].items() if port.startswith(("clk", "rst")) for bit in of["bits"])
        fresh = 1 + max([bit for cell in module["cells"].values() for bits in cell["connections"].values() for bit in bits
                         if not isinstance(bit, str)] + [bit for of in module["ports"].values() for bit in of["bits"]
                                                         if not isinstance(bit, str)] + [0])
        for bit, places in sinks.items():
            while sum(load for _, _, load in places) > SINKS and bit not in clocks:
                parents, group = [], []
                for place in places + [None]:
                    if group and (place is None or sum(load for _, _, load in group) + place[2] > SINKS):
                        for bits, index, _ in group:
                            bits[index] = fresh
                        cell = {"type": buffer.name, "parameters": {}, "attributes": {}, "hide_name": 0,
                                "port_directions": {source: "input", sink: "output"},
                                "connections": {source: [bit], sink: [fresh]}}
                        module["cells"][f"tree_{fresh}"] = cell
                        parents.append((cell["connections"][source], 0, 1))
                        fresh += 1
                        group = []
                    if place is not None:
                        group.append(place)
                places = parents
            sinks[bit] = places
        self.loads[name] = {port: [min(SINKS, sum(load for _, _, load in sinks.get(bit, []))) for bit in of["bits"]]
                            for port, of in module["ports"].items() if of["direction"] == "input"}

    def _write(self, raw):
        work = self.synthesis
        for module in self.modules.values():  # where in which file: what else is the same shall be the same file
            for one in [module, *module["cells"].values(), *module.get("netnames", {}).values()]:
                one["attributes"] = {}
        design = {"creator": "hw/syn", "cut": sorted(self.cut), "modules": {name: m for name, m in self.modules.items() if name not in self.cut}}
        with open(work.path("netlist.json"), "w") as file:
            json.dump(design, file)
        work._yosys("write", [f"read_json {work.path('netlist.json')}",
                              f"write_verilog -noattr -noexpr {work.path('netlist.v')}"])

    def order(self):
        """Module names, children first."""
        done = []

        def visit(name):
            for cell in self.modules[name]["cells"].values():
                if cell["type"] in self.modules:
                    visit(cell["type"])
            if name not in done:
                done.append(name)

        visit(self.top)
        return done

    def areas(self):
        """name -> (own, with children)."""
        result = {}
        for name in self.order():
            types = [cell["type"] for cell in self.modules[name]["cells"].values()]
            own = sum(self.library.cells[kind].area for kind in types if kind in self.library.cells)
            result[name] = own, own + sum(result[kind][1] for kind in types if kind in self.modules)
        return result

    def instances(self):
        """name -> how often it is in the top module."""
        result = dict.fromkeys(self.modules, 0)
        result[self.top] = 1
        for name in reversed(self.order()):
            for cell in self.modules[name]["cells"].values():
                if cell["type"] in self.modules:
                    result[cell["type"]] += result[name]
        return result

    def module_of(self, pin):
        """The module in which a pin of the top module lies, by its hierarchical name."""
        name = self.top
        for part in pin.replace("\\", "").split("/"):
            cell = self.modules[name]["cells"].get(part)
            if cell is None or cell["type"] not in self.modules:
                return name
            name = cell["type"]
        return name
