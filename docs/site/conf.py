# SPDX-License-Identifier: Apache-2.0
# Sphinx's configuration of the site; make_site.py lays the pages out beside it.
project = "WhiteDwarf"
copyright = "the WhiteDwarf authors, Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 6
html_theme = "furo"
html_title = "WhiteDwarf"
html_show_sphinx = False
html_copy_source = False
html_extra_path = ["_extra"]  # the gallery's pages
highlight_language = "text"
# Shell commands, JSON and listings whose lexer meets a word that it does not know are shown all the same.
suppress_warnings = ["misc.highlighting_failure", "myst.header"]
