#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays the pages out for Sphinx: docs/, README and changelog as they are, reference pages made of the sources, the contents at the side.

usage: docs/site/make_site.py FOLDER --program WHITEDWARF [--gallery RUN...]
Gallery   HTML pages that commands have made (`report`, `explore`, `ablate`, `study`), copied from output folders.
Errors    a page that the contents do not name, a run without pages: status 1.
Test      docs.site
"""
import argparse
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import reference  # noqa: E402
from markdown import LINK, headings, prose  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# Contents: caption, pages of docs/. Folders stand for all pages in them.
CONTENTS = (
    ("First steps", ("install", "tutorials/train", "tutorials/pytorch", "tutorials/explore", "tutorials/power", "tutorials/ablation", "tutorials/rtl",
                     "tutorials/platform", "tutorials/organisation")),
    ("Guide", ("training", "compression", "compiler", "exploration", "ablation", "studies", "power", "platform", "bus", "waves", "report", "python")),
    ("The accelerator", ("architecture", "organisations/", "isa", "numerics")),
    ("Reference", ("reference/commands", "reference/python", "reference/cpp", "reference/rtl", "formats", "result-files")),
    ("Results", ("results/", "figures", "gallery", "comparison")),
    ("Trust", ("verification", "formal", "mutation", "fuzzing")),
    ("The project", ("development", "decisions/", "changelog")),
)


class Options(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f"make_site.py: {message}; --help lists the options")


def title(path):
    return next(text for level, text, _ in headings(path.read_text()) if level == 1)


def toctree(caption, names):
    head = f":caption: {caption}\n" if caption else ""
    return "\n```{toctree}\n:hidden:\n" + head + "\n" + "\n".join(names) + "\n```\n"


def relinked(text, change):
    """The page with each link's target changed."""
    lines = text.splitlines()
    for number, blanked in prose(text):
        line = lines[number - 1]
        for found in reversed(list(LINK.finditer(blanked))):
            line = line[:found.start(2)] + change(found[2]) + line[found.end(2):]
        lines[number - 1] = line
    return "\n".join(lines) + "\n"


def folder_page(folder, heading, text):
    """A page of a folder, with those in it."""
    pages = sorted(path for path in folder.glob("*.md") if path.name != "index.md")
    rows = "".join(f"- [{title(path)}]({path.name})\n" for path in pages)
    (folder / "index.md").write_text(f"# {heading}\n{text}\n\n{rows}" + toctree("", [path.stem for path in pages]))


def gallery(out, runs):
    text = "# Gallery\nPages that commands have made, as they are: `whitedwarf report` after a run, `explore`, `ablate` and `study`.\n\n"
    for run in runs:
        pages = sorted(run.glob("*.html")) if run.is_dir() else []
        if not pages:
            sys.exit(f"make_site.py: --gallery {run}: has no HTML page; `whitedwarf report --out {run}` makes one")
        to = out / "_extra" / "gallery" / run.name
        to.mkdir(parents=True)
        for page in pages:
            shutil.copy(page, to)
            text += f"- <a href=\"gallery/{run.name}/{page.name}\">{run.name}: {page.stem}</a>\n"
    if not runs:
        text += "This site was made without runs: `scripts/site.sh OUT --gallery RUN...` takes the pages of output folders in.\n"
    (out / "gallery.md").write_text(text)


def main():
    options = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    options.add_argument("out", type=Path)
    options.add_argument("--program", required=True)
    options.add_argument("--gallery", nargs="+", type=Path, default=[], metavar="RUN")
    given = options.parse_args()
    out = given.out
    shutil.copytree(ROOT / "docs", out, ignore=shutil.ignore_patterns("site"))
    shutil.copy(ROOT / "docs/site/conf.py", out)
    (out / "_extra").mkdir()
    shutil.copy(ROOT / "CHANGELOG.md", out / "changelog.md")
    shutil.copy(ROOT / "README.md", out / "index.md")

    def from_docs(target):
        return re.sub(r"^docs/(\w+)$", r"\1/index.md", target).removeprefix("docs/")
    for page in ("index.md", "changelog.md"):
        (out / page).write_text(relinked((out / page).read_text(), from_docs))

    def from_page(target):
        return re.sub(r"^(\.\./)*README\.md", lambda found: found[0].replace("README", "index").removeprefix("../"), "decisions/index.md" if target == "decisions" else target)
    for page in out.rglob("*.md"):
        if page not in (out / "index.md", out / "changelog.md"):
            page.write_text(relinked(page.read_text(), from_page))
    # What lies beside docs/ is read in the sources: its name stays, as code.
    for page in out.rglob("*.md"):
        page.write_text(re.sub(r"\[([^\]]*)\]\((\.\./)+(?!\w+\.md|docs/)([\w/]+)\)", lambda found: found[0] if (page.parent / found[0].split("](")[1][:-1]).exists() else f"{found[1]} (`{found[3]}`)",
                               page.read_text()))

    (out / "reference").mkdir()
    for file, heading, text, pages in (reference.commands(given.program), reference.python(ROOT), reference.headers(ROOT), reference.rtl(ROOT)):
        for name, page_title, page in pages:
            (out / "reference" / f"{name}.md").write_text(f"# {page_title}\n\n{page}")
        (out / "reference" / f"{file}.md").write_text(f"# {heading}\n\n{text}" + (toctree("", [name for name, _, _ in pages]) if pages else ""))
    gallery(out, given.gallery)
    folder_page(out / "decisions", "Decisions", "Why things are as they are, in the order in which they were decided.")
    folder_page(out / "results", "Results", "What was measured, each with its command: [which command makes which figure](../figures.md).")
    folder_page(out / "organisations", "Organisations of the array", "How PEs share walkers and operands: [another one](../tutorials/organisation.md).")

    contents, named = "", set()
    for caption, names in CONTENTS:
        names = [name + "index" if name.endswith("/") else name for name in names]
        named.update(names)
        contents += toctree(caption, names)
    (out / "index.md").write_text((out / "index.md").read_text() + contents)
    missing = [str(page.relative_to(out)) for page in sorted([*out.glob("*.md"), *(out / "tutorials").glob("*.md")])
               if str(page.relative_to(out).with_suffix("")) not in named | {"index"}]
    if missing:
        sys.exit(f"make_site.py: CONTENTS does not name {', '.join(missing)}")


if __name__ == "__main__":
    main()
