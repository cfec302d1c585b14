# SPDX-License-Identifier: Apache-2.0
"""Asks OpenSTA for the worst paths of a netlist.

Units     ns; the delay of a path is the clock period it needs: clock to output, logic, setup.
Numerics  ideal clock, no wires; inputs arrive with the clock edge, outputs must be there with the next.
Not       the array's clock gates: their enables are endpoints like a flop's data, half a period is not taken off.
"""
import netlist as netlists

KINDS = ("clk", "in_reg", "reg_out", "in_out")

SCRIPT = """
set_cmd_units -time ns
{libraries}
proc timed {{module period}} {{
  read_verilog {netlist}
  link_design $module
  set inputs {{}}
  set clocks {{}}
  foreach port [all_inputs] {{
    set name [get_property $port full_name]
    if {{[string match "clk*" $name]}} {{ lappend clocks $port }} else {{ lappend inputs $port }}
  }}
  if {{$clocks == ""}} {{ create_clock -name clk -period $period }} else {{ create_clock -name clk -period $period $clocks }}
  if {{[llength $inputs]}} {{ set_input_delay 0 -clock clk $inputs }}
  set_output_delay 0 -clock clk [all_outputs]
  if {{[llength $inputs]}} {{
    group_path -name in_out -from $inputs -to [all_outputs]
    group_path -name in_reg -from $inputs
  }}
  group_path -name reg_out -to [all_outputs]
}}
proc show {{kind module count period}} {{
  foreach path [find_timing_paths -path_group $kind -group_count $count] {{
    puts [format "PATH\\t%s\\t%s\\t%.4f\\t%s\\t%s" $module $kind [expr $period - [get_property $path slack]] \\
      [get_full_name [get_property $path startpoint]] [get_full_name [get_property $path endpoint]]]
  }}
}}
"""


EVERY = 10_000_000  # more endpoints than a chip has


def worst(synthesis, netlist, period, modules):
    """module -> kind -> [(ns, start pin, end pin)], worst first: one of each kind, of the top the one of each endpoint."""
    work = synthesis
    text = SCRIPT.format(libraries="\n".join(f"read_liberty {file}" for file in
                                             (synthesis.library.path, work.path("memory_pins.lib"))),
                         netlist=work.path("netlist.v"))
    for module in modules:
        text += f"timed {module} {period}\n"
        text += "".join(f"show {kind} {module} {EVERY if module == netlist.top else 1} {period}\n" for kind in KINDS)
    with open(work.path("sta.tcl"), "w") as file:
        file.write(text)
    netlists.run("sta", "-no_splash", "-exit", work.path("sta.tcl"), log=work.path("sta.log"))
    result = {module: {kind: [] for kind in KINDS} for module in modules}
    with open(work.path("sta.log"), errors="replace") as file:
        for line in file:
            if line.startswith("Error"):
                raise netlists.SynthesisError(f"sta: {line.strip()}")
            if line.startswith("PATH\t"):
                _, module, kind, delay, start, end = line.rstrip("\n").split("\t")
                result[module][kind].append((float(delay), start, end))
    return result
