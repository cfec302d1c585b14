# SPDX-License-Identifier: Apache-2.0
"""Pages made of the sources: commands, Python, C++ headers, RTL blocks. Each maker returns (file, title, text) of its pages."""
import ast
import json
import re
import subprocess

HEADERS = ("flow/library/whitedwarf", "sim/tlm/whitedwarf", "sim/tlm/rtl/whitedwarf")
RTL_GROUPS = (("The chip and its buses", r"wd_(top|chip|axi|register_map|counters)"), ("Programs and memory", r"wd_(sequencer|instr|dma|burst|tile|.*_buffer|act_bank)"),
              ("Weights", r"wd_(decoder|expander|speck)"), ("Activations", r"wd_fetch"), ("The array", r"wd_(organisation|walker|lanes|count_ones|icg)"),
              ("After the array", r"wd_(post|fp)"))


def comment(text, mark):
    """The comment at a file's head, without the licence."""
    lines = []
    for line in text.splitlines():
        if not line.startswith(mark):
            break
        lines.append(line[len(mark):].removeprefix(" ").rstrip())
    return [line for line in lines if not line.startswith("SPDX")]


def described(lines):
    """A head in the house's form, `Word     text`, as a paragraph for each word."""
    out = []
    for line in lines:
        word = re.match(r"(What|Shape|Units|Timing|Numerics|Errors|Not|Test|Names|Area|Paths|Source)\s{2,}(.*)", line)
        if word:
            out += ["", f"**{word[1]}.** {word[2]}"]
        else:
            out.append(line.strip())
    return "\n".join(out).replace("<", "&lt;")


def escaped(text):
    """For a cell of a table."""
    return text.rstrip(".").replace("|", "\\|").replace("<", "&lt;")


def commands(program):
    tables = json.loads(subprocess.run([program, "help", "--json"], capture_output=True, text=True, check=True).stdout)
    pages, rows = [], []
    for table in sorted(tables, key=lambda one: one["command"]):
        name = table["command"]
        said = subprocess.run([program, *name.split(), "--help"], capture_output=True, text=True, check=True).stdout
        file = "command-" + name.replace(" ", "-")
        pages.append((file, f"whitedwarf {name}", f"```text\n{said.rstrip()}\n```\n"))
        rows.append(f"| [{name}]({file}.md) | {len(table['options'])} |")
    return "commands", "Commands", "What each command takes, as `whitedwarf COMMAND --help` prints it.\n\n| command | options |\n|---|---:|\n" + "\n".join(rows) + "\n", pages


def python(root):
    parts = []
    tree = ast.parse((root / "python/package/_native.pyi").read_text())
    parts.append("The stages (`train`, `compress`, `compile`, `run`, ...) take the options of the [commands](commands.md) as keywords: [Python](../python.md). "
                 "`help(whitedwarf.train)` lists them. What files are as objects:\n")
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            parts += [f"## {node.name}", f"```python\n{ast.unparse(node)}\n```"]
    return "python", "Python module", "\n\n".join(parts) + "\n", []


def headers(root):
    pages, rows = [], []
    for folder in HEADERS:
        for path in sorted((root / folder).glob("*.hpp")):
            text = path.read_text()
            head = comment(text, "//")
            name = f"whitedwarf/{path.name}"
            pages.append((f"cpp-{path.stem}", f"<{name}>".replace("<", "&lt;"), described(head) + "\n\n```cpp\n" + text.split("#pragma once", 1)[1].strip() + "\n```\n"))
            rows.append(f"| [{name}](cpp-{path.stem}.md) | {head[0].rstrip('.') if head else ''} |")
    return "cpp", "C++ library", "What an installation has for `find_package(whitedwarf)`: [installing](../install.md), [the chip in a system](../platform.md).\n\n| header | |\n|---|---|\n" + "\n".join(rows) + "\n", pages


def rtl(root):
    modules = {}
    for path in sorted((root / "hw/rtl").glob("wd_*.sv")):
        text = path.read_text()
        found = re.search(r"^module\s+(\w+)\b.*?\);$", text, re.M | re.S)
        if found:
            used = sorted(set(re.findall(r"^\s*(wd_\w+)\s+(?:#\s*\(|u_\w+)", text[found.end():], re.M)) - {found[1]})
            modules[found[1]] = comment(text, "//"), found[0], used
    pages, parts, left = [], ["The blocks of the accelerator, from `hw/rtl`: what each does, its parameters and ports. How they work together: [architecture](../architecture.md).\n"], dict(modules)
    for title, pattern in RTL_GROUPS:
        names = [name for name in left if re.match(pattern + r"(_|\b)", name)]
        parts.append(f"## {title}\n\n| module | |\n|---|---|")
        for name in names:
            head, declaration, used = left.pop(name)
            parts[-1] += f"\n| [{name}](rtl-{name}.md) | {escaped((head or [''])[0])} |"
            users = [other for other, (_, _, below) in modules.items() if name in below]
            text = described(head) + f"\n\n```systemverilog\n{declaration}\n```\n"
            for word, list_ in (("Instances", used), ("Used by", users)):
                if list_:
                    text += f"\n{word}: " + ", ".join(f"[{one}](rtl-{one}.md)" if one in modules else f"`{one}`" for one in list_) + ".\n"
            pages.append((f"rtl-{name}", name, text))
    if left:
        raise SystemExit(f"docs/site: RTL_GROUPS has no place for {', '.join(left)}")
    return "rtl", "RTL blocks", "\n\n".join(parts) + "\n", pages
