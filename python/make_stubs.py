# SPDX-License-Identifier: Apache-2.0
"""Writes the types of the stages' functions for editors and type checkers, made of what the program declares.

usage: make_stubs.py FILE, with the package in PYTHONPATH
"""
import inspect
import re
import sys

from whitedwarf import _stages


def text_of(annotation: object) -> str:
    text = "Result" if annotation is _stages.Result else inspect.formatannotation(annotation)
    return re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)


def stub_of(stage: str) -> str:
    function = getattr(_stages, stage)
    signature = inspect.signature(function)
    lines = [f"def {stage}(", "    *,"]
    for one in signature.parameters.values():
        lines.append(f"    {one.name}: {text_of(one.annotation)} = {one.default!r},")
    body = "\n".join("    " + line if line else "" for line in function.__doc__.replace("\\", "\\\\").split("\n"))
    return "\n".join([*lines, f") -> {text_of(signature.return_annotation)}:", f'    """{body.strip()}', '    """', "    ..."])


def main() -> None:
    names = ", ".join(f'"{stage}"' for stage in _stages.STAGES)
    head = ["# Made by make_stubs.py.", "import os", "import typing", "", "from ._result import Result", "",
            "TABLES: dict[str, dict[str, typing.Any]]", "STAGES: list[str]", f"__all__ = [{names}]", ""]
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("\n".join(head) + "\n" + "\n\n".join(stub_of(stage) for stage in _stages.STAGES) + "\n")


main()
