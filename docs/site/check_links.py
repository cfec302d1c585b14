#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds dead links in the project's pages: files and folders that are not there, headings that a page does not have, links to nowhere in the repository.

usage: docs/site/check_links.py [ROOT]      every page (*.md) that git knows; ROOT: another tree (default: this one)
Errors    a line for each, page:line: target: what is wrong; status 1.
Test      docs.links, docs.links.fails
"""
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parent))
from markdown import headings, links  # noqa: E402


def pages(root):
    """Those that git tracks or would; where there is no git, all outside of build folders."""
    asked = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True)
    names = asked.stdout.splitlines() if asked.returncode == 0 else [
        str(path.relative_to(root)) for path in Path(root).rglob("*.md") if "build" not in path.relative_to(root).parts]
    return sorted(root / name for name in names if (root / name).is_file())


def wrong(root, page, target, anchors):
    """What is wrong with a link, or None."""
    if target.startswith(("http://", "https://", "mailto:")):
        return None
    path, _, anchor = unquote(target).partition("#")
    to = (page.parent / path).resolve() if path else page
    if path.startswith("/") or root not in (to, *to.parents):
        return "leads out of the project"
    if not to.exists():
        return "no such file"
    if anchor and to.suffix == ".md":
        if to not in anchors:
            anchors[to] = {anchor for _, _, anchor in headings(to.read_text())}
        if anchor not in anchors[to]:
            return f"{to.relative_to(root)} has no heading '#{anchor}'"
    return None


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    all_pages, dead, count, anchors = pages(root), 0, 0, {}
    if not all_pages:
        sys.exit(f"check_links.py: {root}: has no pages")
    for page in all_pages:
        for number, target in links(page.read_text()):
            count += 1
            problem = wrong(root, page, target, anchors)
            if problem:
                dead += 1
                print(f"{page.relative_to(root)}:{number}: {target}: {problem}", file=sys.stderr)
    print(f"{count} links in {len(all_pages)} pages, {dead} dead")
    return 1 if dead or not count else 0


if __name__ == "__main__":
    sys.exit(main())
