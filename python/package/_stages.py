# SPDX-License-Identifier: Apache-2.0
"""The stages as functions, made of what the program declares of their options: keywords, types, ranges, defaults, help."""
import inspect
import json
import os
from typing import Any, Callable, Literal, Mapping, Optional, Sequence, Union

from . import _native
from ._given import Given, arrays_of
from ._result import Result

TABLES: dict[str, dict] = {table["function"]: table for table in json.loads(_native.tables())}
STAGES = list(TABLES)
__all__ = STAGES

#: Options that name a file, which may be given as arrays by name instead.
_TENSORS = {"inputs": "the array `images`, or a mapping with `images` and `labels`",
            "file": "a torch.nn.Module or its state_dict: arrays by name"}
Progress = Callable[[str, float, str], Any]
_Path = Union[str, "os.PathLike[str]"]


def _takes_json(option: dict) -> bool:
    return option["takes"] == "path" and option.get("place") == "file" and option["keyword"] in ("config", "arch")


def _takes_tensors(stage: str, option: dict) -> bool:
    return option["keyword"] == "inputs" or (option["keyword"] == "file" and stage == "import_network")


def annotation(stage: str, option: dict) -> Any:
    """The type of an option's values."""
    takes = option["takes"]
    if takes == "nothing":
        return bool
    one: Any = {"whole": int, "number": float, "text": str, "path": _Path}.get(takes)
    if takes == "word":
        words = option["words"]
        one = int if all(word.isdigit() for word in words) else Literal[tuple(words)]
    if _takes_json(option):
        one = Union[one, Mapping[str, Any]]
    if _takes_tensors(stage, option):
        one = Union[one, Mapping[str, Any], Any]
    return Optional[Union[one, Sequence[one]] if option["several"] else one]


def default(option: dict) -> Any:
    """The value that is taken when none is given; None where only words describe it."""
    takes, text = option["takes"], option["default"]
    if takes == "nothing":
        return False
    if option["several"]:
        parts = text.split(",")
        return parts if takes == "word" and all(part in option["words"] for part in parts) else None
    try:
        if takes == "whole":
            return int(text)
        if takes == "number":
            return float(text)
    except ValueError:
        return None
    if takes == "word" and text in option["words"]:
        return int(text) if text.isdigit() else text
    return text if takes == "path" and text and " " not in text else None


def _parameters(stage: str, table: dict) -> list[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    found = [
        inspect.Parameter(option["keyword"], kind, default=default(option), annotation=annotation(stage, option))
        for option in table["options"]
    ]
    found.append(inspect.Parameter("progress", kind, default=None, annotation=Optional[Progress]))
    return found


def _help(stage: str, option: dict) -> str:
    text = option["help"]
    if _takes_json(option):
        text += "; or the object itself"
    if _takes_tensors(stage, option):
        text += f"; or {_TENSORS[option['keyword']]}"
    if "low" in option and option["high"] < 2**62:
        text += f"; {option['low']:g} to {option['high']:g}" if option["takes"] == "number" else f"; {option['low']} to {option['high']}"
    otherwise = option["default"]
    return f"    {option['keyword']}: {text}" + (f" (default: {otherwise})" if otherwise else "")


def document(stage: str, table: dict) -> str:
    """The docstring."""
    lines = [table["summary"], "", "Keywords:"]
    lines += [_help(stage, option) for option in table["options"]]
    lines.append("    progress: called now and then with (label, share done from 0 to 1, note)")
    for names in table["exclude"]:
        lines.append("Only one of: " + ", ".join(name.replace("-", "_") for name in names))
    lines += ["", "Raises Error with the command's message; KeyboardInterrupt on Ctrl-C, after what is needed to go on was written."]
    return "\n".join(lines)


def _give(stage: str, table: dict, arguments: dict, given: Given) -> None:
    """Puts values that are read from files there."""
    for option in table["options"]:
        keyword = option["keyword"]
        value = arguments.get(keyword)
        if value is None or isinstance(value, (str, os.PathLike)):
            continue
        if _takes_json(option) and isinstance(value, Mapping):
            arguments[keyword] = given.json(keyword, value)
        elif _takes_tensors(stage, option):
            arrays = arrays_of({"images": value} if keyword == "inputs" and not isinstance(value, Mapping) else value)
            if arrays is not None:
                arguments[keyword] = given.tensors(keyword, arrays)


def _make(stage: str, table: dict) -> Callable[..., Result]:
    def function(**arguments: Any) -> Result:
        progress = arguments.pop("progress", None)
        out = arguments.get("out")
        given = Given("out" if out is None or not isinstance(out, (str, os.PathLike)) else out)
        refused = False
        try:
            _give(stage, table, arguments, given)
            return Result.parse(_native.call(stage, arguments, progress))
        except _native.Error as error:
            refused = True
            raise _native.Error(given.message(str(error))) from None
        finally:
            given.end(refused)

    function.__name__ = function.__qualname__ = stage
    function.__module__ = "whitedwarf"
    function.__doc__ = document(stage, table)
    function.__signature__ = inspect.Signature(_parameters(stage, table), return_annotation=Result)  # type: ignore[attr-defined]
    return function


globals().update({stage: _make(stage, table) for stage, table in TABLES.items()})
