#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds dead links in a site of HTML pages, and whatever a page would fetch from elsewhere.

usage: docs/site/check_pages.py FOLDER
Errors    a line for each, page: target: what is wrong; status 1.
Test      docs.site, docs.links.fails
"""
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.fetched, self.anchors = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif tag == "a" and name == "href":
                self.links.append(value)
            elif FETCHED.get(tag) == name:
                self.fetched.append(value)


def main():
    if len(sys.argv) != 2:
        sys.exit("check_pages.py: takes a folder")
    root = Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(root.rglob("*.html"))}
    if not pages:
        sys.exit(f"check_pages.py: {root}: has no HTML page")
    count = dead = 0
    for path, page in pages.items():
        for target in page.links + page.fetched:
            count += 1
            problem, foreign = None, target.startswith(("http:", "https:", "//", "mailto:"))
            if foreign:
                problem = "is fetched from elsewhere" if target in page.fetched else None
            elif not target.startswith(("data:", "javascript:")):
                file, _, anchor = unquote(target).partition("#")
                file = file.partition("?")[0]
                to = (path.parent / file).resolve() if file else path
                if not to.is_file():
                    problem = "no such file"
                elif anchor and to in pages and anchor not in pages[to].anchors:
                    problem = "no such place in the page"
            if problem:
                dead += 1
                print(f"{path.relative_to(root)}: {target}: {problem}", file=sys.stderr)
    print(f"{count} links in {len(pages)} HTML pages, {dead} dead", file=sys.stderr)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
