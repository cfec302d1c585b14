#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The efficiency front: TFLOPS/W of published networks over density, voltage, PE, walker sets and clock gates.

Reads     nothing: networks get random masks, images are random; sums do not depend on which weights are kept, energies hardly do.
Writes    OUT/front.csv (a line a point), OUT/front-TABLE.svg (a panel a network), OUT/front.md (tables). Folders of networks stay in OUT.
Time      about a minute of one core: a network takes seconds on the fast simulator, a point of the front a fraction of one.
"""
import argparse
import csv
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGS = os.path.join(HERE, "../algo/configs")
# Chips: the default one with room for the network's instructions and norms; ResMLP's token mixing needs deeper banks.
STRIPES = {"instr_rows": 2048, "norm_rows": 1024}
NETWORKS = {  # name: (options of `whitedwarf sizes`, chip)
    "demo": (["--config", os.path.join(CONFIGS, "hfn_fmnist_quick.json")], {}),
    "CIFAR-10 HFN-ResNet-18": (["--config", os.path.join(CONFIGS, "hfn_resnet18_cifar10.json")], STRIPES),
    "HFN-ResNet-50 at 224": (["--net", "resnet50", "--dataset", "imagenet", "--fold", "3,4"], STRIPES),
    "ResMLP-S24 at 224": (["--net", "res_mlp_s24", "--dataset", "imagenet"], {**STRIPES, "act_rows": 2560}),
}
MASKS = {"30 %": "0.7", "10 %": "0.9", "5 %": "0.95"}  # kept: pruned, as `--coats` has it
THREE_COATS = {"30 %, 3 coats": "0.7,0.9212,0.9685", "20 %, 3 coats": "0.8,0.94,0.98", "10 %, 3 coats": "0.9,0.97,0.99"}
VOLTS = [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2]
COMPARED_VOLT = 0.7  # of chips and gates; the table's own where it cannot be scaled to that
AS_IS, AS_RUN = "two planes, Q = 16", "as run"
VARIANTS_AT = ("10 %", "30 %, 3 coats")  # other chips and gates are shown for these
VARIANTS = {  # what differs from the chip as it is
    AS_IS: {},
    "multiplier PE": {"planes_per_row": 3, "window": 3},
    "one plane": {"planes_per_row": 1, "window": 4},
    "Q = 1": {"groups_per_walker": 1},
}
COLUMNS = ["network", "kept", "variant", "gates", "table", "volt", "megahertz", "cycles", "chip_uj", "offchip_uj", "watts",
           "executed_tflops_per_watt", "dense_tflops_per_watt", "activation_zeros", "weight_zeros", "weight_bit_zeros"]


class Tool:
    """Calls `whitedwarf`; its refusal ends the study with its own line."""

    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            sys.exit(f"power_front.py: whitedwarf {' '.join(arguments)}: {lines[-1]}")
        return done.stdout


def file_name(text):
    return "".join(c if c.isalnum() else "-" for c in text.lower().replace("%", "percent"))


def points(tool, folder, labels, table, volt, gates):
    """The chip as it was run; with `gates` also with its clock gates on and off, level by level."""
    found = json.loads(tool("power", "--out", folder, "--power-table", table, "--voltage", f"{volt:g}", "--json", *(["--gates"] if gates else [])))
    line = {**labels, "gates": AS_RUN, "table": table, "volt": volt, "megahertz": found["megahertz"],
            "cycles": found["cycles_per_image"], "chip_uj": found["chip_picojoule"] / 1e6,
            "offchip_uj": found["offchip_picojoule"] / 1e6, "watts": found["watts"],
            "executed_tflops_per_watt": found["tflops_per_watt"]["executed"],
            "dense_tflops_per_watt": found["tflops_per_watt"]["dense"], "activation_zeros": found["activation_sparsity"],
            "weight_zeros": found["weight_sparsity"], "weight_bit_zeros": found["weight_bit_sparsity"]}
    lines = [line]
    for other in found.get("gates", []):
        if other["name"] in (AS_RUN, "all gates on"):
            continue
        less = found["chip_picojoule"] / other["chip_picojoule"]
        lines.append({**line, "gates": other["name"], "chip_uj": other["chip_picojoule"] / 1e6, "watts": line["watts"] / less,
                      "executed_tflops_per_watt": line["executed_tflops_per_watt"] * less,
                      "dense_tflops_per_watt": line["dense_tflops_per_watt"] * less})
    return lines


def voltages(table):
    """Those of the front that the table can be scaled to, and the one at which chips and gates are compared."""
    shipped = os.path.join(HERE, "../hw/power", table + ".json")
    with open(shipped if os.path.exists(shipped) else table, encoding="utf-8") as file:
        read = json.load(file)
    low, high, own = read["scaling"]["least_volt"], read["scaling"]["most_volt"], read["library"]["voltage"]
    volts = [volt for volt in VOLTS if low <= volt <= high]
    return volts or [own], COMPARED_VOLT if COMPARED_VOLT in volts else own


def study(tool, out, tables, networks, say):
    volts = {table: voltages(table) for table in tables}
    lines = []
    for network in networks:
        options, chip = NETWORKS[network]
        masks = {**MASKS, **(THREE_COATS if "ResNet-50" in network else {})}
        for kept, coats in masks.items():
            folder = os.path.join(out, file_name(f"{network} {kept}"))
            if not os.path.exists(os.path.join(folder, "model.wdz")):
                tool("sizes", *options, "--coats", coats, "--model", "--out", folder)
                tool("compress", "--out", folder)
            for variant, parameters in VARIANTS.items():
                whole = not parameters  # the chip as it is: every voltage, every gate
                if not whole and kept not in VARIANTS_AT:
                    continue
                say(f"{network}, {kept} kept, {variant}")
                arch = os.path.join(folder, "chip.json")
                with open(arch, "w", encoding="utf-8") as file:
                    json.dump({**chip, **parameters}, file)
                tool("compile", "--out", folder, "--arch", arch)
                tool("run", "--out", folder, "--data", "random", "--images", "1", "--engines", "fast")
                labels = {"network": network, "kept": kept, "variant": variant}
                for table, (front, compared) in volts.items():
                    for volt in front if whole else [compared]:
                        lines += points(tool, folder, labels, table, volt, gates=whole and volt == compared and kept in VARIANTS_AT)
    return lines


def picture(lines, table):
    """Dense-equivalent TFLOPS/W over voltage, a panel a network, a line a density."""
    shown = [l for l in lines if l["table"] == table and l["variant"] == AS_IS and l["gates"] == "as run"]
    names = list(dict.fromkeys(l["network"] for l in shown))
    volts = sorted({l["volt"] for l in shown})
    if len(volts) < 2:
        return None
    top = max(l["dense_tflops_per_watt"] for l in shown) * 1.05
    width, height, left, gap = 300, 220, 46, 66
    colours = ["#1b6ca8", "#c2410c", "#15803d", "#7e22ce", "#0f766e", "#a16207"]
    x = lambda volt: (volt - volts[0]) / (volts[-1] - volts[0]) * (width - 20) + 10
    y = lambda value: height - value / top * height
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * (width + gap) + left}" height="{2 * (height + gap) + 20}" '
           'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="16">Dense-equivalent TFLOPS/W over supply voltage, table {table}</text>']
    for i, name in enumerate(names):
        out.append(f'<g transform="translate({left + i % 2 * (width + gap)},{44 + i // 2 * (height + gap)})">'
                   f'<rect width="{width}" height="{height}" fill="none" stroke="#999"/><text y="-5">{name}</text>')
        for step in range(6):
            value = top * step / 5
            out.append(f'<text x="-5" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
        for volt in volts:
            out.append(f'<text x="{x(volt):.1f}" y="{height + 15}" text-anchor="middle">{volt:g} V</text>')
        for k, kept in enumerate(dict.fromkeys(l["kept"] for l in shown if l["network"] == name)):
            of_line = sorted((l["volt"], l["dense_tflops_per_watt"]) for l in shown if l["network"] == name and l["kept"] == kept)
            path = " ".join(f"{x(volt):.1f},{y(value):.1f}" for volt, value in of_line)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colours[k]}" stroke-width="2"/>'
                       f'<text x="{width - 8}" y="{16 + 14 * k}" text-anchor="end" fill="{colours[k]}">{kept} kept</text>')
        out.append("</g>")
    return "\n".join(out) + "\n</svg>\n"


def tables_of(lines, table, compared):
    """Markdown: voltages and densities; PEs and walkers; clock gates."""
    here = [l for l in lines if l["table"] == table]
    front = [l for l in here if l["variant"] == AS_IS and l["gates"] == AS_RUN]
    volts = sorted({l["volt"] for l in front})
    clock = next(l["megahertz"] for l in front if l["volt"] == compared)
    out = [f"Table {table}: dense-equivalent TFLOPS/W by voltage; energy and executed TFLOPS/W at {compared:g} V, {clock:.0f} MHz",
           "", "| network | kept | zeros: activations, weights, bits | cycles | uJ an image | executed | " + " | ".join(f"{v:g} V" for v in volts) + " |",
           "|---" * (6 + len(volts)) + "|"]
    for network, kept in dict.fromkeys((l["network"], l["kept"]) for l in front):
        by_volt = {l["volt"]: l for l in front if (l["network"], l["kept"]) == (network, kept)}
        at = by_volt[compared]
        out.append(f"| {network} | {kept} | {at['activation_zeros']:.0%}, {at['weight_zeros']:.0%}, {at['weight_bit_zeros']:.0%} | {at['cycles']:,.0f} "
                   f"| {at['chip_uj']:,.4g} | {at['executed_tflops_per_watt']:.2f} | " + " | ".join(f"{by_volt[v]['dense_tflops_per_watt']:.2f}" for v in volts) + " |")
    for title, column, chosen in (("Chips", "variant", [l for l in here if l["gates"] == AS_RUN]),
                                  ("Clock gates", "gates", [l for l in here if l["variant"] == AS_IS])):
        chosen = [l for l in chosen if l["volt"] == compared]
        names = list(dict.fromkeys(l[column] for l in chosen))
        out += ["", f"{title}, {compared:g} V: uJ an image, dense-equivalent TFLOPS/W", "", "| network | kept | " + " | ".join(names) + " |", "|---" * (2 + len(names)) + "|"]
        for network, kept in dict.fromkeys((l["network"], l["kept"]) for l in chosen):
            of_row = {l[column]: l for l in chosen if (l["network"], l["kept"]) == (network, kept)}
            if len(of_row) > 1:
                out.append(f"| {network} | {kept} | " + " | ".join(f"{of_row[n]['chip_uj']:,.4g}, {of_row[n]['dense_tflops_per_watt']:.2f}" if n in of_row else "" for n in names) + " |")
    return "\n".join(out) + "\n"


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    options.add_argument("out", metavar="OUT", help="folder for all files")
    options.add_argument("--table", action="append", metavar="NAME|FILE", help="power tables (default: every one of hw/power)")
    options.add_argument("--network", action="append", choices=list(NETWORKS), metavar="NAME", help="one of: " + ", ".join(NETWORKS) + " (default: all)")
    options.add_argument("--tool", default=os.path.join(HERE, "../build/release/whitedwarf"), metavar="FILE", help="the program whitedwarf")
    given = options.parse_args()
    shipped = sorted(name[:-5] for name in os.listdir(os.path.join(HERE, "../hw/power")) if name.endswith(".json"))
    if not os.access(given.tool, os.X_OK):
        sys.exit(f"power_front.py: {given.tool} is not there; build it, or name it with --tool")
    os.makedirs(given.out, exist_ok=True)
    say = (lambda text: print(text, file=sys.stderr)) if sys.stderr.isatty() else lambda text: None
    tables = given.table or shipped
    lines = study(Tool(given.tool), given.out, tables, given.network or list(NETWORKS), say)
    with open(os.path.join(given.out, "front.csv.new"), "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    os.replace(os.path.join(given.out, "front.csv.new"), os.path.join(given.out, "front.csv"))
    text = []
    for table in tables:
        name = os.path.basename(table).removesuffix(".json")
        text.append(tables_of(lines, table, voltages(table)[1]))
        drawn = picture(lines, table)
        if drawn:
            write(os.path.join(given.out, f"front-{name}.svg"), drawn)
    write(os.path.join(given.out, "front.md"), "\n".join(text))
    sys.stdout.write("\n".join(text))


if __name__ == "__main__":
    main()
